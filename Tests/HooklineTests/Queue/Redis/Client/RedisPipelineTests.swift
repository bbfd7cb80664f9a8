import Redis
import Testing

@testable import Hookline

@Suite struct RedisPipelineTests {
    private func entry(
        _ word: String, sent: UInt64, end: UInt64, deadline: UInt64 = 1000, block: UInt64 = 0
    ) -> RedisPipeline.Entry {
        let request = RedisRequest(
            command: RedisCommand(word), deadlineNanoseconds: deadline, blockNanoseconds: block,
            completion: { _ in })
        return RedisPipeline.Entry(
            purpose: .request(request), sentNanoseconds: sent, endOfBytes: end)
    }

    private func words(_ requests: [RedisRequest]) -> [String] {
        requests.map { String(decoding: $0.command.arguments[0], as: UTF8.self) }
    }

    @Test func `the first command's wait begins when it comes to be the first`() {
        var pipeline = RedisPipeline()
        #expect(pipeline.overdueNanoseconds(patience: 10) == nil)
        pipeline.append(entry("a", sent: 100, end: 1))
        pipeline.append(entry("b", sent: 101, end: 2, block: 50))
        #expect(pipeline.overdueNanoseconds(patience: 10) == 110)
        _ = pipeline.answered(at: 108)
        #expect(pipeline.overdueNanoseconds(patience: 10) == 108 + 50 + 10)
        _ = pipeline.answered(at: 109)
        pipeline.append(entry("c", sent: 200, end: 3))
        #expect(pipeline.overdueNanoseconds(patience: 10) == 210)
    }

    @Test func `each late request is told once and keeps its place`() {
        var pipeline = RedisPipeline()
        pipeline.append(entry("a", sent: 0, end: 1, deadline: 30))
        pipeline.append(entry("b", sent: 0, end: 2, deadline: 10))
        pipeline.append(entry("c", sent: 0, end: 3, deadline: 20))
        #expect(pipeline.nextDeadline == 10)
        #expect(words(pipeline.expire(at: 9)) == [])
        #expect(words(pipeline.expire(at: 20)) == ["b", "c"])
        #expect(pipeline.nextDeadline == 30)
        #expect(words(pipeline.expire(at: 29)) == [])
        #expect(words(pipeline.expire(at: 30)) == ["a"])
        #expect(words(pipeline.expire(at: 99)) == [])
        #expect((0..<3).map { _ in pipeline.answered(at: 99)?.isLate } == [true, true, true])
        #expect(pipeline.answered(at: 99)?.isLate == nil && pipeline.isEmpty)
    }

    @Test func `what the kernel did not take whole cannot have run`() {
        var pipeline = RedisPipeline()
        for (index, word) in ["a", "b", "c", "d"].enumerated() {
            pipeline.append(
                entry(word, sent: 0, end: UInt64(10 * (index + 1)), deadline: index == 1 ? 5 : 99))
        }
        _ = pipeline.answered(at: 1)
        _ = pipeline.expire(at: 5)
        let (unknown, unsent) = pipeline.abandon(sentBytes: 39)
        #expect(words(unknown) == ["c"] && words(unsent) == ["d"])
        #expect(pipeline.isEmpty && pipeline.nextDeadline == .max)
    }

    @Test func `thousands of answers find their commands`() {
        var pipeline = RedisPipeline()
        var next = 0
        for index in 0..<5000 {
            pipeline.append(entry("\(index)", sent: 0, end: 1))
            guard index % 3 > 0 else { continue }
            guard case .request(let request)? = pipeline.answered(at: 0)?.purpose else { continue }
            #expect(words([request]) == ["\(next)"])
            next += 1
        }
        #expect(pipeline.count == 5000 - next)
    }
}
