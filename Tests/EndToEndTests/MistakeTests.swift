import Foundation
import TestSupport
import Testing

/// The ten most likely mistakes: what Hookline says stands in docs/faq.md, and is what it says.
extension EndToEnd {
    @Suite struct MistakeTests {
        private static let publicURL = ["--public-url", "https://hooks.example.com"]

        /// One mistake, as the table of docs/faq.md calls it.
        struct Mistake: Sendable, CustomStringConvertible {
            let name: String
            var arguments = publicURL
            var token: String? = Receiver.token
            var file = ""
            /// A warning does not keep it from serving.
            var isWarning = false

            var description: String { name }
        }

        private static let mistakes = [
            Mistake(name: "no Auth Token", token: nil),
            Mistake(
                name: "an API key for the Auth Token", token: "SK0123456789abcdef0123456789abcdef",
                isWarning: true),
            Mistake(
                name: "a public URL with the path of a webhook",
                arguments: ["--public-url", "https://hooks.example.com/webhook/whatsapp"],
                isWarning: true),
            Mistake(name: "a port that is in use"),
            Mistake(
                name: "a data folder that cannot be made",
                arguments: publicURL + ["--data-dir", "/proc/hookline"]),
            Mistake(
                name: "a file that is not YAML", arguments: [],
                file: "retry-window 2d\npublic-url: https://hooks.example.com\n"),
            Mistake(
                name: "a key that does not exist",
                file: "forward-too: http://127.0.0.1:3000/twilio\n"),
            Mistake(
                name: "a duration without its unit",
                arguments: publicURL + ["--retry-window", "10"]),
            Mistake(
                name: "a destination without http://",
                arguments: publicURL + ["--forward-to", "127.0.0.1:3000/twilio"]),
            Mistake(
                name: "a destination that is Hookline itself",
                arguments: publicURL + ["--forward-to", "https://hooks.example.com/webhook/sms"]),
        ]

        @Test(arguments: mistakes)
        func `each is answered in one or two sentences that say what to do`(
            mistake: Mistake
        ) throws {
            let folder = try TemporaryFolder()
            let other = try LoopbackServer(answering: "")
            var arguments = mistake.arguments
            if mistake.name == "a port that is in use" {
                arguments += ["--listen", "127.0.0.1:\(other.port)"]
            } else {
                arguments += ["--listen", "127.0.0.1:0"]
            }
            if !mistake.file.isEmpty {
                try folder.write(mistake.file, to: "hookline.yml")
                arguments += ["--config", folder.path("hookline.yml")]
            }
            if !arguments.contains("--data-dir") {
                arguments += ["--data-dir", folder.path("data")]
            }
            let log = folder.path("log")
            let process = try ChildProcess(
                Repository.hookline,
                ["serve", "--ops-listen", "127.0.0.1:0", "--log-format", "text"] + arguments,
                environment: mistake.token.map { ["TWILIO_AUTH_TOKEN": $0] } ?? [:], errors: log)
            let row = try #require(
                Repository.text("docs/faq.md").split(separator: "\n").first {
                    $0.hasPrefix("| \(mistake.name) |")
                }, "\(mistake.name)")
            // What differs from machine to machine is an ellipsis in the document.
            let parts = String(row.split(separator: "|")[1])
                .trimmingCharacters(in: CharacterSet(charactersIn: " `"))
                .split(separator: "…").map(String.init)
            #expect(parts.joined().count > 40)
            let isSaid = {
                var rest = folder.text("log")[...]
                for part in parts {
                    guard let range = rest.range(of: part) else { return false }
                    rest = rest[range.upperBound...]
                }
                return true
            }
            #expect(eventually { isSaid() || process.exitStatus != nil })
            #expect(isSaid(), "\(folder.text("log"))")
            if mistake.isWarning {
                #expect(process.exitStatus == nil)
            } else {
                let status = process.wait()
                #expect(status == 1 || status == 2)
                // The log may have lines of its own; a fault is one.
                let said = folder.text("log").split(separator: "\n")
                #expect(said.count { $0.hasPrefix("hookline: ") } == 1, "\(said)")
            }
        }

        @Test func `check-config says what is probably a mistake, and no token`() throws {
            let token = "SK0123456789abcdef0123456789abcdef"
            let result = try ChildProcess.run(
                Repository.hookline,
                ["check-config", "--public-url", "https://hooks.example.com/webhook/sms"],
                environment: ["TWILIO_AUTH_TOKEN": token])
            #expect(result.status == 0)
            #expect(result.errors.contains("warning: TWILIO_AUTH_TOKEN: the value begins with SK"))
            #expect(result.errors.contains("leave the path out: https://hooks.example.com\n"))
            #expect(!result.errors.contains(token) && !result.output.contains(token))
        }
    }
}
