import POSIX
import Synchronization

/// Requests that wait for their account's token: until it arrives, or until their deadline.
///
/// Each is taken out exactly once: by the arrival, by the deadline, or at the end.
final class TokenWait: Sendable {
    /// One request that waits.
    struct Waiting: Sendable {
        /// The account whose token is awaited.
        let account: [UInt8]
        /// When it has waited long enough: monotonic nanoseconds.
        let deadlineNanoseconds: UInt64
        /// Goes on: true when the source answered, false when it is late.
        let goOn: @Sendable (_ answered: Bool) -> Void
    }

    private let waiting = Mutex<[Waiting]>([])
    private let waitingMax: Int

    /// At most `waitingMax` requests wait; more are late at once.
    init(waitingMax: Int) {
        self.waitingMax = waitingMax
    }

    /// Lets a request wait. Event loops.
    func add(_ request: Waiting) {
        let isTaken = waiting.withLock { waiting in
            guard waiting.count < waitingMax else { return false }
            waiting.append(request)
            return true
        }
        if !isTaken { request.goOn(false) }
    }

    /// The source has answered, or failed, for an account. A fetching thread.
    func arrived(_ account: [UInt8]) {
        for request in take(where: { $0.account == account }) { request.goOn(true) }
    }

    /// Looks after deadlines; `now` is the monotonic clock's. The timer thread.
    func tick(at now: UInt64 = MonotonicClock.now()) {
        for request in take(where: { $0.deadlineNanoseconds <= now }) { request.goOn(false) }
    }

    /// Requests that wait now. Any thread.
    var count: Int { waiting.withLock { $0.count } }

    /// The earliest deadline, nil when nobody waits.
    var nextDeadlineNanoseconds: UInt64? {
        waiting.withLock { waiting in waiting.lazy.map(\.deadlineNanoseconds).min() }
    }

    private func take(where isTaken: (Waiting) -> Bool) -> [Waiting] {
        waiting.withLock { waiting in
            let taken = waiting.filter(isTaken)
            if !taken.isEmpty { waiting.removeAll(where: isTaken) }
            return taken
        }
    }
}
