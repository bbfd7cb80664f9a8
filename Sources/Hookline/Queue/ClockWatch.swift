import POSIX
import Synchronization

/// Says when the wall clock was stepped, which changes the times that people read and nothing else.
final class ClockWatch: Sendable {
    private static let intervalNanoseconds: UInt64 = 1_000_000_000

    private let clock: StoreClock
    private let metrics: ReceiverMetrics
    private let log: Log
    private let nextNanoseconds = Atomic<UInt64>(0)

    init(_ clock: StoreClock, metrics: ReceiverMetrics, log: Log) {
        self.clock = clock
        self.metrics = metrics
        self.log = log
    }

    /// Says what was seen of the time before this process. Once, after the store was opened.
    func began() {
        switch clock.gap {
        case .behind(let milliseconds):
            note(by: -milliseconds, "the wall clock is behind the time that was noted before")
        case .long(let milliseconds):
            log.write(
                LogLine(
                    .info,
                    "a long stop, or the wall clock was stepped; an hour of it is counted"
                )
                .with("seconds", milliseconds / 1000))
        case .plausible, nil: break
        }
    }

    /// Looks at the wall clock once a second. The timer thread.
    func tick() {
        let now = MonotonicClock.now()
        guard now >= nextNanoseconds.load(ordering: .relaxed) else { return }
        nextNanoseconds.store(now + Self.intervalNanoseconds, ordering: .relaxed)
        let step = clock.look()
        if step != 0 { note(by: step, "the wall clock was stepped, or the machine slept") }
    }

    private func note(by milliseconds: Int64, _ words: String) {
        let direction: ClockDirection = milliseconds < 0 ? .back : .forward
        metrics.clockSteps[direction].add(shard: metrics.backgroundShard)
        log.write(
            LogLine(.warning, "\(words); deliveries and retention do not follow it")
                .with("seconds", milliseconds / 1000))
    }
}
