import Dispatch
import Foundation
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Hookline

/// Metrics, and their lines as they are exported.
struct RedisClientMetrics: Sendable {
    let metrics: ReceiverMetrics
    /// The links' own.
    var redis: RedisMetrics { metrics.redis }

    init() {
        metrics = ReceiverMetrics(eventLoops: 1, thresholdSeconds: [])
    }

    /// The value of one line, such as `hookline_redis_up{role="cache"}`; nil when it is absent.
    func value(_ line: String) -> Double? {
        var page: [UInt8] = []
        metrics.registry.renderText(into: &page)
        let lines = String(decoding: page, as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix(line + " ") }
            .flatMap { Double($0.dropFirst(line.count + 1)) }
    }
}

/// A link for one test, stopped at its end.
final class RedisClientFixture: Sendable {
    let link: RedisClient
    let page = RedisClientMetrics()

    /// Its breaker probes fast, so that a test need not wait for it.
    init(
        _ place: RedisURL.Place, budgetMilliseconds: UInt64 = 5000,
        graceMilliseconds: UInt64 = 5000,
        configure: (inout RedisClient.Options) -> Void = { _ in }
    ) throws {
        var options = RedisClient.Options(
            role: .cache, name: "redis-test", url: RedisURL(place: place),
            budgetNanoseconds: budgetMilliseconds * 1_000_000,
            graceNanoseconds: graceMilliseconds * 1_000_000)
        options.breaker.probeFirst = 20_000_000
        options.breaker.probeCap = 40_000_000
        configure(&options)
        link = try RedisClient(
            options, metrics: page.redis, log: Log(format: .text, level: .critical))
        try link.start()
    }

    deinit { link.stop() }

    /// Asks and waits for the completion.
    func ask(_ command: RedisCommand, within milliseconds: UInt64 = 20_000) -> RedisOutcome? {
        asks([command], within: milliseconds).first
    }

    /// Asks several at once and waits for all completions, in the order of the commands.
    func asks(_ commands: [RedisCommand], within milliseconds: UInt64 = 20_000) -> [RedisOutcome] {
        let outcomes = Mutex([RedisOutcome?](repeating: nil, count: commands.count))
        let done = DispatchSemaphore(value: 0)
        let deadline = RedisClock.now() + milliseconds * 1_000_000
        link.send(
            commands.enumerated().map { index, command in
                RedisRequest(command: command, deadlineNanoseconds: deadline) { outcome in
                    let isFirst = outcomes.withLock { outcomes in
                        defer { outcomes[index] = outcome }
                        return outcomes[index] == nil
                    }
                    #expect(isFirst, "a completion is called once")
                    done.signal()
                }
            })
        for _ in commands { #expect(done.wait(timeout: .now() + 60) == .success) }
        return outcomes.withLock { $0.compactMap(\.self) }
    }

    /// True as soon as the link is in use.
    var isReady: Bool { eventually { link.isUp && !link.isOpen } }

    /// True as soon as the breaker is open.
    var opens: Bool { eventually { link.isOpen } }
}
