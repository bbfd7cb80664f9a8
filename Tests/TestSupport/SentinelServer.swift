import Glibc

/// A real Redis Sentinel with a configuration of its own, in a temporary folder and on a free
/// loopback port; killed when the last reference goes.
public final class SentinelServer: Sendable {
    /// Its folder: configuration and log.
    public let folder: TemporaryFolder
    /// The port it listens on.
    public let port: UInt16
    private let process: ChildProcess

    /// Starts a sentinel that watches the master `name` on a loopback port, and waits until it
    /// answers. `configuration` are lines of sentinel.conf behind those that name the master.
    public init(
        watching name: String, port master: UInt16, quorum: Int = 2, configuration: String = ""
    ) throws {
        let folder = try TemporaryFolder()
        var started: (ChildProcess, UInt16)?
        // Another process may take a free port before the sentinel does.
        for _ in 0..<5 where started == nil {
            let port = try LoopbackSocket.closedPort()
            let lines = """
                bind 127.0.0.1
                port \(port)
                dir \(folder.path)
                logfile \(folder.path("log"))
                sentinel monitor \(name) 127.0.0.1 \(master) \(quorum)
                sentinel down-after-milliseconds \(name) 500
                sentinel failover-timeout \(name) 3000

                """
            try folder.write(lines + configuration, to: "sentinel.conf")
            let child = try ChildProcess(
                "redis-server", [folder.path("sentinel.conf"), "--sentinel"])
            let answered = eventually { child.exitStatus != nil || Self.listens(port) }
            if answered && child.exitStatus == nil { started = (child, port) }
        }
        guard let (child, port) = started else {
            throw ChildProcess.Failure("the sentinel does not start: \(folder.text("log"))")
        }
        self.folder = folder
        self.port = port
        process = child
    }

    /// Stops its execution: connections are still accepted, and nothing is answered.
    public func pause() { process.signal(SIGSTOP) }

    /// Lets it go on.
    public func resume() { process.signal(SIGCONT) }

    private static func listens(_ port: UInt16) -> Bool {
        guard let descriptor = try? LoopbackSocket.connected(to: port) else { return false }
        close(descriptor)
        return true
    }
}
