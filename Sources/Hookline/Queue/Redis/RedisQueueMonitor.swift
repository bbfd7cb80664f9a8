import OpenSSL
import POSIX
import Redis
import Synchronization

/// Looks after what the shared queue rests on: groups, epoch, settings, figures. Any thread.
final class RedisQueueMonitor: Sendable {
    private struct State: Sendable {
        var status: RedisQueueStatus?
        var durability: RedisDurability?
    }

    private let options: RedisQueue.Options
    private let writer: RedisClient
    private let ledger: RedisLossDetector
    private let metrics: RedisQueueMetrics
    private let log: Log
    private let epochChanged: @Sendable ([UInt8]) -> Void
    private let dropped: @Sendable ([DeadLetterDrop: Int]) -> Void
    private let state = Mutex(State())

    init(
        _ options: RedisQueue.Options, writer: RedisClient, ledger: RedisLossDetector,
        metrics: RedisQueueMetrics, log: Log, epochChanged: @escaping @Sendable ([UInt8]) -> Void,
        dropped: @escaping @Sendable ([DeadLetterDrop: Int]) -> Void
    ) {
        self.options = options
        self.writer = writer
        self.ledger = ledger
        self.metrics = metrics
        self.log = log
        self.epochChanged = epochChanged
        self.dropped = dropped
    }

    /// The figures as they were read last; nil when Redis cannot be read.
    var status: RedisQueueStatus? { state.withLock { $0.status } }

    /// What Redis is configured for; nil before it was asked.
    var durability: RedisDurability? { state.withLock { $0.durability } }

    /// A new connection stands: perhaps to another Redis, or to one that was emptied. The
    /// writer's thread.
    func connected() {
        prepare()
        writer.send(
            RedisRequest(command: RedisDurability.command, deadlineNanoseconds: deadline()) {
                [self] outcome in
                if case .reply(let reply) = outcome { configured(RedisDurability(reply)) }
            })
    }

    /// Makes groups and epoch if they are not there.
    func prepare() {
        writer.send(
            QueueScripts.prepare.request(
                on: writer,
                keys: streams + [options.keys.epoch, options.keys.appends],
                arguments: [RedisQueueKeys.group, Self.newEpoch(), Array(options.consumer.utf8)],
                deadlineNanoseconds: deadline()
            ) { [self] outcome in
                guard case .reply(let reply) = outcome, let parts = reply.elements,
                    parts.count == 3, let epoch = parts[0].bytes, let appends = parts[1].integer
                else { return }
                let known = ledger.epoch
                noticed(ledger.seen(epoch: epoch, appends: appends))
                if known != epoch { epochChanged(epoch) }
            })
    }

    /// Reads the figures; when Redis has no epoch any more, what it had is gone.
    func poll() {
        let keys = options.keys
        let arguments = DeliveryPriority.allCases.flatMap {
            [keys.stream($0), keys.due($0), keys.received($0)]
        }
        writer.send(
            QueueScripts.status.request(
                on: writer, keys: arguments + [keys.dead, keys.epoch, keys.clock],
                arguments: [RedisQueueKeys.group], deadlineNanoseconds: deadline()
            ) { [self] outcome in
                var status: RedisQueueStatus?
                if case .reply(let reply) = outcome { status = RedisQueueStatus(reply) }
                state.withLock { $0.status = status }
                guard let status else { return }
                let known = ledger.epoch
                if known == nil || known == status.epoch { ledger.counted(owed: status.owed) }
                if status.epoch == nil || known != status.epoch { prepare() }
            })
    }

    /// Deletes a slice of the dead letters that are too old or too many; soon again while there are
    /// more.
    func trimDeadLetters() {
        let limits = options.deadLetters
        writer.send(
            QueueScripts.trimDeadLetters.request(
                on: writer, keys: [options.keys.dead, options.keys.clock],
                arguments: [
                    StreamEntry.text(Int64(limits.rowsMax)),
                    StreamEntry.text(limits.retentionMilliseconds),
                ], deadlineNanoseconds: deadline()
            ) { [self] outcome in
                guard case .reply(let reply) = outcome,
                    let counts = reply.elements?.compactMap(\.integer), counts.count == 2
                else { return }
                var gone: [DeadLetterDrop: Int] = [:]
                if counts[0] > 0 { gone[.count] = Int(counts[0]) }
                if counts[1] > 0 { gone[.age] = Int(counts[1]) }
                if !gone.isEmpty { dropped(gone) }
            })
    }

    /// Forgets consumers that gave no sign of life for a day and own nothing.
    func tidy() { tidy(mayGo: "", deadlineNanoseconds: deadline()) { _ in } }

    /// Forgets this process's consumer if it owns nothing; waits for it.
    func leave(deadlineNanoseconds: UInt64) {
        let done = Promise<RedisOutcome>()
        tidy(
            mayGo: options.consumer, deadlineNanoseconds: min(deadlineNanoseconds, deadline()),
            completion: { done.set($0) })
        _ = done.wait()
    }

    /// Counts and reports a loss, if there is one.
    func noticed(_ loss: RedisLossDetector.Loss?) {
        guard let loss else { return }
        metrics.lost(loss.messages)
        log.write(
            LogLine(.critical, "Redis has lost messages that it had confirmed")
                .with("messages", loss.messages)
                .with("what", loss.isTotal ? "everything it held" : "the latest"))
    }

    private func tidy(
        mayGo: String, deadlineNanoseconds: UInt64,
        completion: @escaping @Sendable (RedisOutcome) -> Void
    ) {
        writer.send(
            QueueScripts.tidy.request(
                on: writer, keys: streams + [options.keys.appends],
                arguments: [
                    RedisQueueKeys.group, StreamEntry.text(86_400_000), Array(mayGo.utf8),
                ], deadlineNanoseconds: deadlineNanoseconds, completion: completion))
    }

    private func configured(_ durability: RedisDurability) {
        let isNew = state.withLock { state in
            defer { state.durability = durability }
            return state.durability != durability
        }
        metrics.configured(durability)
        guard isNew else { return }
        for setting in RedisSetting.allCases where durability.isSafe(setting) != true {
            let value = durability.values[setting] ?? "not told"
            log.write(
                LogLine(.warning, "Redis can lose messages that it has confirmed")
                    .with("setting", setting.rawValue).with("value", value)
                    .with("safe", setting.safeValue).with("risk", setting.risk))
        }
    }

    private var streams: [[UInt8]] { DeliveryPriority.allCases.map { options.keys.stream($0) } }

    private func deadline() -> UInt64 { MonotonicClock.now() + options.budgetNanoseconds * 4 }

    private static func newEpoch() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return Hexadecimal.bytes((0..<8).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
}
