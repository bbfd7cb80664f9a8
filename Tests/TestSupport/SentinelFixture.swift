/// A master, its replica and three sentinels that know each other, all on loopback ports.
public final class SentinelFixture: Sendable {
    /// The master at first.
    public let master: RedisServer
    /// Its replica at first, which is the master after a failover.
    public let replica: RedisServer
    /// The sentinels, which call the master `m`; two of them are enough.
    public let sentinels: [SentinelServer]

    /// Starts all of them and waits until the sentinels know each other and the replica follows.
    /// `configuration` are lines of redis.conf for both servers.
    public init(_ configuration: String = "") throws {
        let lines = "repl-diskless-sync-delay 0\n" + configuration
        master = try RedisServer(lines, tcp: true)
        replica = try Self.replica(of: master, lines)
        let port = master.port
        sentinels = try (0..<3).map { _ in try SentinelServer(watching: "m", port: port) }
        for sentinel in sentinels {
            guard try eventually(seconds: 60, { try Self.isReady(sentinel) }) else {
                throw ChildProcess.Failure(
                    "a sentinel sees too little: \(sentinel.folder.text("log"))")
            }
        }
    }

    /// One more replica of a master.
    public static func replica(
        of master: RedisServer, _ configuration: String = ""
    ) throws -> RedisServer {
        try RedisServer("replicaof 127.0.0.1 \(master.port)\n" + configuration, tcp: true)
    }

    /// True once it has seen the replica, and the two others, alive.
    private static func isReady(_ sentinel: SentinelServer) throws -> Bool {
        let fields = try ChildProcess.run(
            "redis-cli", ["-p", "\(sentinel.port)", "SENTINEL", "MASTER", "m"]
        ).output.split(separator: "\n", omittingEmptySubsequences: false)
        var values: [Substring: Substring] = [:]
        for at in stride(from: 0, to: fields.count - 1, by: 2) {
            values[fields[at]] = fields[at + 1]
        }
        return values["num-slaves"] == "1" && values["num-other-sentinels"] == "2"
            && values["flags"] == "master"
    }
}
