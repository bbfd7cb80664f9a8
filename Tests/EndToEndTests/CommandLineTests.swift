import Foundation
import TestSupport
import Testing

/// What the command line says, and with which exit status.
extension EndToEnd {
    @Suite struct CommandLineTests {
        private func run(
            _ arguments: [String], _ environment: [String: String] = [:]
        ) throws -> (status: Int32, output: String, errors: String) {
            try ChildProcess.run(
                Repository.hookline, arguments,
                environment: environment.merging(["COLUMNS": "80"]) {
                    $1
                })
        }

        /// The settings that a help lists.
        private func settings(in help: String) -> Set<String> {
            let known = Set(
                Repository.text("docs/configuration.md").matches(of: /\n\| `(--[a-z-]+)/)
                    .map { String($0.output.1) })
            let listed = help.matches(of: /\n  (--[a-z-]+)/).map { String($0.output.1) }
            return known.intersection(listed)
        }

        @Test func `hookline alone shows a beginner three commands`() throws {
            let shown = try run([])
            #expect(shown.status == 0)
            let commands = shown.output.split(separator: "\n").filter { $0.hasPrefix("  hookline") }
            #expect(commands.count == 3)
            #expect(commands.first?.contains("hookline serve --dev ") == true)
            #expect(shown.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
        }

        @Test func `help lists the twenty settings that matter, --help-all every one`() throws {
            let short = try run(["serve", "--help"])
            #expect(short.status == 0)
            #expect(settings(in: short.output).count == 20, "\(short.output)")
            #expect(short.output.contains("--help-all"))
            #expect(short.output.split(separator: "\n").count < 120)
            let long = try run(["serve", "--help-all"])
            let all = Set(
                Repository.text("docs/configuration.md").matches(of: /\n\| `(--[a-z-]+)/)
                    .map { String($0.output.1) })
            #expect(all.count > 70)
            #expect(all.subtracting(settings(in: long.output)) == [])
            for heading in ["SETTINGS:", "LIMITS:", "VALIDATION:", "STORE:", "FORWARDING:"] {
                #expect(long.output.contains("\n\(heading)\n"), "\(heading)")
            }
            for line in (short.output + long.output).split(separator: "\n")
            where !line.contains("<") && !line.hasPrefix("  --") {
                #expect(line.count <= 80, "\(line)")
            }
        }

        @Test func `shells complete settings, their words and files`() throws {
            for shell in ["bash", "zsh", "fish"] {
                let script = try run(["--generate-completion-script", shell])
                #expect(script.output.contains("response-deadline"), "\(shell)")
                #expect(script.output.contains("sqlite"), "\(shell)")
            }
        }

        @Test(arguments: [
            (["serve", "--forward-too", "http://x"], "Did you mean '--forward-to'?"),
            (["serve", "--retry-window", "10"], "is not a duration"),
            (["serve", "--dev", "hooks"], "hooks"),
            (["serve", "--threads"], "--threads"),
            (["send"], "say where to post"),
            (["send", "http://127.0.0.1:9/", "--to", "http://127.0.0.1:9/"], "give the URL once"),
            (["send", "http://127.0.0.1:9/", "--count", "0"], "--count"),
            (["bench", "http://127.0.0.1:9/", "--duration", "soon"], "--duration"),
            (["bench"], "say where to post"),
            (["queue", "list", "--limit", "0"], "--limit"),
            (["queue", "retry"], "--all"),
            (["verify", "--url", "http://x/"], "--signature"),
            (["frobnicate"], "frobnicate"),
        ])
        func `wrong usage ends with 2 and says what is wrong`(
            arguments: [String], sentence: String
        ) throws {
            let result = try run(
                arguments,
                [
                    "TWILIO_AUTH_TOKEN": Receiver.token,
                    "HOOKLINE_PUBLIC_URL": "https://hooks.example.com",
                ])
            #expect(result.status == 2, "\(result.output)\(result.errors)")
            #expect(result.errors.contains(sentence), "\(result.errors)")
        }

        @Test func `send takes its URL as an argument, and bench a duration with its unit`() throws
        {
            let receiver = try Receiver()
            let environment = ["TWILIO_AUTH_TOKEN": Receiver.token]
            let sent = try run(["send", receiver.url(), "--count", "2"], environment)
            #expect(sent.status == 0 && sent.output.contains("2 × 200"), "\(sent.errors)")
            for duration in ["1", "1s"] {
                let bench = try run(
                    [
                        "bench", receiver.url(), "--rate", "20", "--duration", duration,
                        "--no-benchmark", "--ops", "http://127.0.0.1:\(receiver.opsPort)",
                    ], environment)
                #expect(bench.output.contains("20 a second for 1 s"), "\(bench.errors)")
            }
        }
    }
}
