import POSIX
import Synchronization
import TwilioSignature

/// Explains refused requests on a thread of its own, off the path of requests, in slices
/// with rests between them, so that no request waits for a core.
///
/// A full search costs up to 2,048 HMACs, so at most `searchesPerSecond` are made. What a search
/// found is remembered for a while, and every later request is first tried against that, which
/// costs a few HMACs: so a mistake in the configuration, once it is understood, explains every
/// genuine request, however many forged ones come with them.
final class ExplanationWorker: Sendable {
    /// The bounds of explaining.
    struct Options: Sendable {
        /// Searches of a second; 0 explains nothing.
        var searchesPerSecond: Int
        /// Requests that may wait to be looked at, and their bytes.
        var waitingMax = 512
        var waitingBytesMax = 1 << 20
        /// Requests that may wait to be searched, and how many of them from one source.
        var searchesWaitingMax = 32
        var searchesWaitingOfSourceMax = 4
        var searchesWaitingBytesMax = 1 << 20
        /// After a look at what waits the next one is so much later at the earliest: at most a
        /// hundred times a second a flood wakes the thread.
        var gatherNanoseconds: UInt64 = 10_000_000
    }

    /// What it works with.
    struct Parts: Sendable {
        let explainer: MismatchExplainer
        let tokens: Tokens
        let metrics: ReceiverMetrics
        let log: Log
        /// What explained other requests.
        var known = KnownMistakes()
    }

    private let options: Options
    private let parts: Parts
    private let inbox: ExplanationInbox
    private let thread = OwnedThread()

    init(_ options: Options, _ parts: Parts) {
        self.options = options
        self.parts = parts
        inbox = ExplanationInbox(
            entriesMax: options.waitingMax, bytesMax: options.waitingBytesMax)
    }

    /// Starts the thread.
    func start() throws(POSIXError) {
        try thread.start(name: "explanations") { self.run() }
    }

    /// Explains a request that was refused for its signature. Any thread; never blocks.
    ///
    /// `completion` is called exactly once: on this thread when there is no room, else on the
    /// explaining thread.
    func explain(
        _ refused: RefusedRequest, completion: @escaping @Sendable (ExplanationOutcome) -> Void
    ) {
        let entry = ExplanationInbox.Entry(refused: refused, completion: completion)
        guard options.searchesPerSecond > 0, inbox.add(entry) else { return drop(entry) }
    }

    /// Ends the thread; what waits is dropped.
    func stop() {
        inbox.stop()
        thread.join()
    }

    private func drop(_ entry: ExplanationInbox.Entry) {
        parts.metrics.explanationsDropped.add(shard: parts.metrics.backgroundShard)
        entry.completion(.dropped)
    }

    private func run() {
        let interval = 1_000_000_000 / UInt64(max(1, options.searchesPerSecond))
        var search = RememberingSearch(parts)
        var lines = MismatchLog(parts.log)
        var searches: [ExplanationInbox.Entry] = []
        var nextSearch: UInt64 = 0
        var pace = RestingPace()
        while true {
            let (entries, isLast) = inbox.take(
                untilNanoseconds: searches.isEmpty ? nil : nextSearch)
            for entry in entries {
                pace.step()
                if let explanation = search.remembered(entry.refused.captured) {
                    finish(entry, explanation, &lines)
                } else if isLast || !hasRoom(searches, entry) {
                    drop(entry)
                } else {
                    searches.append(entry)
                }
            }
            if isLast { return searches.forEach(drop) }
            let now = MonotonicClock.now()
            guard !searches.isEmpty, now >= nextSearch else {
                let next = searches.isEmpty ? .max : nextSearch
                inbox.gather(untilNanoseconds: min(next, now + options.gatherNanoseconds))
                continue
            }
            nextSearch = now + interval
            let entry = searches.removeFirst()
            let explanation = search.search(entry.refused.captured)
            finish(entry, explanation, &lines)
            if explanation.change != nil { finishKnown(&searches, &search, &lines) }
        }
    }

    /// Something new is known: it may explain what waits too.
    private func finishKnown(
        _ searches: inout [ExplanationInbox.Entry], _ search: inout RememberingSearch,
        _ lines: inout MismatchLog
    ) {
        var left: [ExplanationInbox.Entry] = []
        for entry in searches {
            if let explanation = search.remembered(entry.refused.captured) {
                finish(entry, explanation, &lines)
            } else {
                left.append(entry)
            }
        }
        searches = left
    }

    private func finish(
        _ entry: ExplanationInbox.Entry, _ explanation: MismatchExplanation,
        _ lines: inout MismatchLog
    ) {
        parts.metrics.signatureMismatches[explanation.hint].add(
            shard: parts.metrics.backgroundShard)
        lines.write(explanation)
        entry.completion(.explained(explanation))
    }

    private func hasRoom(
        _ searches: [ExplanationInbox.Entry], _ entry: ExplanationInbox.Entry
    ) -> Bool {
        let ofSource = searches.count { $0.refused.source == entry.refused.source }
        let bytes = searches.reduce(entry.refused.bytes) { $0 + $1.refused.bytes }
        return searches.count < options.searchesWaitingMax
            && ofSource < options.searchesWaitingOfSourceMax
            && bytes <= options.searchesWaitingBytesMax
    }
}

/// Explains by what is known already or by a search, with the keys that are tried. The explaining
/// thread.
private struct RememberingSearch {
    private static let ringNanoseconds: UInt64 = 10_000_000_000

    private let parts: ExplanationWorker.Parts
    private var ring: KeyRing
    private var ringEpoch: UInt64
    private var ringMade: UInt64

    init(_ parts: ExplanationWorker.Parts) {
        self.parts = parts
        ringEpoch = parts.tokens.epoch
        ringMade = MonotonicClock.now()
        ring = KeyRing(parts.tokens)
    }

    /// The explanation by something that is known already; nil when none fits.
    mutating func remembered(_ captured: CapturedRequest) -> MismatchExplanation? {
        let changes = parts.known.changes()
        guard !changes.isEmpty else { return nil }
        let explanation = parts.explainer.explain(captured, keys: keys(captured), by: changes)
        if let change = explanation?.change { parts.known.note(change) }
        return explanation
    }

    /// The explanation by a search, which is remembered when it found something.
    mutating func search(_ captured: CapturedRequest) -> MismatchExplanation {
        let explanation = parts.explainer.explain(captured, keys: keys(captured))
        if let change = explanation.change, change != MismatchChange() { parts.known.note(change) }
        return explanation
    }

    private mutating func keys(_ captured: CapturedRequest) -> CandidateKeys {
        let now = MonotonicClock.now()
        let epoch = parts.tokens.epoch
        if epoch != ringEpoch || now - ringMade > Self.ringNanoseconds {
            ring = KeyRing(parts.tokens)
            ringEpoch = epoch
            ringMade = now
        }
        let own = parts.explainer.ownKeys(of: captured, in: parts.tokens)
        return ring.candidates(
            own: own.lookup.keys, account: own.account,
            scheme: SigningScheme(captured.request.fields))
    }
}

/// One line a minute for each explanation, with how often it applied. The explaining thread.
private struct MismatchLog {
    private static let sentencesMax = 16
    private static let intervalNanoseconds: UInt64 = 60_000_000_000

    private let log: Log
    private var written: [(sentence: String, at: UInt64, since: Int)] = []

    init(_ log: Log) {
        self.log = log
    }

    mutating func write(_ explanation: MismatchExplanation) {
        let now = MonotonicClock.now()
        var requests = 1
        if let index = written.firstIndex(where: { $0.sentence == explanation.sentence }) {
            if now - written[index].at < Self.intervalNanoseconds {
                written[index].since += 1
                return
            }
            requests += written.remove(at: index).since
        }
        written.append((explanation.sentence, now, 0))
        if written.count > Self.sentencesMax { written.removeFirst() }
        log.write(
            LogLine(.warning, "signature mismatch").with("hint", explanation.hint.rawValue)
                .with("explanation", explanation.sentence).with("requests", requests))
    }
}
