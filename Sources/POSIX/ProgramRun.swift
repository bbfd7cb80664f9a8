import Glibc

/// One run of a program, without a shell: its output is bounded, and so is its time.
public enum ProgramRun {
    /// How a run ended.
    public enum Outcome: Sendable, Equatable {
        /// It ended by itself: exit status (128 and the signal's number for one that was killed)
        /// and what it wrote to standard output.
        case ended(status: Int32, output: [UInt8])
        /// It ran longer than allowed, or nobody waits any more, and was killed, with every
        /// process of its group.
        case timedOut
        /// It wrote more than allowed and was killed, with every process of its group.
        case tooMuchOutput
    }

    /// Runs `arguments[0]`, found by `PATH` unless it holds a slash, and waits for its end.
    ///
    /// Of this process's environment it gets the variables that `environment` names, nil for all.
    /// Standard input is empty, standard error is this process's, no signal is blocked, and the
    /// program leads a process group of its own. Blocks the
    /// calling thread until `deadline` (monotonic nanoseconds) at most, or until `isCancelled`,
    /// which is asked ten times a second. Throws when the program cannot be started.
    public static func run(
        _ arguments: [String], environment: [String]? = nil, outputBytesMax: Int,
        deadlineNanoseconds deadline: UInt64,
        isCancelled: () -> Bool = { false }
    ) throws(POSIXError) -> Outcome {
        var ends: [Int32] = [-1, -1]
        // A socket pair, because it is close-on-exec from the start: a program that another
        // thread starts at this moment does not keep the output open.
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .last("socketpair") }
        let (reading, writing) = (ends[0], ends[1])
        defer { close(reading) }
        let process: pid_t
        do {
            defer { close(writing) }
            process = try spawn(arguments, environment, output: writing)
        }
        var output: [UInt8] = []
        let cut = read(reading, outputBytesMax, deadline, isCancelled, into: &output)
        if let cut {
            kill(-process, SIGKILL)
            _ = wait(for: process)
            return cut
        }
        // The output is closed; a program may still go on, though not beyond the deadline.
        let pause = WakeSignal()
        while true {
            if let status = wait(for: process, options: WNOHANG) {
                return .ended(status: status, output: output)
            }
            guard MonotonicClock.now() < deadline, !isCancelled() else {
                kill(-process, SIGKILL)
                _ = wait(for: process)
                return .timedOut
            }
            pause.wait(untilNanoseconds: MonotonicClock.now() + 2_000_000)
        }
    }

    /// Reads to the end; returns why it stopped before.
    private static func read(
        _ descriptor: Int32, _ bytesMax: Int, _ deadline: UInt64, _ isCancelled: () -> Bool,
        into output: inout [UInt8]
    ) -> Outcome? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let now = MonotonicClock.now()
            guard now < deadline, !isCancelled() else { return .timedOut }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let left = min((deadline - now) / 1_000_000 + 1, 100)
            guard poll(&entry, 1, Int32(left)) > 0 else { continue }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 || (count < 0 && errno != EINTR) { return nil }
            output.append(contentsOf: buffer.prefix(max(0, count)))
            if output.count > bytesMax { return .tooMuchOutput }
        }
    }

    private static func spawn(
        _ arguments: [String], _ environment: [String]?, output: Int32
    ) throws(POSIXError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGPIPE, SIGXFSZ] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        var vector: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        vector.append(nil)
        defer { for text in vector { free(text) } }
        var variables: [UnsafeMutablePointer<CChar>?] = (environment ?? []).compactMap { name in
            getenv(name).flatMap { strdup("\(name)=\(String(cString: $0))") }
        }
        variables.append(nil)
        defer { for text in variables { free(text) } }
        let name = arguments.first ?? ""
        var process = pid_t()
        let code =
            environment == nil
            ? posix_spawnp(&process, name, &actions, &attributes, vector, environ)
            : posix_spawnp(&process, name, &actions, &attributes, vector, variables)
        guard code == 0 else {
            throw POSIXError(
                operation: "start \(name)", code: code, message: String(cString: strerror(code)))
        }
        return process
    }

    /// The exit status as a shell would say it, nil while the process runs.
    private static func wait(for process: pid_t, options: Int32 = 0) -> Int32? {
        var status: Int32 = 0
        while true {
            let ended = waitpid(process, &status, options)
            if ended == process { break }
            if ended == 0 { return nil }
            if errno != EINTR { return 127 }
        }
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }
}
