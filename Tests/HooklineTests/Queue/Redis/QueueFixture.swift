import Dispatch
import Foundation
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Hookline

/// What threads leave for a test, in the order in which they left it.
final class Collected<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    /// Leaves some more.
    func add(_ more: [Value]) { values.withLock { $0 += more } }

    /// All so far.
    var all: [Value] { values.withLock { $0 } }
}

/// A webhook like no other, with a body of any bytes.
func sampleWebhook(
    _ sid: String, priority: DeliveryPriority = .normal, received: Int64 = 1000,
    body: [UInt8] = Array("Body=x".utf8)
) -> Webhook {
    Webhook(
        kind: .message, priority: priority,
        identity: Identity(account: [0x41], messageSID: Array(sid.utf8)[...]),
        receivedMilliseconds: received,
        head: WebhookHead(sample: ["https://h", "/x?y", "a/b", "s", "", "A", sid]), body: body)
}

/// What became of an append, without the reason.
enum Appended {
    case stored, duplicate, refused, unknown

    init(_ outcome: RedisAppend) {
        switch outcome {
        case .stored: self = .stored
        case .duplicate: self = .duplicate
        case .refused: self = .refused
        case .unknown: self = .unknown
        }
    }
}

/// One machine's end of the shared queue, for one test; stopped at its end.
final class QueueFixture: Sendable {
    let queue: RedisQueue
    let page = RedisClientMetrics()
    let log = Log(format: .text, level: .critical)
    /// By which its deliveries are dated.
    let clock = StoreClock()
    private let taken = Collected<Delivery>()
    /// Dead letters that were deleted, as the queue told.
    let dropped = Collected<[DeadLetterDrop: Int]>()

    /// With probes and turns so fast that a test need not wait for them.
    init(
        _ place: RedisURL.Place, _ consumer: String = "a",
        configure: (inout RedisQueue.Options) -> Void = { _ in }
    ) throws {
        var options = RedisQueue.Options(
            url: RedisURL(place: place), budgetNanoseconds: 5_000_000_000,
            dedupeRetentionMilliseconds: 600_000, consumer: consumer)
        options.breaker.probeFirst = 20_000_000
        options.breaker.probeCap = 40_000_000
        options.blockMilliseconds = 50
        options.pollMilliseconds = 20
        configure(&options)
        let taken = self.taken
        let dropped = self.dropped
        queue = try RedisQueue(
            options,
            callbacks: RedisQueue.Callbacks(
                claimed: { taken.add($0) }, dropped: { dropped.add([$0]) }),
            metrics: page.redis, log: log, clock: clock)
        try queue.start()
    }

    deinit { queue.stop(deadlineNanoseconds: RedisClock.now() + 1_000_000_000) }

    /// Appends and waits for what became of each.
    func append(_ webhooks: [Webhook], within milliseconds: UInt64 = 20_000) -> [Appended] {
        let outcomes = Collected<(index: Int, outcome: Appended)>()
        let done = DispatchSemaphore(value: 0)
        let deadline = RedisClock.now() + milliseconds * 1_000_000
        let appends = webhooks.map {
            RedisQueue.Append(webhook: $0, deadlineNanoseconds: deadline)
        }
        queue.append(appends) { index, outcome in
            outcomes.add([(index, Appended(outcome))])
            done.signal()
        }
        for _ in webhooks { #expect(done.wait(timeout: .now() + 60) == .success) }
        return outcomes.all.sorted { $0.index < $1.index }.map(\.outcome)
    }

    /// Appends messages with these SIDs.
    func append(_ sids: String...) -> [Appended] { append(sids.map { sampleWebhook($0) }) }

    /// Claims and waits for so many more deliveries.
    func claim(_ count: Int) -> [Delivery] {
        let before = taken.all.count
        queue.want(count)
        #expect(eventually { taken.all.count >= before + count })
        return Array(taken.all[before...])
    }

    /// Every delivery that was claimed so far.
    var claimed: [Delivery] { taken.all }

    /// The figures as soon as they are as expected; nil when they do not come to be.
    func status(_ isExpected: (RedisQueueStatus) -> Bool) -> RedisQueueStatus? {
        var found: RedisQueueStatus?
        _ = eventually {
            found = queue.status.flatMap { isExpected($0) ? $0 : nil }
            return found != nil
        }
        return found
    }

    /// True as soon as this machine works on nothing and nothing is owed.
    var isEmpty: Bool {
        eventually { queue.leases.count == 0 } && status { $0.owed == 0 } != nil
    }
}

extension [Delivery] {
    /// The messages' SIDs.
    var sids: [String] { map { String(decoding: $0.webhook[.messageSID], as: UTF8.self) } }
}

/// A plain connection for looking at, and meddling with, what is in Redis.
final class RedisProbe: Sendable {
    private let connection: Mutex<RedisConnection>

    init(_ server: RedisServer) throws {
        connection = Mutex(try RedisConnection(to: .unix(path: server.socketPath)))
    }

    /// Runs one command of words.
    @discardableResult
    func callAsFunction(_ words: String...) throws -> RedisReply {
        try run(RedisCommand(words.map { Array($0.utf8) }))
    }

    /// Runs one command.
    @discardableResult
    func run(_ command: RedisCommand) throws -> RedisReply {
        try connection.withLock { connection in
            try connection.call(command, untilNanoseconds: RedisClock.now() + 20_000_000_000)
        }
    }
}
