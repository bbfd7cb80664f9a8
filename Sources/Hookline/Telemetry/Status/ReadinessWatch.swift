import POSIX
import Synchronization

/// Says in the log when the process is not ready, why, and when it is again. The timer thread.
final class ReadinessWatch: Sendable {
    private static let intervalNanoseconds: UInt64 = 250_000_000
    private static let repeatNanoseconds: UInt64 = 60_000_000_000

    private struct State: Sendable {
        var nextNanoseconds: UInt64 = 0
        var cause: UnavailableCause?
        var saidNanoseconds: UInt64 = 0
    }

    private let health: Health
    private let log: Log
    private let state = Mutex(State())

    init(_ health: Health, log: Log) {
        self.health = health
        self.log = log
    }

    /// Looks four times a second; a cause that lasts is said once a minute.
    func tick() {
        let now = MonotonicClock.now()
        let isDue = state.withLock { state in
            guard now >= state.nextNanoseconds else { return false }
            state.nextNanoseconds = now + Self.intervalNanoseconds
            return true
        }
        guard isDue else { return }
        let cause = health.cause
        let (before, isToSay) = state.withLock { state in
            let before = state.cause
            state.cause = cause
            let isNew = cause != before
            guard isNew || now >= state.saidNanoseconds + Self.repeatNanoseconds else {
                return (before, false)
            }
            state.saidNanoseconds = now
            return (before, true)
        }
        guard isToSay, cause != .stopping, before != .stopping else { return }
        if let cause {
            log.write(
                LogLine(.error, "not ready: webhooks are answered 503")
                    .with("cause", cause.rawValue).with("error", cause.sentence))
        } else if let before {
            log.write(LogLine(.warning, "ready again").with("cause", before.rawValue))
        }
    }
}
