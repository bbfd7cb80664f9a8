import POSIX
import Synchronization

/// Reads the tokens file again when it changes and on SIGHUP. A file that cannot be used leaves
/// the tokens in force as they are, says so loudly and is tried again.
final class TokenReloader: Sendable {
    private struct State: Sendable {
        var isAsked = false
        var isStopping = false
    }

    private let loader: TokenLoader
    private let path: String?
    private let tokens: Tokens
    private let metrics: ReceiverMetrics
    private let log: Log
    private let state = Mutex(State())
    private let bell = WakeSignal()
    private let thread = OwnedThread()

    /// The tokens now in force are those of `loader`.
    init(
        _ configuration: Configuration, _ loader: TokenLoader, _ tokens: Tokens,
        _ metrics: ReceiverMetrics, _ log: Log
    ) {
        self.loader = loader
        path = configuration.tokensFile
        self.tokens = tokens
        self.metrics = metrics
        self.log = log
        note(isGood: true)
    }

    /// Starts watching; without a tokens file there is nothing to watch.
    func start() throws(POSIXError) {
        guard let path else { return }
        try thread.start(name: "tokens-file") { self.run(path) }
    }

    /// Reads the file now. Any thread.
    func reload() {
        guard path != nil else {
            return log.write(LogLine(.info, "SIGHUP: there is no tokens file to read again"))
        }
        state.withLock { $0.isAsked = true }
        bell.ring()
    }

    /// Ends the thread.
    func stop() {
        state.withLock { $0.isStopping = true }
        bell.ring()
        thread.join()
    }

    /// Looks once a second: a change by renaming, which is how files are replaced safely, and how
    /// secrets are mounted, is seen by the inode.
    private func run(_ path: String) {
        var seen = FileStamp(path)
        while true {
            bell.wait(untilNanoseconds: MonotonicClock.now() + 1_000_000_000)
            let state = state.withLock { state in
                defer { state.isAsked = false }
                return state
            }
            if state.isStopping { return }
            let stamp = FileStamp(path)
            guard state.isAsked || stamp != seen else { continue }
            // A file that is being written is seen to change again, and is read again.
            seen = stamp
            read()
        }
    }

    private func read() {
        do throws(StartupError) {
            tokens.replace(try loader.load())
            note(isGood: true)
            log.write(LogLine(.info, "the tokens file was read again"))
        } catch {
            note(isGood: false)
            metrics.errors[.configuration].add(shard: metrics.backgroundShard)
            log.write(
                LogLine(
                    .error, "the tokens file cannot be used; the tokens read before stay in force"
                ).with("error", "\(error)"))
        }
    }

    private func note(isGood: Bool) {
        metrics.tokensReloadSuccessful.set(isGood ? 1 : 0)
        if isGood {
            metrics.tokensReloadTimestamp.set(Double(WallClock.nowMilliseconds()) / 1000)
        }
    }
}
