import OpenSSL
import POSIX

@testable import Hookline
@testable import MicroHTTP

/// A webhook endpoint without sockets: requests are handed to it as a loop does, and the answers
/// are taken from the loop's mailbox. The store's thread does not run, the test commits; the time
/// is told.
final class EndpointBench {
    let below: FallbackBench
    let tokens: Tokens
    let waits = TokenWait(waitingMax: 2)
    let quarantine: Quarantine
    let endpoint: WebhookEndpoint
    private let mailbox: Mailbox
    private let cache = ValidationCache(entriesMax: 100, liveNanoseconds: .max / 2)
    private var exchanges: Int32 = 0

    /// With a source of tokens that never answers, when `hasSource`.
    init(policy: SignatureTimeoutPolicy = .reject, hasSource: Bool = false) throws {
        below = try FallbackBench()
        mailbox = try Mailbox()
        let metrics = below.metrics
        let log = Log(format: .json, level: .critical)
        var configuration = Configuration.serving
        configuration.signatureTimeoutPolicy = policy
        var table = TokenTable()
        if !hasSource { table.anyAccount = [HMACKey(Array("12345".utf8))] }
        tokens = Tokens(table, hasSource: hasSource)
        quarantine = Refused.quarantine(metrics: metrics)
        let health = Health()
        let refusals = RefusalHandler(
            quarantine,
            ExplanationWorker(
                ExplanationWorker.Options(searchesPerSecond: 0),
                ExplanationWorker.Parts(
                    explainer: MismatchExplainer(configuration, pace: RestingPace()),
                    tokens: tokens, metrics: metrics, log: log)),
            ClientAddress(trustedProxies: []), RefusalNotice(metrics: metrics, log: log),
            OriginNotice(configuration, log: log))
        endpoint = WebhookEndpoint(
            WebhookEndpoint.Options(configuration),
            WebhookEndpoint.Parts(
                verifier: WebhookVerifier(
                    tokens: tokens, parametersMax: configuration.parametersMax),
                waits: waits, fetcher: nil, fallback: below.fallback, shared: nil,
                refusals: refusals, clients: ClientAddress(trustedProxies: []),
                known: KnownAccounts(path: below.folder.path("known"), log: log),
                voiceHangup: .voiceHangup(metrics, log),
                loops: LoopNotice(InstallationMarks(), log: log),
                operations: OpsEndpoint(
                    metrics: MetricsEndpoint(configuration, metrics, log), health: health,
                    status: StatusEndpoint(
                        registry: metrics.registry,
                        monitor: Monitor(
                            Monitor.Options(configuration), metrics: metrics, log: log),
                        health: health),
                    hosts: OpsHosts(configuration), log: log)),
            contexts: [
                ReplyContext(
                    metrics: metrics, log: log, requestIDs: RequestIDs(), traces: TraceIDs(),
                    cache: cache, budgets: Budgets(configuration))
            ])
    }

    /// Hands a request over that was complete at `FallbackBench.received`.
    func receive(_ request: HTTPRequest) {
        var request = request
        request.startedNanoseconds = FallbackBench.received
        request.completedNanoseconds = FallbackBench.received
        endpoint.receive(
            HTTPExchange(
                request: request, loop: 0, slot: exchanges, generation: 0, mailbox: mailbox))
        exchanges += 1
    }

    /// The loop's turn ends; returns what the store got with it.
    @discardableResult func endTurn() -> [PendingWebhook] {
        let before = committing.count
        endpoint.turnEnded(loop: 0)
        return Array(committing.dropFirst(before))
    }

    /// What waits for the store's thread.
    var committing: [PendingWebhook] { below.store.inbox.withLock { $0.appends } }

    /// The store commits everything that waits.
    func commit() {
        let batch = below.store.inbox.withLock { inbox in
            defer { inbox.appends = [] }
            return inbox.appends
        }
        for (id, pending) in batch.enumerated() where pending.committed(id: Int64(id)) == .inTime {
            pending.receipt.stored(in: .sqlite)
        }
    }

    /// The answers since the last look: status and fields.
    func answers() -> [(status: UInt16, fields: [String])] {
        var taken: [Mailbox.Answer] = []
        mailbox.take(&taken)
        return taken.map { answer in
            (answer.response.status, answer.response.fields.map { "\($0.name)" })
        }
    }

    /// Requests that wait in quarantine.
    var quarantined: Int { quarantine.withInbox { $0.isEmpty ? 0 : 1 } }

    /// A counter of the metrics.
    func count(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        below.count(name, labels)
    }
}
