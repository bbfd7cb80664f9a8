import OpenSSL
import POSIX
import Synchronization

/// Asks a token source for accounts, on threads of its own: each account by one thread at a
/// time, bounded in number, and what came is noted in `Tokens` before anybody is told.
final class TokenFetcher: Sendable {
    /// The bounds of fetching.
    struct Options: Sendable {
        /// Accounts that are asked for at once: one thread each.
        var concurrency: Int
        /// How long the source may take for one account.
        var timeoutNanoseconds: UInt64
        /// Accounts that wait for a thread and that the source did not know before; beyond it a
        /// request is as good as failed.
        var waitingMax = 4096
    }

    private struct State: Sendable {
        var waiting: AccountQueue
        var underWay: Set<[UInt8]> = []
        var isStopping = false
    }

    private let source: any TokenSource
    private let options: Options
    private let tokens: Tokens
    private let known: KnownAccounts
    private let metrics: ReceiverMetrics
    private let log: Log
    private let arrived: @Sendable (_ account: [UInt8]) -> Void
    private let state: Mutex<State>
    private let bells: [WakeSignal]
    private let threads = Mutex<[WorkerThread]>([])

    /// `arrived` is called on a fetching thread whenever an answer came, or a failure.
    init(
        source: any TokenSource, options: Options, tokens: Tokens, known: KnownAccounts,
        metrics: ReceiverMetrics, log: Log,
        arrived: @escaping @Sendable (_ account: [UInt8]) -> Void
    ) {
        self.source = source
        self.options = options
        self.tokens = tokens
        self.known = known
        self.metrics = metrics
        self.log = log
        self.arrived = arrived
        state = Mutex(
            State(
                waiting: AccountQueue(
                    unknownMax: options.waitingMax, knownMax: KnownAccounts.accountsMax)))
        bells = (0..<options.concurrency).map { _ in WakeSignal() }
    }

    /// Starts the threads, and asks for the accounts that were known before.
    func start() throws(POSIXError) {
        var started: [WorkerThread] = []
        for (index, bell) in bells.enumerated() {
            started.append(try WorkerThread.start(name: "tokens-\(index)") { self.run(bell) })
        }
        let running = started
        threads.withLock { $0 = running }
        for account in known.all { fetch(account) }
    }

    /// Asks for an account, unless it is being asked for; false when too many wait. Any thread.
    ///
    /// `network` is where the request came from that named it: accounts that nobody knows wait
    /// their turn with the others of their network.
    @discardableResult
    func fetch(_ account: [UInt8], from network: [UInt8] = []) -> Bool {
        let isKnown = known.contains(account)
        let isTaken = state.withLock { state in
            guard !state.isStopping else { return false }
            if state.underWay.contains(account) { return true }
            guard state.waiting.add(account, of: network, isKnown: isKnown) else {
                return false
            }
            state.underWay.insert(account)
            return true
        }
        if isTaken { for bell in bells { bell.ring() } }
        return isTaken
    }

    /// Ends the threads, and what the source is doing for them.
    func stop() {
        state.withLock { $0.isStopping = true }
        for bell in bells { bell.ring() }
        for thread in threads.withLock({ $0 }) { thread.join() }
        known.save()
    }

    private func run(_ bell: WakeSignal) {
        while true {
            let (next, isStopping) = state.withLock { state in
                (state.waiting.take(), state.isStopping)
            }
            if isStopping { return }
            guard let account = next else {
                known.save()
                bell.wait(untilNanoseconds: nil)
                continue
            }
            ask(for: account)
            state.withLock { _ = $0.underWay.remove(account) }
            arrived(account)
        }
    }

    private func ask(for account: [UInt8]) {
        let started = MonotonicClock.now()
        let result: TokenFetchResult
        do {
            let found = try source.tokens(
                of: account, deadlineNanoseconds: started + options.timeoutNanoseconds,
                isCancelled: { state.withLock { $0.isStopping } })
            tokens.note(FetchedTokens(found), of: account)
            known.note(account, isKnown: !found.isEmpty)
            result = found.isEmpty ? .unknown : .found
        } catch {
            tokens.note(nil, of: account)
            result = failed(error)
        }
        let shard = metrics.backgroundShard
        metrics.tokenFetches[result].add(shard: shard)
        metrics.tokenFetchDuration.observe(
            nanoseconds: MonotonicClock.now() - started, shard: shard)
    }

    private func failed(_ error: any Error) -> TokenFetchResult {
        metrics.errors[.tokenSource].add(shard: metrics.backgroundShard)
        let failure = error as? TokenSourceError
        log.writeSampled(.error) {
            LogLine(
                .error, "the token source failed; messages of accounts that it was asked for wait"
            )
            .with("error", failure?.sentence ?? "\(error)")
        }
        return failure?.reason == .timeout ? .timeout : .failed
    }
}
