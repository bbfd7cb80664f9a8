import MicroHTTP
import OpenSSL
import POSIX
import Prometheus
import Synchronization

/// One request on its way through validation and commit, and its one answer: decides it, times
/// it, counts it when it has left.
///
/// Whichever comes first wins: the commit's receipt, the fallback's, or the deadline's.
final class WebhookReply: WebhookReceipt, HTTPCompletionObserver {
    let exchange: HTTPExchange
    let route: RouteLabel
    let trace: TraceContext
    /// Nil when the request cannot be read.
    let request: TwilioRequest?
    /// Nil when the request is refused, or the cache is off.
    let cacheEntry: CacheEntry?
    private let context: ReplyContext
    private let requestID: [UInt8]
    /// Why it was refused; nil unless it was.
    private let rejection = Mutex<Rejection?>(nil)
    /// The entry's key for other machines: nil until a token has proved the request, and without
    /// a tier that machines share.
    private let shared = Mutex<[UInt8]?>(nil)
    private let validatedNanoseconds: Atomic<UInt64>
    private let receiptNanoseconds = Atomic<UInt64>(0)
    /// The outcome's position in `WebhookOutcome.allCases`; -1 while undecided.
    private let outcome = Atomic<Int>(-1)

    init(
        _ exchange: HTTPExchange, context: ReplyContext, route: RouteLabel,
        trace: TraceContext, request: TwilioRequest? = nil, cacheEntry: CacheEntry? = nil
    ) {
        self.exchange = exchange
        self.context = context
        self.route = route
        self.trace = trace
        self.request = request
        self.cacheEntry = cacheEntry
        requestID = context.requestIDs.next()
        validatedNanoseconds = Atomic(exchange.request.completedNanoseconds)
    }

    /// The key by which other machines know its validation, once a token has proved it.
    var sharedCacheKey: [UInt8]? {
        get { shared.withLock { $0 } }
        set { shared.withLock { $0 = newValue } }
    }

    func validated() { validatedNanoseconds.store(MonotonicClock.now(), ordering: .releasing) }

    func known() {
        enter(isShared: false)
        decide(.duplicate, silently: true)
    }

    func stored(in store: StoreName) {
        // The queue in Redis writes the shared entry itself.
        enter(isShared: store != .redis)
        decide(.accepted, silently: true)
    }

    func duplicate(in store: StoreName) {
        enter(isShared: store != .redis)
        decide(.duplicate, silently: true)
    }

    func taken() {
        enter(isShared: true)
        decide(.accepted)
    }

    /// Notes that the request was validated and is stored; `isShared` tells other machines.
    private func enter(isShared: Bool) {
        if let cacheEntry { context.cache.enter(cacheEntry) }
        if isShared, let tier = context.shared, let key = sharedCacheKey { tier.store(key: key) }
    }

    func deferred() { decide(.deferred, silently: true) }
    func unavailable(_ cause: UnavailableCause) {
        if decide(.unavailable) { context.unavailable.note(cause) }
    }

    /// The cache says that it was validated and stored.
    func cached() { decide(.duplicate) }

    /// Refuses the request.
    func refuse(_ rejection: Rejection) {
        self.rejection.withLock { $0 = rejection }
        var fields = identifyingFields
        if rejection == .methodNotAllowed { fields.append(HTTPField("Allow", "POST")) }
        decide(rejection.outcome, HTTPResponse(status: rejection.status, fields: fields))
    }

    /// What identifies the request in the log, and its span for a caller that traces
    /// (https://w3c.github.io/trace-context/#trace-context-http-response-headers-format).
    private var identifyingFields: [HTTPField] {
        let id = HTTPField("X-Request-Id", bytes: requestID)
        return trace.isCallers ? [id, HTTPField("traceresponse", bytes: trace.bytes)] : [id]
    }

    @discardableResult
    private func decide(_ outcome: WebhookOutcome, silently: Bool = false) -> Bool {
        if outcome == .unavailable {
            let fields = identifyingFields + [HTTPField("Retry-After", "1")]
            return decide(outcome, HTTPResponse(status: 503, fields: fields), silently: silently)
        }
        let id = HTTPField("X-Request-Id", bytes: requestID)
        let fields =
            trace.isCallers
            ? [id, ReplyContext.twiMLType, HTTPField("traceresponse", bytes: trace.bytes)]
            : [id, ReplyContext.twiMLType]
        return decide(
            outcome,
            HTTPResponse(status: 200, fields: fields, fixedBody: ReplyContext.emptyTwiML),
            silently: silently)
    }

    /// False when it was decided before.
    @discardableResult
    private func decide(
        _ outcome: WebhookOutcome, _ response: HTTPResponse, silently: Bool = false
    ) -> Bool {
        let index = WebhookOutcome.allCases.firstIndex(of: outcome) ?? 0
        let isFirst = self.outcome.compareExchange(
            expected: -1, desired: index, ordering: .acquiringAndReleasing
        ).exchanged
        guard isFirst else { return false }
        if outcome == .duplicate, let request {
            context.metrics.duplicates[request.kind].add(shard: exchange.loop)
        }
        receiptNanoseconds.store(MonotonicClock.now(), ordering: .releasing)
        var response = response
        response.provesClient = outcome == .accepted || outcome == .duplicate
        exchange.answer(response, observer: self, silently: silently)
        return true
    }

    func completed(_ completion: HTTPCompletion) {
        let decided = WebhookOutcome.allCases[max(0, outcome.load(ordering: .acquiring))]
        let timing = ReplyTiming(
            completion: completion,
            validatedNanoseconds: validatedNanoseconds.load(ordering: .acquiring),
            receiptNanoseconds: receiptNanoseconds.load(ordering: .acquiring))
        context.observe(
            timing, route: route, outcome: completion.aborted ? decided.withoutItsReply : decided,
            exemplar: trace.exemplar(unixMilliseconds: WallClock.tickMilliseconds()))
        let isRefused = decided == .refused || decided == .malformed
        context.log.writeSampled(.info, of: isRefused ? .refused : .taken) {
            // Nobody has proved who wrote what is refused: it names neither message nor people.
            let request = isRefused ? nil : request
            return LogLine(.info, "webhook").with("request_id", bytes: requestID)
                .with("trace_id", bytes: trace.traceID)
                .with("route", route.rawValue).with("outcome", decided.rawValue)
                .with("reason", rejection.withLock { $0 }?.reason ?? "")
                .with("status", completion.status)
                .with("duration_s", nanoseconds: timing.duration)
                .with("validation_s", nanoseconds: timing.validation)
                .with("acknowledgement_s", nanoseconds: timing.acknowledgement)
                .with("response_s", nanoseconds: timing.response)
                .with("receive_s", nanoseconds: timing.receive)
                .with("message_sid", bytes: request?.head[.messageSID] ?? [])
                .with("from", MaskedNumber.text(request?.content.parameters?[.from] ?? []))
                .with("to", MaskedNumber.text(request?.content.parameters?[.to] ?? []))
        }
        if timing.validation > context.budgets.validationNanoseconds {
            context.log.writeSampled(.warning) {
                LogLine(.warning, "validation took longer than its budget")
                    .with("request_id", bytes: requestID)
                    .with("validation_s", nanoseconds: timing.validation)
                    .with("budget_s", nanoseconds: context.budgets.validationNanoseconds)
            }
        }
    }
}

/// What every reply of one loop needs.
final class ReplyContext: Sendable {
    /// "No reply" in TwiML: nothing is sent to the person who wrote.
    static let emptyTwiML: StaticString =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>"

    static let twiMLType = HTTPField("Content-Type", "text/xml")

    let metrics: ReceiverMetrics
    let log: Log
    let requestIDs: RequestIDs
    let traces: TraceIDs
    let cache: ValidationCache
    /// The tier of the cache that machines share; nil without one.
    let shared: SharedValidationLookup?
    let budgets: Budgets
    /// Says that a head was too long.
    let longHeads: Notice
    /// Told of every webhook that is answered 503.
    let unavailable: UnavailableNotice

    init(
        metrics: ReceiverMetrics, log: Log, requestIDs: RequestIDs, traces: TraceIDs,
        cache: ValidationCache, shared: SharedValidationLookup? = nil, budgets: Budgets,
        unavailable: UnavailableNotice? = nil
    ) {
        self.unavailable = unavailable ?? UnavailableNotice(metrics: metrics, log: log)
        longHeads = .longHead(log)
        self.metrics = metrics
        self.log = log
        self.requestIDs = requestIDs
        self.traces = traces
        self.cache = cache
        self.shared = shared
        self.budgets = budgets
    }

    /// Observes one answered webhook on its loop's shard.
    ///
    /// `exemplar` leads from a bucket of the duration to one request's trace.
    func observe(
        _ timing: ReplyTiming, route: RouteLabel, outcome: WebhookOutcome,
        exemplar: Exemplar? = nil
    ) {
        let shard = timing.shard
        metrics.monitorCells.observe(timing, outcome: outcome)
        let duration = metrics.webhookDuration[route, outcome]
        if let exemplar {
            duration.observe(nanoseconds: timing.duration, shard: shard, exemplar: exemplar)
        } else {
            duration.observe(nanoseconds: timing.duration, shard: shard)
        }
        metrics.phaseDuration[.receive].observe(nanoseconds: timing.receive, shard: shard)
        metrics.phaseDuration[.validation].observe(nanoseconds: timing.validation, shard: shard)
        metrics.phaseDuration[.acknowledgement].observe(
            nanoseconds: timing.acknowledgement, shard: shard)
        metrics.phaseDuration[.response].observe(nanoseconds: timing.response, shard: shard)
        if outcome == .accepted || outcome == .duplicate || outcome == .deferred {
            metrics.receiptDuration.observe(nanoseconds: timing.receipt, shard: shard)
        }
        if timing.validation > budgets.validationNanoseconds {
            metrics.budgetExceeded[.validation].add(shard: shard)
        }
        if timing.receipt > budgets.acknowledgementNanoseconds {
            metrics.budgetExceeded[.acknowledgement].add(shard: shard)
        }
        if timing.duration > budgets.responseNanoseconds {
            metrics.budgetExceeded[.response].add(shard: shard)
        }
    }
}

/// How long validation, validation and commit together, and the answer may take.
struct Budgets: Sendable {
    let validationNanoseconds: UInt64
    let acknowledgementNanoseconds: UInt64
    let responseNanoseconds: UInt64
}

/// Makes request ids: unlike those of any other maker, rising. Any thread.
final class RequestIDs: Sendable {
    private let prefix = Hexadecimal.bytes(RandomBytes.make(6)) + [UInt8(ascii: "-")]
    private let count = Atomic<UInt64>(0)

    /// The next id, for example `9f3c01ab77e2-1a`.
    func next() -> [UInt8] {
        let number = count.add(1, ordering: .relaxed).newValue
        let digits = max(1, (64 - number.leadingZeroBitCount + 3) / 4)
        return [UInt8](room: prefix.count + digits) { id in
            for byte in prefix { id.append(byte) }
            for place in (0..<digits).reversed() {
                let digit = UInt8(truncatingIfNeeded: number >> UInt64(4 * place)) & 15
                id.append(digit &+ (digit < 10 ? 0x30 : 0x57))
            }
        }
    }
}
