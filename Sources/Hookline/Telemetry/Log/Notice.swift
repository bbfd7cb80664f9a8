import POSIX
import Prometheus

/// A warning that is counted each time and said in the log at most once a minute. Any thread.
final class Notice: Sendable {
    private let log: Log
    private let counter: Counter?
    private let sentence: String
    private let gate = OncePerMinute()

    /// `counter` is nil where somebody else counts, or nobody.
    init(_ log: Log, counter: Counter? = nil, _ sentence: String) {
        self.log = log
        self.counter = counter
        self.sentence = sentence
    }

    /// It happened; `details` puts more into the line. `shard` is the counter's, if there is one;
    /// `now` is the monotonic clock's.
    func note(
        shard: Int = 0, at now: UInt64 = MonotonicClock.now(),
        _ details: (LogLine) -> LogLine = { $0 }
    ) {
        counter?.add(shard: shard)
        guard gate.takeTurn(at: now) else { return }
        log.write(details(LogLine(.warning, sentence)))
    }
}
