import MicroHTTP
import POSIX

/// What becomes of a request that is refused: it is kept in quarantine, and why its signature
/// does not match is looked for; what that proves genuine is kept ahead of everything else. Any
/// thread; never blocks.
final class RefusalHandler: Sendable {
    private let quarantine: Quarantine
    private let explanations: ExplanationWorker
    private let clients: ClientAddress
    private let notice: RefusalNotice
    private let origins: OriginNotice

    init(
        _ quarantine: Quarantine, _ explanations: ExplanationWorker, _ clients: ClientAddress,
        _ notice: RefusalNotice, _ origins: OriginNotice
    ) {
        self.quarantine = quarantine
        self.explanations = explanations
        self.clients = clients
        self.notice = notice
        self.origins = origins
    }

    /// Starts explaining.
    func start() throws(POSIXError) { try explanations.start() }

    /// Ends explaining.
    func stop() { explanations.stop() }

    /// A request was refused as it came; one that is for no route is kept if it is signed.
    func refused(_ request: HTTPRequest, _ rejection: Rejection) {
        guard !rejection.isMisdirected || request.isSigned else { return }
        if case .noOrigin(let header) = rejection { origins.note(header) }
        if rejection == .malformedForm, request.isSigned { notice.tooManyParameters() }
        let refused = QuarantinedRequest(
            request, reason: QuarantineReason(rejection), source: clients.bytes(of: request))
        quarantine.offer(refused)
        if rejection.isExplained { explain(refused) }
    }

    /// A request was answered by the engine, before anything could be verified or kept.
    func refused(byEngine request: HTTPRefusedRequest) {
        guard request.reason == .bodyTooLarge,
            request.fields.count(of: "x-twilio-signature") > 0
        else { return }
        notice.tooLarge(bodyBytes: request.declaredBodyBytes)
    }

    /// A genuine request was refused: it is kept ahead of all others.
    func genuine(_ request: HTTPRequest, _ rejection: GenuineRejection, loop: Int) {
        let refused = QuarantinedRequest(
            request, reason: QuarantineReason(rejection.rejection),
            source: clients.bytes(of: request))
        // Where there is no room for it now it waits like others, and the proof with it.
        if !quarantine.prove(refused, hint: rejection.rawValue) { quarantine.offer(refused) }
        notice.refused(request, rejection, loop: loop)
    }

    /// A request was answered 503, because nobody could verify it in time.
    func late(_ request: HTTPRequest) {
        quarantine.offer(
            QuarantinedRequest(
                request, reason: .unverified, source: clients.bytes(of: request)))
    }

    /// A request that was stored unverified is not genuine; who gets this keeps it.
    func provedFalse(
        _ request: HTTPRequest, _ reason: QuarantineReason, receivedMilliseconds: Int64
    ) -> QuarantinedRequest {
        let refused = QuarantinedRequest(
            request, reason: reason, source: clients.bytes(of: request),
            receivedMilliseconds: receivedMilliseconds)
        if reason == .unverifiedFalse { explain(refused) }
        return refused
    }

    private func explain(_ refused: QuarantinedRequest) {
        let quarantine = quarantine
        explanations.explain(
            RefusedRequest(captured: CapturedRequest(refused.request), source: refused.source)
        ) { outcome in
            guard case .explained(let explanation) = outcome, explanation.proof != nil else {
                return
            }
            quarantine.prove(refused, hint: explanation.hint.rawValue)
        }
    }
}
