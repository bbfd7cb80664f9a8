import Foundation
import TestSupport

/// A real `hookline serve` on free ports, with a data folder of its own.
final class Receiver {
    /// The Auth Token that it knows.
    static let token = "0123456789abcdef0123456789abcdef"

    /// Its data folder, logs and fault control.
    let folder: TemporaryFolder
    private let arguments: [String]
    private let environment: [String: String]
    private(set) var process: ChildProcess
    private(set) var webhookPort: UInt16 = 0
    private(set) var opsPort: UInt16 = 0

    /// Starts it and waits until it serves.
    init(
        _ arguments: [String] = [], folder: TemporaryFolder? = nil,
        environment: [String: String] = [:], faults: DiskFaults? = nil,
        authToken: String? = Receiver.token, origin: [String] = ["--origin-from-host"]
    ) throws {
        let folder = try folder ?? faults?.folder ?? TemporaryFolder()
        self.folder = folder
        self.arguments =
            [
                "serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
                "--data-dir", folder.path("data"),
            ] + origin + arguments
        var variables: [String: String] = [:]
        variables["TWILIO_AUTH_TOKEN"] = authToken
        variables.merge(faults?.environment ?? [:]) { $1 }
        variables.merge(environment) { $1 }
        self.environment = variables
        process = try Self.start(self.arguments, variables, folder)
        try waitUntilServing()
    }

    /// Starts it again on the same folder, after it ended.
    func restart() throws {
        process.wait()
        process = try Self.start(arguments, environment, folder)
        try waitUntilServing()
    }

    /// What it wrote to standard error so far.
    var log: String { folder.text("log") }

    /// The URL of a webhook.
    func url(_ path: String = "/webhook/whatsapp") -> String {
        "http://127.0.0.1:\(webhookPort)\(path)"
    }

    /// Asks it to stop and waits for its exit status.
    func stop() -> Int32 {
        process.signal(SIGTERM)
        return process.wait()
    }

    /// Ends it as a power cut would end the process.
    func kill() {
        process.signal(SIGKILL)
        process.wait()
    }

    /// Runs `hookline send` against it.
    func send(
        _ count: Int = 1, _ arguments: [String] = [], path: String = "/webhook/whatsapp"
    ) throws -> (status: Int32, output: String) {
        let result = try ChildProcess.run(
            Repository.hookline, ["send", "--to", url(path), "--count", "\(count)"] + arguments,
            environment: ["TWILIO_AUTH_TOKEN": Self.token])
        return (result.status, result.output + result.errors)
    }

    /// Runs another command that looks into its data folder.
    func command(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let result = try ChildProcess.run(
            Repository.hookline, arguments + ["--data-dir", folder.path("data")])
        return (result.status, result.output + result.errors)
    }

    /// A path of the ops listener.
    func ops(
        _ path: String, accept: String = "*/*"
    ) throws -> (status: Int, head: String, body: String) {
        let client = try RawClient(port: opsPort)
        client.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nAccept: \(accept)\r\n\r\n")
        guard let response = client.response() else {
            throw ChildProcess.Failure("no answer to \(path)")
        }
        return response
    }

    /// The metrics now.
    func metrics() throws -> Metrics { Metrics(try ops("/metrics").body) }

    /// The metrics once so many replies were counted: a reply is counted when it has left, which
    /// its reader may see earlier.
    func metrics(afterReplies count: Int) throws -> Metrics {
        var read = try metrics()
        let isThere = try eventually {
            read = try metrics()
            return read.sum("webhook_duration_seconds_count") >= Double(count)
        }
        guard isThere else { throw ChildProcess.Failure("not \(count) replies were counted") }
        return read
    }

    private static func start(
        _ arguments: [String], _ environment: [String: String], _ folder: TemporaryFolder
    ) throws -> ChildProcess {
        try? FileManager.default.removeItem(atPath: folder.path("data/addresses.json"))
        return try ChildProcess(
            Repository.hookline, arguments, environment: environment, errors: folder.path("log"))
    }

    private func waitUntilServing() throws {
        let serves = eventually {
            guard process.exitStatus == nil, let addresses = addresses() else {
                return process.exitStatus != nil
            }
            (webhookPort, opsPort) = addresses
            return true
        }
        guard serves, process.exitStatus == nil else {
            throw ChildProcess.Failure("hookline does not serve: \(log)")
        }
    }

    private func addresses() -> (UInt16, UInt16)? {
        struct Addresses: Decodable {
            var webhooks: String
            var ops: String
        }
        guard let bytes = folder.bytes("data/addresses.json"),
            let read = try? JSONDecoder().decode(Addresses.self, from: Data(bytes)),
            let webhooks = read.webhooks.split(separator: ":").last.flatMap({ UInt16($0) }),
            let ops = read.ops.split(separator: ":").last.flatMap({ UInt16($0) })
        else { return nil }
        return (webhooks, ops)
    }
}
