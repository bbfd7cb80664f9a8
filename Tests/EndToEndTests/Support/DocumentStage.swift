import Foundation
import TestSupport

/// A server with messages in every state, on which the commands of documents are tried: addresses,
/// ids and paths in them become those of here.
final class DocumentStage {
    private let folder: TemporaryFolder
    private let application: Application
    private let receiver: Receiver
    private var exported: [String: String] = [:]
    private var redis: RedisServer?

    init() throws {
        folder = try TemporaryFolder()
        application = try Application()
        receiver = try Receiver(["--forward-to", application.url])
        let request = """
            POST /webhook/sms HTTP/1.1\r
            Host: hooks.example.com\r
            X-Twilio-Signature: AAAA\r
            Content-Type: application/x-www-form-urlencoded\r
            Content-Length: 10\r
            \r
            Body=hello
            """
        try folder.write(request, to: "request")
    }

    /// Forgets what an earlier document exported.
    func begin() { exported = [:] }

    /// Keeps what is exported for the commands that follow.
    func export(_ command: DocumentCommand) {
        for match in command.text.matches(of: /(\w+)=(\S+)/) {
            exported[String(match.output.1)] = String(match.output.2)
        }
    }

    /// The command as it is tried here, but for ids.
    func line(_ command: DocumentCommand) -> String {
        var text = command.text
        let data = receiver.folder.path("data")
        for (written, here) in [
            ("./hookline ", "hookline "), ("hookline ", "'\(Repository.hookline)' "),
            ("https://hooks.example.com/", "http://127.0.0.1:\(receiver.webhookPort)/"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:\(receiver.webhookPort)"),
            ("http://127.0.0.1:9464", "http://127.0.0.1:\(receiver.opsPort)"),
            ("/etc/hookline/hookline.yml", "'\(Repository.root)/deploy/hookline.yml'"),
            ("hookline-data/", data + "/"), ("/var/lib/hookline/", data + "/"),
            ("\"copy.sqlite\"", "'\(folder.path("copy.sqlite"))'"), ("…", "x"),
        ] { text.replace(written, with: here) }
        if command.program == "make" {
            text.replace("make ", with: "make -n -C '\(Repository.root)' ")
        }
        // A measurement is shortened: here only its command line is tried.
        text.replace(/--rate \d+/, with: "--rate 20")
        text.replace(/--duration \w+/, with: "--duration 1 --no-benchmark")
        return text
    }

    /// Tries a command; what is wrong with it, nil if nothing is.
    func fault(_ command: DocumentCommand) throws -> String? {
        if command.program == "hookline", command.text.contains("hookline serve") {
            return try serve(command)
        }
        let result = try ChildProcess.run(
            "bash", ["-c", try withIDs(line(command))], environment: environment,
            directory: folder.path)
        // What does not match, or is not held here, ends with 1.
        let mayFail = ["hookline verify", "hookline bench", "hookline queue release"].contains {
            command.text.contains($0)
        }
        let isGood = result.status == 0 || (mayFail && result.status == 1)
        return isGood ? nil : "status \(result.status): \(result.output)\(result.errors)"
    }

    private var environment: [String: String] {
        [
            "TWILIO_AUTH_TOKEN": Receiver.token, "HOOKLINE_DATA_DIR": receiver.folder.path("data"),
        ]
    }

    /// A server of its own with the settings of the command; it starts, and stops with 0.
    private func serve(_ command: DocumentCommand) throws -> String? {
        var words = command.text.split(separator: " ").map(String.init)
        words.removeFirst(2)
        for flag in ["--listen", "--ops-listen", "--data-dir"] {
            if let index = words.firstIndex(of: flag) { words.removeSubrange(index...index + 1) }
        }
        var variables = exported.filter { $0.key.hasPrefix("HOOKLINE_") }
        if variables["HOOKLINE_REDIS_URL"] != nil {
            let server = try redis ?? RedisServer()
            redis = server
            variables["HOOKLINE_REDIS_URL"] = "unix://\(server.socketPath)"
        }
        let origin = words.contains("--public-url") ? [] : ["--origin-from-host"]
        let server = try Receiver(words, environment: variables, origin: origin)
        let status = server.stop()
        return status == 0 ? nil : "status \(status): \(server.log)"
    }

    /// The command with ids of dead letters and of quarantined requests that are there.
    private func withIDs(_ line: String) throws -> String {
        var text = line
        if text.contains("4711") {
            let ids = try deadLetters()
            text.replace("4711", with: ids[0])
            text.replace("4712", with: ids[1])
        }
        if text.contains("--quarantined 7") || text.contains("--quarantined ID") {
            let id = try quarantined()
            text.replace("--quarantined 7", with: "--quarantined \(id)")
            text.replace("--quarantined ID", with: "--quarantined \(id)")
        }
        return text
    }

    /// Two dead letters more, and the ids of the newest.
    private func deadLetters() throws -> [String] {
        application.answer(.init(410))
        defer { application.answer(.init()) }
        _ = try receiver.send(2)
        var ids: [String] = []
        _ = try eventually {
            ids = try self.ids(["queue", "list", "--state", "dead_lettered", "--json"])
            return ids.count >= 2
        }
        return ids.count >= 2 ? ids.suffix(2) : ["0", "0"]
    }

    /// A refused request more, and the id of one.
    private func quarantined() throws -> String {
        _ = try receiver.send(1, ["--bad-signature"])
        var ids: [String] = []
        _ = try eventually {
            ids = try self.ids(["queue", "list", "--quarantined", "--json"])
            return !ids.isEmpty
        }
        return ids.last ?? "0"
    }

    private func ids(_ arguments: [String]) throws -> [String] {
        try receiver.command(arguments).output.matches(of: /"id": ?(\d+)/)
            .map { String($0.output.1) }
    }
}
