import Glibc
import Synchronization

/// A real redis-server with a configuration of its own, in a temporary folder, on a Unix socket
/// and, when asked, on a free loopback port; killed when the last reference goes.
public final class RedisServer: Sendable {
    /// Its folder: append-only file, socket, log.
    public let folder: TemporaryFolder
    /// The port it listens on; 0 without one.
    public let port: UInt16
    /// Steps its wall clock; nil unless it was started so.
    public let steps: ClockSteps?
    private let process: Mutex<ChildProcess?>

    /// Starts a server and waits until it answers. `configuration` are lines of redis.conf.
    /// With `hasClockSteps` its wall clock can be stepped.
    public init(
        _ configuration: String = "", tcp: Bool = false, hasClockSteps: Bool = false
    ) throws {
        let folder = try TemporaryFolder()
        steps = hasClockSteps ? try ClockSteps(folder) : nil
        var started: (ChildProcess, UInt16)?
        // Another process may take a free port before Redis does.
        for _ in 0..<5 where started == nil {
            let port = tcp ? try LoopbackSocket.closedPort() : 0
            try folder.write(Self.lines(folder, port) + configuration, to: "redis.conf")
            let child = try Self.start(folder, steps)
            if try Self.isServing(child, folder) { started = (child, port) }
        }
        guard let (child, port) = started else {
            throw ChildProcess.Failure("redis-server does not start: \(folder.text("log"))")
        }
        self.folder = folder
        self.port = port
        process = Mutex(child)
    }

    /// The path of its Unix socket.
    public var socketPath: String { folder.path("socket") }

    /// The kernel's number of its process; 0 while it does not run.
    public var processID: pid_t { process.withLock { $0?.processID ?? 0 } }

    /// Stops its execution: connections are still accepted, and nothing is answered.
    public func pause() { process.withLock { $0?.signal(SIGSTOP) } }

    /// Lets it go on.
    public func resume() { process.withLock { $0?.signal(SIGCONT) } }

    /// Kills it with SIGKILL and waits for its end.
    public func kill() {
        process.withLock { process in
            process?.signal(SIGKILL)
            process?.wait()
            process = nil
        }
    }

    /// Starts it again on the same folder, socket and port, and waits until it answers.
    public func restart() throws {
        kill()
        // The socket's file outlives its server.
        unlink(socketPath)
        let child = try Self.start(folder, steps)
        guard try Self.isServing(child, folder) else {
            throw ChildProcess.Failure("redis-server does not start: \(folder.text("log"))")
        }
        process.withLock { $0 = child }
    }

    private static func start(
        _ folder: TemporaryFolder, _ steps: ClockSteps?
    ) throws -> ChildProcess {
        try ChildProcess(
            "redis-server", [folder.path("redis.conf")], environment: steps?.environment ?? [:])
    }

    private static func isServing(_ child: ChildProcess, _ folder: TemporaryFolder) throws -> Bool {
        let answered = eventually {
            child.exitStatus != nil || pings(folder.path("socket"))
        }
        return answered && child.exitStatus == nil
    }

    /// One PING over the socket; a server that still reads its data, or wants a password, serves.
    private static func pings(_ path: String) -> Bool {
        guard let descriptor = try? LoopbackSocket.connected(path: path) else { return false }
        defer { close(descriptor) }
        let command = Array("PING\r\n".utf8)
        guard write(descriptor, command, command.count) == command.count else { return false }
        var byte: UInt8 = 0
        return read(descriptor, &byte, 1) == 1
    }

    private static func lines(_ folder: TemporaryFolder, _ port: UInt16) -> String {
        """
        bind 127.0.0.1
        port \(port)
        unixsocket \(folder.path("socket"))
        unixsocketperm 700
        dir \(folder.path)
        logfile \(folder.path("log"))
        save ""
        enable-debug-command local

        """
    }
}
