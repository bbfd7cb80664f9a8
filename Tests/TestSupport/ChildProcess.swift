import Glibc
import Synchronization

/// A program that a test starts; killed and reaped when the last reference goes.
///
/// Foundation's `Process` is not used: two of them that end at one moment on different threads
/// can leave `waitUntilExit` waiting for ever on Linux (seen with Swift 6.3.1).
public final class ChildProcess: Sendable {
    /// Why a program could not be started.
    public struct Failure: Error, CustomStringConvertible {
        /// What failed, and why.
        public let description: String

        /// A failure in words.
        public init(_ description: String) { self.description = description }
    }

    /// The kernel's number of it.
    public let processID: pid_t
    private let status = Mutex<Int32?>(nil)

    /// Starts `program` with an environment of its own: what the tests run in changes nothing.
    ///
    /// `input`, `output` and `errors` are paths of files; without one it is /dev/null. Throws in
    /// `make unit`.
    public init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:],
        directory: String? = nil, input: String? = nil, output: String? = nil,
        errors: String? = nil
    ) throws {
        guard OtherPrograms.areAllowed else {
            throw Failure("`make unit` starts no \(program): mark the test `.startsPrograms`")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input ?? "/dev/null", O_RDONLY, 0)
        let writing = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 1, output ?? "/dev/null", writing, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors ?? "/dev/null", writing, 0o600)
        // What the tests have open is theirs; closing what is not open is no error here.
        for descriptor in Int32(3)..<256 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var complete = ["PATH": Self.variable("PATH"), "HOME": Self.variable("HOME")]
        complete.merge(environment) { $1 }
        var variables = complete.map { strdup("\($0.key)=\($0.value)") } + [nil]
        // posix_spawn cannot change the folder portably; the shell becomes the program.
        let line = directory.map { ["sh", "-c", "cd \"$0\" && exec \"$@\"", $0] } ?? []
        var words = (line + [program] + arguments).map { strdup($0) } + [nil]
        defer { for text in variables + words { free(text) } }
        var started = pid_t()
        let code = posix_spawnp(&started, line.first ?? program, &actions, nil, &words, &variables)
        guard code == 0 else {
            throw Failure("cannot start \(program): \(String(cString: strerror(code)))")
        }
        processID = started
    }

    deinit {
        kill(processID, SIGKILL)
        _ = wait()
    }

    /// Sends a signal; nothing once the process has been waited for.
    public func signal(_ number: Int32) {
        status.withLock { if $0 == nil { kill(processID, number) } }
    }

    /// The exit status, or 128 and the signal's number; nil while it runs.
    public var exitStatus: Int32? {
        status.withLock { status in
            if status == nil { status = Self.reap(processID, WNOHANG) }
            return status
        }
    }

    /// Waits for its end.
    @discardableResult
    public func wait() -> Int32 {
        while true {
            if let exitStatus { return exitStatus }
            // Waits without reaping, so that no lock is held meanwhile.
            var information = siginfo_t()
            waitid(P_PID, id_t(processID), &information, WEXITED | Int32(WNOWAIT))
        }
    }

    /// Runs a program to its end; its status and what it wrote to both outputs.
    public static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:],
        directory: String? = nil, input: [UInt8] = []
    ) throws -> (status: Int32, output: String, errors: String) {
        let folder = try TemporaryFolder()
        try folder.write(input, to: "input")
        let child = try ChildProcess(
            program, arguments, environment: environment, directory: directory,
            input: folder.path("input"), output: folder.path("output"),
            errors: folder.path("errors"))
        let status = child.wait()
        return (status, folder.text("output"), folder.text("errors"))
    }

    private static func reap(_ processID: pid_t, _ options: Int32) -> Int32? {
        var status: Int32 = 0
        guard waitpid(processID, &status, options) == processID else { return nil }
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }

    private static func variable(_ name: String) -> String {
        getenv(name).map { String(cString: $0) } ?? ""
    }
}
