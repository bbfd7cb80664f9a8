import Foundation
import TestSupport
import Testing

/// Bad configuration: a clear sentence that names the key and where it was set, exit status 1,
/// nothing half-started.
extension EndToEnd {
    @Suite struct StartTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func serve(
            _ arguments: [String], _ environment: [String: String] = [:]
        ) throws -> (status: Int32, output: String, errors: String) {
            try ChildProcess.run(
                Repository.hookline,
                [
                    "serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
                    "--data-dir", folder.path("data"),
                ] + arguments, environment: environment)
        }

        private func expectFault(
            _ sentences: [String], _ arguments: [String], _ environment: [String: String] = [:],
            status: Int32 = 1
        ) throws {
            let result = try serve(arguments, environment)
            #expect(result.status == status, "\(result.errors)")
            for sentence in sentences {
                #expect(result.errors.contains(sentence), "\(result.errors)")
            }
            #expect(!FileManager.default.fileExists(atPath: folder.path("data/addresses.json")))
        }

        @Test func `a missing token says how to get one and that --dev exists`() throws {
            try expectFault(
                ["TWILIO_AUTH_TOKEN", "Twilio console", "--tokens-file", "--dev"],
                ["--public-url", "https://hooks.example.com"])
        }

        @Test func `a missing public URL names the alternatives`() throws {
            try expectFault(
                ["--public-url", "--trusted-proxies", "--origin-from-host", "--dev"], [],
                ["TWILIO_AUTH_TOKEN": "t"])
        }

        @Test func `all faults are reported at once, each with its place`() throws {
            try folder.write(
                "forward-timeout: 10\nlisten-to: 0.0.0.0:80\nroutes: [hooks]\n", to: "hookline.yaml"
            )
            let file = folder.path("hookline.yaml")
            try expectFault(
                [
                    "\(file), line 1", "forward-timeout", "\"10\"",
                    "\(file), line 2", "listen-to", "no such key",
                    "\(file), line 3", "routes", "\"hooks\" is not a path",
                    "HOOKLINE_ACK_BUDGET", "\"fast\"", "HOOKLINE_ACK_BUGDET",
                    "--alert-validation-failures", "\"5\"",
                ],
                [
                    "--config", file, "--public-url", "https://hooks.example.com",
                    "--alert-validation-failures", "5",
                ],
                [
                    "TWILIO_AUTH_TOKEN": "t", "HOOKLINE_ACK_BUDGET": "fast",
                    "HOOKLINE_ACK_BUGDET": "1s",
                ])
        }

        @Test func `an unknown flag is wrong usage`() throws {
            let result = try serve(["--dev", "--forward", "http://127.0.0.1/"])
            #expect(result.status == 2)
            #expect(result.errors.contains("--forward"))
        }

        @Test func `--dev together with a real token is refused`() throws {
            try expectFault(
                ["--dev", "TWILIO_AUTH_TOKEN"], ["--dev"], ["TWILIO_AUTH_TOKEN": "t"], status: 2)
        }

        @Test func `no secret is repeated in an error`() throws {
            let secret = "very secret"
            let result = try serve(
                ["--public-url", "https://hooks.example.com"], ["TWILIO_AUTH_TOKEN": secret])
            #expect(result.status == 1)
            #expect(result.errors.contains("TWILIO_AUTH_TOKEN"))
            #expect(!result.errors.contains("secret"))
        }

        @Test func `a data folder that is a file is refused`() throws {
            try folder.write("x", to: "data")
            let result = try serve(["--dev"])
            #expect(result.status == 1)
            #expect(result.errors.contains("--data-dir"))
            #expect(result.errors.contains("not a folder"))
            #expect(folder.text("data") == "x")
        }

        @Test func `a data folder that cannot be made is refused`() throws {
            let result = try ChildProcess.run(
                Repository.hookline,
                ["serve", "--dev", "--data-dir", folder.path("missing/data")])
            #expect(result.status == 1)
            #expect(result.errors.contains("--data-dir: cannot use"))
            #expect(result.errors.contains("No such file or directory"))
        }

        @Test func `a data folder in use is refused and its owner goes on`() throws {
            let receiver = try Receiver()
            let result = try ChildProcess.run(
                Repository.hookline,
                [
                    "serve", "--dev", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
                    "--data-dir", receiver.folder.path("data"),
                ])
            #expect(result.status == 1)
            #expect(result.errors.contains("in use by another hookline"))
            #expect(try receiver.send().status == 0)
        }

        @Test func `a port in use is refused on either listener`() throws {
            let receiver = try Receiver()
            for key in ["--listen", "--ops-listen"] {
                let taken = "127.0.0.1:\(receiver.webhookPort)"
                let result = try serve(["--dev", key, taken])
                #expect(result.status == 1)
                #expect(result.errors.contains("\(key): cannot listen on \(taken)"))
                #expect(result.errors.contains("it is in use by "), "\(result.errors)")
            }
            #expect(try receiver.send().status == 0)
        }

        @Test func `a database of a newer version is refused and left as it is`() throws {
            let receiver = try Receiver()
            #expect(try receiver.send().status == 0)
            #expect(receiver.stop() == 0)
            let database = receiver.folder.path("data/hookline.sqlite")
            let made = try ChildProcess.run(
                Repository.python,
                [
                    "-c",
                    "import sqlite3,sys\n"
                        + "sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version=99')",
                    database,
                ])
            #expect(made.status == 0, "\(made.errors)")
            #expect(throws: ChildProcess.Failure.self) { try receiver.restart() }
            #expect(receiver.process.wait() == 1)
            #expect(receiver.log.contains("schema version 99"))
            #expect(receiver.log.contains("newer"))
        }

        @Test func `check-config prints every setting with its place and no secret`() throws {
            let result = try ChildProcess.run(
                Repository.hookline,
                ["check-config", "--public-url", "https://hooks.example.com/"],
                environment: ["TWILIO_AUTH_TOKEN": "to-hide", "HOOKLINE_ACK_BUDGET": "250ms"])
            #expect(result.status == 0)
            let lines = result.output.split(separator: "\n")
            #expect(
                lines.contains {
                    $0.hasPrefix("ack-budget") && $0.contains("250ms  (HOOKLINE_ACK_BUDGET)")
                })
            #expect(
                lines.contains {
                    $0.hasPrefix("public-url")
                        && $0.contains("https://hooks.example.com  (--public-url)")
                })
            #expect(
                lines.contains { $0.hasPrefix("response-deadline") && $0.contains("2s  (default)") }
            )
            #expect(!result.output.contains("to-hide"))
        }

        @Test(arguments: [
            ("HTTPS://Hooks.Example.COM:443/Twilio", "https://hooks.example.com/Twilio"),
            ("https://höoks.example.com", "https://xn--hoks-5qa.example.com"),
        ])
        func `check-config prints the public URL as Twilio calls it`(
            written: String, shown: String
        ) throws {
            let result = try ChildProcess.run(
                Repository.hookline, ["check-config", "--public-url", written],
                environment: ["TWILIO_AUTH_TOKEN": "secret"])
            #expect(result.status == 0)
            #expect(
                result.output.split(separator: "\n").contains {
                    $0.hasPrefix("public-url") && $0.contains(" \(shown)  (--public-url)")
                })
        }
    }
}
