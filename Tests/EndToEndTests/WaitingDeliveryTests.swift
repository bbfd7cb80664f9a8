import TestSupport
import Testing

/// X9: deliveries that wait for their next attempt, and are named in a command.
extension EndToEnd {
    @Suite struct WaitingDeliveryTests {
        /// The ids of what is listed in a state.
        private func ids(_ receiver: Receiver, _ state: String) throws -> [String] {
            let list = try receiver.command(["queue", "list", "--state", state])
            return list.output.split(separator: "\n").dropFirst().map { line in
                String(line.split(separator: " ")[0])
            }
        }

        @Test func `what waits in SQLite is sent at once or deleted, and can be listed`() throws {
            let application = try Application()
            application.answer(.init(500))
            let receiver = try Receiver(["--forward-to", application.url, "--retry-initial", "1h"])
            #expect(try receiver.send(2).status == 0)
            #expect(try eventually { try ids(receiver, "retryable").count == 2 })
            let waiting = try ids(receiver, "retryable")
            application.hold()
            let retried = try receiver.command(["queue", "retry", waiting[0]])
            #expect(retried.status == 0 && retried.output == "\(waiting[0]) retried\n1 retried\n")
            #expect(try eventually { try ids(receiver, "running") == [waiting[0]] })
            let sent = try receiver.command(["queue", "discard", waiting[0], waiting[1]])
            #expect(
                sent.output
                    == "\(waiting[0]) running\n\(waiting[1]) discarded\n"
                    + "1 discarded, 1 being sent at this moment, not changed\n")
            #expect(sent.status == 1)
            application.answer(.init(200))
            application.release()
            #expect(eventually { application.taken.count == 1 })
            #expect(try eventually { try ids(receiver, "running").isEmpty })
            #expect(try ids(receiver, "retryable").isEmpty)
        }
    }
}
