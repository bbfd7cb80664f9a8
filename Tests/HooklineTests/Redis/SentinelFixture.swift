import Redis
import TestSupport
import Testing

@testable import Hookline

/// A master, its replica and three sentinels that know each other, all on loopback ports.
final class SentinelFixture: Sendable {
    let master: RedisServer
    let replica: RedisServer
    let sentinels: [SentinelServer]

    init() throws {
        master = try RedisServer("repl-diskless-sync-delay 0\n", tcp: true)
        replica = try RedisServer(
            "replicaof 127.0.0.1 \(master.port)\nrepl-diskless-sync-delay 0\n", tcp: true)
        let port = master.port
        sentinels = try (0..<3).map { _ in try SentinelServer(watching: "m", port: port) }
        for sentinel in sentinels {
            guard eventually(seconds: 60, { Self.isReady(sentinel) }) else {
                throw ChildProcess.Failure("a sentinel sees too little: \(Self.log(sentinel))")
            }
        }
    }

    /// The URL's place.
    var place: RedisURL.Place {
        .sentinels(
            sentinels.map { RedisURL.Sentinel(host: "127.0.0.1", port: $0.port) }, master: "m")
    }

    /// A question to a server on a connection of its own; nil when it does not answer.
    static func ask(_ port: UInt16, _ words: String...) -> RedisReply? {
        guard var connection = try? RedisConnection(to: .tcp(address: "127.0.0.1", port: port))
        else { return nil }
        return try? connection.call(
            RedisCommand(words.map { Array($0.utf8) }),
            untilNanoseconds: RedisClock.now() + 1_000_000_000)
    }

    /// True once it has seen the replica, and the two others, alive.
    private static func isReady(_ sentinel: SentinelServer) -> Bool {
        let fields = ask(sentinel.port, "SENTINEL", "MASTER", "m")?.elements?.map { $0.text ?? "" }
        guard let fields else { return false }
        var values: [String: String] = [:]
        for at in stride(from: 0, to: fields.count - 1, by: 2) {
            values[fields[at]] = fields[at + 1]
        }
        return values["num-slaves"] == "1" && values["num-other-sentinels"] == "2"
            && values["flags"] == "master"
    }

    private static func log(_ sentinel: SentinelServer) -> String { sentinel.folder.text("log") }
}
