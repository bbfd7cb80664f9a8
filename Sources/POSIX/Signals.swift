import Glibc

/// The signals that the process waits for in one place.
public enum ProcessSignal: Sendable {
    /// SIGTERM or SIGINT: stop gracefully; a second one: stop at once.
    case stop
    /// SIGHUP: read again what can be read again.
    case reload
}

/// Blocks and awaits signals.
public enum Signals {
    /// Blocks the signals that `wait` returns in this thread and in every thread started later,
    /// and ignores SIGPIPE and SIGXFSZ. Call it first, on the main thread.
    public static func block() {
        var set = waited()
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Waits for the next signal.
    public static func wait() -> ProcessSignal {
        var set = waited()
        var number: Int32 = 0
        while true {
            guard sigwait(&set, &number) == 0 else { continue }
            return number == SIGHUP ? .reload : .stop
        }
    }

    /// Sends this process SIGTERM, so that it stops as if it had been asked to. Any thread.
    public static func requestStop() {
        kill(getpid(), SIGTERM)
    }

    private static func waited() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, number) }
        return set
    }
}
