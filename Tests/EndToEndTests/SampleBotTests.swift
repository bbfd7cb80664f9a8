import Foundation
import TestSupport
import Testing

/// The bot of the compose file, behind the real program.
extension EndToEnd {
    @Suite struct SampleBotTests {
        private static let account = "AC00000000000000000000000000000000"

        /// Starts the bot; its URL, once it listens.
        private static func bot(
            _ folder: TemporaryFolder, _ environment: [String: String]
        ) throws -> (process: ChildProcess, url: String) {
            var variables = ["BOT_URL": "http://127.0.0.1:0/twilio"]
            variables["TWILIO_AUTH_TOKEN"] = Receiver.token
            variables.merge(environment) { $1 }
            let process = try ChildProcess(
                "python3", [Repository.root + "/deploy/sample-bot/bot.py"],
                environment: variables, output: folder.path("bot"))
            #expect(eventually { folder.text("bot").contains("listening on port") })
            let port = folder.text("bot").firstMatch(of: /port (\d+)/)?.output.1 ?? ""
            return (process, "http://127.0.0.1:\(port)/twilio")
        }

        @Test func `it takes genuine messages, says what it would answer, and refuses forged ones`()
            throws
        {
            let folder = try TemporaryFolder()
            let (process, url) = try Self.bot(folder, [:])
            let receiver = try Receiver(["--forward-to", url])
            #expect(try receiver.send(3, ["--body", "Hello"]).status == 0)
            #expect(
                eventually {
                    folder.text("bot").matches(of: /would answer SM\w+: You said: Hello\n/).count
                        == 3
                }, "\(folder.text("bot"))")
            let forged = try ChildProcess.run(
                "curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-d", "Body=x", url])
            #expect(forged.output == "403")
            #expect(process.exitStatus == nil)
        }

        @Test func `it answers through Twilio's REST API, again if that fails, and once`() throws {
            let folder = try TemporaryFolder()
            let twilio = try LoopbackServer { request, connection in
                let status = request.connection == 1 ? 503 : 201
                connection.send("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n")
                return false
            }
            let (process, url) = try Self.bot(
                folder, ["TWILIO_ACCOUNT_SID": Self.account, "TWILIO_API": twilio.url("")])
            let receiver = try Receiver(["--forward-to", url])
            #expect(try receiver.send(1, ["--duplicate"]).status == 0)
            #expect(
                eventually { folder.text("bot").contains("HTTP 201") }, "\(folder.text("bot"))")
            let requests = twilio.requests
            #expect(requests.count == 2)
            for request in requests {
                let path = "/2010-04-01/Accounts/\(Self.account)/Messages.json"
                #expect(request.requestLine == "POST \(path) HTTP/1.1")
                #expect(request.headText.contains("Authorization: Basic "))
                let form = String(decoding: request.body, as: UTF8.self)
                #expect(form.contains("Body=You+said"))
            }
            #expect(process.exitStatus == nil)
        }
    }
}
