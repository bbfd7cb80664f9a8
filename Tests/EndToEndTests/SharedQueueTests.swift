import Foundation
import TestSupport
import Testing

/// X2, X4: machines share a queue in Redis, and what one has seen all have.
extension EndToEnd {
    @Suite struct SharedQueueTests {
        private func post(_ receiver: Receiver, _ webhook: SignedWebhook) throws -> Int {
            let client = try RawClient(port: receiver.webhookPort)
            client.send(try webhook.request())
            return try #require(client.response()).status
        }

        @Test func `X2 a message goes through Redis and not through SQLite`() throws {
            let (redis, application) = (try SharedRedis(), try Application())
            let receiver = try Receiver(redis.queue + ["--forward-to", application.url])
            #expect(try receiver.send(30, ["--media"]).status == 0)
            #expect(eventually { application.taken.count == 30 })
            #expect(try receiver.hasDrained(into: redis))
            let metrics = try receiver.metrics(afterReplies: 30)
            let appends = #"{store="redis",operation="commit"}"#
            #expect(metrics["store_operation_duration_seconds_count" + appends] == 30)
            #expect(metrics["store_batch_messages_sum"] == 0)
            #expect(metrics[#"redis_up{role="queue"}"#] == 1)
            #expect(metrics[#"redis_unsafe_setting{setting="appendfsync"}"#] == 0)
            let status = try receiver.command(["queue", "status", "--json"])
            #expect(status.output.hasPrefix(#"{"store":"redis","queue":[{"priority":"high""#))
            #expect(status.output.hasSuffix(#""dead_letters":0,"spooled":0}"# + "\n"))
            #expect(receiver.stop() == 0)
            #expect(try redis.owed() == 0)
            #expect(Set(application.taken).count == 30 && application.taken.count == 30)
        }

        @Test func `R4 X4 one message posted to three machines is one, and hits are counted`()
            throws
        {
            let (redis, application) = (try SharedRedis(), try Application())
            // A look-up that is late counts as neither hit nor miss: here each one may take long.
            let machines = try (0..<3).map { _ in
                try Receiver(
                    redis.queue + ["--forward-to", application.url, "--redis-timeout", "900ms"])
            }
            let webhooks = (0..<20).map { SignedWebhook(sid: "SM\($0)") }
            for webhook in webhooks { #expect(try post(machines[0], webhook) == 200) }
            for machine in machines[1...] {
                for webhook in webhooks { #expect(try post(machine, webhook) == 200) }
                for webhook in webhooks { #expect(try post(machine, webhook) == 200) }
            }
            let first = try machines[0].metrics(afterReplies: 20)
            let cache = "validation_cache_requests_total"
            #expect(first[cache + #"{tier="memory",result="miss"}"#] == 20)
            #expect(first[cache + #"{tier="redis",result="miss"}"#] == 20)
            for machine in machines[1...] {
                let metrics = try machine.metrics(afterReplies: 40)
                #expect(metrics[cache + #"{tier="memory",result="miss"}"#] == 20)
                #expect(metrics[cache + #"{tier="redis",result="hit"}"#] == 20)
                #expect(metrics[cache + #"{tier="memory",result="hit"}"#] == 20)
                #expect(metrics[cache + #"{tier="redis",result="miss"}"#] == 0)
                #expect(metrics[#"validations_total{result="valid"}"#] == 40)
                #expect(metrics.sum("webhook_duration_seconds_count", #""duplicate""#) == 40)
                // What another machine has stored is not appended.
                #expect(
                    metrics.sum("store_operation_duration_seconds_count", #"store="redis""#) == 0)
            }
            #expect(try machines[0].hasDrained(into: redis))
            #expect(application.taken.sorted() == (0..<20).map { "SM\($0)" }.sorted())
        }

        @Test func `R4 with a queue of its own each machine knows what another has stored`() throws
        {
            let (redis, application) = (try SharedRedis(), try Application())
            let machines = try (0..<2).map { _ in
                try Receiver(redis.arguments + ["--forward-to", application.url])
            }
            let webhooks = (0..<10).map { SignedWebhook(sid: "SM\($0)") }
            for webhook in webhooks { #expect(try post(machines[0], webhook) == 200) }
            // It is written after the commit, and nobody waits for it.
            #expect(try eventually { try redis("DBSIZE") == "10" })
            for webhook in webhooks { #expect(try post(machines[1], webhook) == 200) }
            let metrics = try machines[1].metrics(afterReplies: 10)
            #expect(metrics[#"validation_cache_requests_total{tier="redis",result="hit"}"#] == 10)
            #expect(metrics["store_batch_messages_sum"] == 0)
            #expect(eventually { application.taken.count == 10 })
            #expect(machines.map { $0.stop() } == [0, 0])
            #expect(application.taken.count == 10)
            // A machine without the token does not believe it.
            let other = try Receiver(redis.arguments, authToken: "ffffffffffffffffffffffffffffffff")
            #expect(try post(other, webhooks[0]) == 403)
        }

        @Test func `X9 dead letters are worked on in Redis as in SQLite`() throws {
            let (redis, application) = (try SharedRedis(), try Application())
            application.answer(.init(410))
            let receiver = try Receiver(redis.queue + ["--forward-to", application.url])
            #expect(try receiver.send(12).status == 0)
            #expect(try eventually { try receiver.metrics()["dead_letters"] == 12 })
            func ids() throws -> [Int] {
                let list = try receiver.command(
                    ["queue", "list", "--state", "dead_lettered", "--limit", "100", "--json"])
                let object =
                    try JSONSerialization.jsonObject(with: Data(list.output.utf8))
                    as? [String: Any]
                let rows = object?["deliveries"] as? [[String: Any]] ?? []
                #expect(rows.allSatisfy { $0["reason"] as? String == "gone" })
                return rows.compactMap { $0["id"] as? Int }
            }
            let all = try ids()
            #expect(all.count == 12 && all == all.sorted() && all[0] > 1 << 50)
            let shown = try receiver.command(["queue", "show", "\(all[0])"])
            #expect(shown.status == 0 && shown.output.contains("dead_lettered"))
            #expect(!shown.output.contains("15005550006"))

            application.answer(.init(200))
            let dry = try receiver.command(["queue", "retry", "--all", "--dry-run"])
            #expect(dry.output == "12 retried (dry run: nothing was changed)\n")
            let one = try receiver.command(["queue", "retry", "\(all[0])"])
            #expect(one.status == 0 && one.output == "\(all[0]) retried\n1 retried\n")
            #expect(try receiver.command(["queue", "retry", "\(all[0])"]).status == 1)
            #expect(
                try receiver.command(["queue", "discard", "\(all[1])", "7"]).output
                    == "\(all[1]) discarded\n7 missing\n1 discarded, 1 missing\n")
            #expect(try receiver.command(["queue", "retry", "--reason", "expired"]).status == 0)
            #expect(
                try receiver.command(["queue", "retry", "--reason", "gone"]).output
                    == "10 retried\n")
            #expect(eventually { application.taken.count == 11 })
            #expect(try ids().isEmpty)

            redis.server.kill()
            let away = try receiver.command(["queue", "retry", "--all"])
            #expect(away.status == 1 && away.output.contains("Redis did not answer"))
        }

        @Test func `what is owed in Redis, and what is spooled, is listed`() throws {
            let (redis, application) = (try SharedRedis(), try Application())
            application.answer(.init(500))
            let receiver = try Receiver(
                redis.queue + ["--forward-to", application.url, "--retry-initial", "1h"])
            #expect(try receiver.send(3).status == 0)
            func states() throws -> [String] {
                let list = try receiver.command(["queue", "list"])
                return list.output.split(separator: "\n").dropFirst().map { line in
                    String(line.split(separator: " ")[1])
                }
            }
            #expect(try eventually { try states() == Array(repeating: "retryable", count: 3) })
            application.hold()
            #expect(try receiver.send(2, ["--media"]).status == 0)
            #expect(
                try eventually {
                    try states() == ["running", "running"]
                        + Array(repeating: "retryable", count: 3)
                })
            redis.server.kill()
            #expect(try receiver.send(2).status == 0)
            #expect(try receiver.metrics()["spooled"] == 2)
            #expect(
                try receiver.command(["queue", "list"]).output.contains("Redis did not answer"))
            #expect(
                try receiver.command(["queue", "show", "1"]).output.contains("spooled"))
            let away = "Redis cannot be read at the moment\ndead letters unknown, spooled 2\n"
            #expect(try eventually { try receiver.command(["queue", "status"]).output == away })
            application.release()
        }

        @Test func `what is above queue-rows-max waits in the spool until there is room in Redis`()
            throws
        {
            let (redis, application) = (try SharedRedis(), try Application())
            application.hold()
            let receiver = try Receiver(
                redis.queue + [
                    "--forward-to", application.url, "--queue-rows-max", "10",
                    "--forward-concurrency", "2",
                ])
            #expect(try receiver.send(10).status == 0)
            #expect(try eventually { try receiver.metrics().sum("queue_depth", #""redis""#) == 10 })
            #expect(try receiver.send(5).status == 0)
            // Two reads of the figures, in which a drain would show.
            let polls = "redis_round_trip_duration_seconds_count"
            let before = try receiver.metrics().sum(polls, #""queue""#)
            #expect(try eventually { try receiver.metrics().sum(polls, #""queue""#) > before + 6 })
            #expect(try receiver.metrics()["spooled"] == 5)
            #expect(try redis.owed() == 10)
            application.release()
            #expect(try receiver.hasDrained(into: redis))
            #expect(eventually { application.taken.count == 15 })
        }

        @Test func `X2 what is spooled survives a restart and goes into Redis when it is back`()
            throws
        {
            let (redis, application) = (try SharedRedis(), try Application())
            let receiver = try Receiver(redis.queue + ["--forward-to", application.url])
            #expect(try receiver.send(5).status == 0)
            // What the application has is written down, so that no outcome is unknown.
            #expect(try receiver.hasDrained(into: redis))
            redis.server.kill()
            #expect(try receiver.send(40, ["--media"]).status == 0)
            let metrics = try receiver.metrics(afterReplies: 45)
            #expect(metrics["spooled"] == 40)
            let age = "spool_oldest_message_age_seconds"
            #expect(try eventually { try receiver.metrics()[age] != nil })
            #expect(metrics[#"redis_breaker_open{role="queue"}"#] == 1)
            #expect(try receiver.ops("/readyz").status == 200)
            receiver.kill()
            try receiver.restart()
            #expect(try receiver.metrics()["spooled"] == 40)
            try redis.server.restart()
            #expect(try receiver.hasDrained(into: redis))
            #expect(eventually { Set(application.taken).count == 45 })
            #expect(try eventually { try receiver.metrics()[age] == nil })
            #expect(receiver.stop() == 0)
            #expect(application.taken.count == 45)
        }
    }
}
