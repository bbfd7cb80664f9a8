/// Says in the log how the destination fares: that it asked for rest, that it is away, that it is
/// back. At most one line a minute about what is wrong. The forwarding thread.
struct PaceNotice {
    let log: Log
    let clock: StoreClock
    /// The destination's name, where there are several.
    let destination: String?
    private var nextNanoseconds: UInt64 = 0
    /// That it is back is said only where something else was said before.
    private var isTold = false

    init(log: Log, clock: StoreClock, destination: String? = nil) {
        self.destination = destination
        self.log = log
        self.clock = clock
    }

    /// Something changed with the end of an attempt.
    mutating func note(_ event: DestinationPace.Event, after outcome: AttemptOutcome) {
        if case .back = event {
            guard isTold else { return }
            isTold = false
            return log.write(
                named(
                    LogLine(
                        .info,
                        "the destination takes messages again; what waits is sent, faster and "
                            + "faster")))
        }
        let now = clock.monotonicNanoseconds
        guard now >= nextNanoseconds else { return }
        nextNanoseconds = now + 60_000_000_000
        isTold = true
        var line: LogLine
        switch event {
        case .held(let nanoseconds):
            let until = clock.nowMilliseconds + Int64(nanoseconds / 1_000_000)
            line = LogLine(
                .warning, "the destination asked for rest (Retry-After): nothing is sent until then"
            ).with("until", Timestamp.text(milliseconds: clock.wallMilliseconds(at: until)))
        case .away, .back:
            line = LogLine(
                .warning,
                "the destination takes nothing: only single attempts are made until it "
                    + "does")
        }
        if let status = outcome.status { line = line.with("status", status) }
        if let error = outcome.error { line = line.with("error", error) }
        log.write(named(line.with("result", outcome.result.rawValue)))
    }

    private func named(_ line: LogLine) -> LogLine {
        destination.map { line.with("destination", $0) } ?? line
    }
}
