/// When each request of an open loop is due: evenly spaced, whatever the server does.
struct LoadSchedule: Sendable {
    /// The monotonic moment of the first request.
    let startNanoseconds: UInt64
    /// Requests a second.
    let rate: Int
    /// How many requests there are.
    let count: Int

    /// As many requests as fit into a time at a rate.
    init(startNanoseconds: UInt64, rate: Int, seconds: Int) {
        self.startNanoseconds = startNanoseconds
        self.rate = rate
        count = rate * seconds
    }

    /// The monotonic moment at which the request of this index, from 0, is due.
    func dueNanoseconds(_ index: Int) -> UInt64 {
        startNanoseconds + UInt64(index) * 1_000_000_000 / UInt64(rate)
    }

    /// The monotonic moment at which the one after the last would be due.
    var endNanoseconds: UInt64 { dueNanoseconds(count) }

    /// How many requests are due at a moment.
    func dueCount(atNanoseconds now: UInt64) -> Int {
        guard now >= startNanoseconds else { return 0 }
        // The exact index may be one off by the rounding of `dueNanoseconds`.
        let elapsed = min(now, endNanoseconds) - startNanoseconds
        var due = min(count, Int(elapsed * UInt64(rate) / 1_000_000_000))
        while due < count, dueNanoseconds(due) <= now { due += 1 }
        return due
    }
}
