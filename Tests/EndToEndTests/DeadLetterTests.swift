import Foundation
import TestSupport
import Testing

/// X9: dead letters are listed, shown, retried and discarded from the command line.
extension EndToEnd {
    @Suite struct DeadLetterTests {
        private func json(_ text: String) throws -> [String: Any] {
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
            return try #require(object as? [String: Any], "\(text)")
        }

        private func deadLetters(_ receiver: Receiver, _ count: Double) throws -> Bool {
            try eventually { try receiver.metrics()["dead_letters"] == count }
        }

        @Test func `X9 what the application gave up comes when it is retried, and once`() throws {
            let application = try Application()
            application.answer(.init(410))
            let receiver = try Receiver(["--forward-to", application.url])
            #expect(try receiver.send(20).status == 0)
            #expect(try deadLetters(receiver, 20))
            let listed = try json(
                receiver.command(
                    ["queue", "list", "--state", "dead_lettered", "--limit", "5", "--json"]
                ).output)
            let rows = listed["deliveries"] as? [[String: Any]] ?? []
            #expect(rows.count == 5 && listed["more"] as? Bool == true)
            #expect(rows.allSatisfy { $0["reason"] as? String == "gone" })
            let id = try #require(rows.first?["id"] as? Int)
            let shown = try receiver.command(["queue", "show", "\(id)"])
            #expect(shown.status == 0 && shown.output.contains("dead_lettered"))
            #expect(!shown.output.contains("15005550006"))
            let revealed = try receiver.command(["queue", "show", "\(id)", "--reveal"])
            #expect(revealed.output.contains("15005550006"))

            application.answer(.init(200))
            let dry = try receiver.command(["queue", "retry", "--all", "--dry-run", "--json"])
            #expect(try json(dry.output)["counts"] as? [String: Int] == ["retried": 20])
            #expect(try receiver.metrics()["dead_letters"] == 20)
            let one = try receiver.command(["queue", "retry", "\(id)"])
            #expect(one.status == 0 && one.output == "\(id) retried\n1 retried\n")
            #expect(eventually { application.taken.count == 1 })
            // It is a dead letter no more, so an id that was named did not do.
            #expect(try receiver.command(["queue", "retry", "\(id)"]).status == 1)
            let discarded = try receiver.command(["queue", "discard", "\(id + 1)", "--json"])
            #expect(discarded.status == 0)
            #expect(try json(discarded.output)["counts"] as? [String: Int] == ["discarded": 1])
            let rest = try receiver.command(["queue", "retry", "--reason", "gone"])
            #expect(rest.status == 0 && rest.output == "18 retried\n")
            #expect(eventually { application.taken.count == 19 })
            #expect(try deadLetters(receiver, 0))
            let nothing = try receiver.command(["queue", "retry", "--all"])
            #expect(nothing.status == 0 && nothing.output == "nothing to do\n")
            #expect(receiver.stop() == 0)
            #expect(Set(application.taken).count == 19 && application.taken.count == 19)
            // A try that follows a retry begins with the first attempt.
            #expect(
                application.requests.suffix(19).allSatisfy {
                    $0.headText.contains("Hookline-Attempt: 1\r\n")
                })
        }

        @Test func `wrong usage is 2, and a folder without a server is 1 and says so`() throws {
            let folder = try TemporaryFolder()
            func run(_ arguments: [String]) throws -> (status: Int32, errors: String) {
                let result = try ChildProcess.run(
                    Repository.hookline, ["queue"] + arguments + ["--data-dir", folder.path])
                #expect(result.output.isEmpty)
                return (result.status, result.errors)
            }
            for arguments in [
                ["retry"], ["retry", "1", "--all"], ["discard"], ["release"], ["show"],
                ["release", "--all", "--proven"], ["list", "--state", "lost"],
                ["list", "--limit", "0"], ["list", "--state", "running", "--quarantined"],
                ["retry", "--all", "--quarantined"], ["show", "one"],
            ] {
                #expect(try run(arguments).status == 2, "\(arguments)")
            }
            for arguments in [
                ["status"], ["list"], ["list", "--quarantined"], ["show", "1"], ["retry", "1"],
                ["discard", "--all"], ["release", "--proven"], ["list", "--json"],
            ] {
                let result = try run(arguments)
                #expect(result.status == 1, "\(arguments)")
                #expect(result.errors.contains("no hookline serves from \(folder.path)"))
            }
        }
    }
}
