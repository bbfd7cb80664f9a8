import Foundation
import TestSupport

/// A real Redis that machines share, behind a proxy that can misbehave, and what a person would
/// type into redis-cli.
final class SharedRedis: Sendable {
    let server: RedisServer
    let proxy: FaultProxy

    /// A Redis that confirms nothing that is not on the disk; more lines of redis.conf may follow.
    init(_ configuration: String = "") throws {
        server = try RedisServer("appendonly yes\nappendfsync always\n" + configuration)
        proxy = try FaultProxy(upstream: server.socketPath)
    }

    /// The arguments of a receiver whose way to Redis leads through the proxy.
    var arguments: [String] { ["--redis", "redis://127.0.0.1:\(proxy.port)/0"] }

    /// The arguments of a receiver that shares the queue, too.
    var queue: [String] { arguments + ["--queue", "redis"] }

    /// Runs one command of words on the server itself and returns what redis-cli prints.
    @discardableResult
    func callAsFunction(_ words: String..., password: String? = nil) throws -> String {
        let login = password.map { ["--no-auth-warning", "-a", $0] } ?? []
        let result = try ChildProcess.run(
            "redis-cli", ["-s", server.socketPath] + login + words)
        guard result.status == 0 else { throw ChildProcess.Failure(result.errors) }
        return result.output.trimmingCharacters(in: .newlines)
    }

    /// Deliveries that are owed.
    func owed() throws -> Int {
        try ["high", "normal"].reduce(0) { sum, priority in
            let waiting = Int(try self("XLEN", "{hookline}:queue:\(priority)")) ?? 0
            return sum + waiting + (Int(try self("ZCARD", "{hookline}:due:\(priority)")) ?? 0)
        }
    }
}

extension Receiver {
    /// True once nothing waits in the spool and nothing is owed in Redis.
    func hasDrained(into redis: SharedRedis, seconds: Double = 30) throws -> Bool {
        try eventually(seconds: seconds) {
            // What leaves the spool is in Redis before.
            try self.metrics()["spooled"] == 0 && redis.owed() == 0
        }
    }
}
