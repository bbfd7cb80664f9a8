import Foundation
import TestSupport
import Testing

/// Tokens that are kept in a hash in Redis, of accounts that nothing else names.
extension EndToEnd {
    @Suite struct RedisTokensTests {
        private static let key = "hookline:tokens"

        private static func account(_ number: Int) -> String {
            let digits = String(number, radix: 16)
            return "AC" + String(repeating: "0", count: 32 - digits.utf8.count) + digits
        }

        private func receiver(_ redis: SharedRedis, _ more: [String] = []) throws -> Receiver {
            try Receiver(
                redis.arguments + ["--tokens-redis-hash", Self.key] + more, authToken: nil)
        }

        private func post(_ receiver: Receiver, _ webhook: SignedWebhook) throws -> Int {
            let client = try RawClient(port: receiver.webhookPort)
            client.send(try webhook.request())
            return try #require(client.response()).status
        }

        @Test func `an account in the hash is known, one that is not is refused`() throws {
            let (redis, application) = (try SharedRedis(), try Application())
            let other = "fedcba9876543210fedcba9876543210"
            try redis("HSET", Self.key, Self.account(1), "\(other),\(Receiver.token)")
            let receiver = try receiver(redis, ["--forward-to", application.url])
            #expect(try eventually { try receiver.metrics()[#"redis_up{role="tokens"}"#] == 1 })
            let known = SignedWebhook(sid: "SM1", account: Self.account(1))
            #expect(try post(receiver, known) == 200)
            var newest = SignedWebhook(sid: "SM2", account: Self.account(1))
            newest.token = other
            #expect(try post(receiver, newest) == 200)
            var forged = SignedWebhook(sid: "SM3", account: Self.account(1))
            forged.token = "another"
            #expect(try post(receiver, forged) == 403)
            let unknown = SignedWebhook(sid: "SM4", account: Self.account(2))
            #expect(try post(receiver, unknown) == 403)
            let metrics = try receiver.metrics(afterReplies: 4)
            #expect(metrics[#"validations_total{result="valid"}"#] == 2)
            #expect(metrics[#"validations_total{result="invalid_signature"}"#] == 1)
            #expect(metrics[#"validations_total{result="unknown_account"}"#] == 1)
            #expect(eventually { application.taken.sorted() == ["SM1", "SM2"] })
            // What the application gets is signed with the first token.
            #expect(receiver.stop() == 0)
            #expect(application.taken.count == 2)
        }

        /// Every fifth request is forged, half of them in the name of an account that nobody has.
        private static func mixed(_ number: Int, _ sid: String) -> SignedWebhook {
            let isForged = number % 5 == 4
            let isUnknown = number % 10 == 9
            var webhook = SignedWebhook(
                sid: sid, body: isForged ? "forged" : "genuine",
                account: account(isUnknown ? 1000 + number % 200 : number % 200))
            if isForged { webhook.token = "another" }
            return webhook
        }

        /// R7, with the source in Redis: nothing unverified reaches the application.
        @Test
        func `R7 a Redis with the tokens that stands still costs no message and no slow reply`()
            throws
        {
            let (redis, application) = (try SharedRedis(), try Application())
            let fields = (0..<200).flatMap { [Self.account($0), Receiver.token] }
            try redis.server.run(["HSET", Self.key] + fields)
            let receiver = try receiver(redis, ["--forward-to", application.url])
            #expect(try eventually { try receiver.metrics()[#"redis_up{role="tokens"}"#] == 1 })
            redis.server.pause()
            let load = Load(Self.mixed)
            load.start(port: receiver.webhookPort, connections: 16)
            let count = Torture.count(600, torture: 2700)
            #expect(eventually(seconds: 60) { load.outcome.acknowledged.count >= count })
            // Also over a crash: what is unverified is on the disk.
            receiver.kill()
            #expect(load.waitForEnd())
            try receiver.restart()
            load.start(port: receiver.webhookPort, connections: 16)
            #expect(eventually(seconds: 60) { load.outcome.acknowledged.count >= 2 * count })
            #expect(load.stop())
            let outcome = load.outcome
            #expect(outcome.refused.isEmpty, "\(outcome.refused.prefix(3))")
            #expect(outcome.longest < .milliseconds(500))
            #expect(application.taken.isEmpty)
            #expect(try receiver.metrics()["unverified"] ?? 0 >= Double(2 * count))

            redis.server.resume()
            let finished = try eventually(seconds: 60) {
                let metrics = try receiver.metrics()
                return metrics["unverified"] == 0 && metrics.sum("queue_depth") == 0
            }
            #expect(finished)
            #expect(receiver.stop() == 0)
            let taken = application.taken
            #expect(Set(taken).count == taken.count)
            let missing = outcome.acknowledged.intersection(outcome.genuine).subtracting(taken)
            #expect(missing.isEmpty)
            let forged = application.requests.filter {
                !String(decoding: $0.body, as: UTF8.self).contains("Body=genuine")
            }
            #expect(forged.isEmpty)
            try receiver.restart()
            let metrics = try receiver.metrics()
            let refused = outcome.acknowledged.subtracting(outcome.genuine).count
            // Those in flight at the kill may be stored without an answer.
            let quarantined = Int(metrics["quarantined"] ?? 0)
            #expect(quarantined >= refused && quarantined <= refused + 16)
        }
    }
}
