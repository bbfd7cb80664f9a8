import Redis
import Testing

@testable import Hookline

@Suite struct RedisReplicaWaitTests {
    private let options = RedisReplicaWait.Options(
        replicas: 2, waitMilliseconds: 100, trial: RedisCommand("SET", "probe", ""))

    private func request(deadline: UInt64 = .max, needsReplicas: Bool = true) -> RedisRequest {
        RedisRequest(
            command: RedisCommand("PING"), deadlineNanoseconds: deadline,
            needsReplicas: needsReplicas, completion: { _ in })
    }

    @Test func `a wait is never without end`() {
        var options = options
        #expect(options.wait.arguments == ["WAIT", "2", "100"].map { Array($0.utf8) })
        options.waitMilliseconds = 0
        #expect(options.wait.arguments[2] == [0x31])
        #expect(options.blockNanoseconds == 1_000_000)
    }

    @Test func `without a demand no request is concerned`() {
        #expect(!RedisReplicaWait(nil).concerns(request()))
        #expect(RedisReplicaWait(options).concerns(request()))
        #expect(!RedisReplicaWait(options).concerns(request(needsReplicas: false)))
    }

    @Test(
        arguments: [
            (.integer(2), true), (.integer(3), true), (.integer(1), false), (.integer(0), false),
            (.error(ServerError(reply: Array("UNBLOCKED force".utf8))), false), (.null, false),
        ] as [(RedisReply, Bool)])
    func `only enough replicas confirm`(reply: RedisReply, isConfirmed: Bool) {
        var replication = RedisReplicaWait(options)
        replication.asked()
        replication.hold(request(), .integer(7))
        let verdict = replication.answered(reply, at: 1)
        #expect(verdict.isConfirmed == isConfirmed && verdict.isNews != isConfirmed)
        #expect(verdict.held.map(\.reply) == [.integer(7)])
        #expect(replication.isMissing != isConfirmed)
        #expect(replication.abandon().isEmpty)
    }

    @Test func `one at a time, and nobody waits for replicas that are missing`() {
        var replication = RedisReplicaWait(options)
        #expect(!replication.isBusy && replication.trialNanoseconds == .max)
        replication.asked()
        #expect(replication.isBusy)
        _ = replication.answered(.integer(0), at: 1000)
        #expect(!replication.isBusy)
        let due = replication.trialNanoseconds
        // From half of eight times the wait up to all of it.
        #expect(due >= 1000 + 400_000_000 && due <= 1000 + 800_000_000)
        replication.asked()
        #expect(!replication.isBusy && replication.trialNanoseconds == .max)
        let again = replication.answered(.integer(1), at: due)
        #expect(!again.isNews && replication.trialNanoseconds > due)
        replication.asked()
        #expect(replication.answered(.integer(2), at: due).isNews)
        #expect(replication.trialNanoseconds == .max)
    }

    @Test func `what is late is taken out, and only that`() {
        var replication = RedisReplicaWait(options)
        replication.asked()
        for deadline in [30, 10, 20] as [UInt64] {
            replication.hold(request(deadline: deadline), .null)
        }
        #expect(replication.nextDeadline == 10)
        #expect(replication.expire(at: 9).isEmpty)
        #expect(replication.expire(at: 20).map(\.deadlineNanoseconds) == [10, 20])
        #expect(replication.nextDeadline == 30)
        #expect(replication.answered(.integer(2), at: 21).held.count == 1)
        #expect(replication.nextDeadline == .max)
    }

    @Test func `with the connection what was held is given up, and a new one is tried at once`() {
        var replication = RedisReplicaWait(options)
        replication.asked()
        replication.hold(request(deadline: 5), .null)
        #expect(replication.abandon().map(\.deadlineNanoseconds) == [5])
        #expect(!replication.isBusy && replication.nextDeadline == .max)
        _ = replication.answered(.integer(0), at: 1000)
        _ = replication.abandon()
        #expect(replication.trialNanoseconds == 0)
    }
}
