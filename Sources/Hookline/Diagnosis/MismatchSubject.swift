import MicroHTTP
import TwilioSignature

/// One request as the search sees it: what arrived, taken apart.
struct MismatchSubject: Sendable {
    let origins: OriginChange.Sources
    let bases: BasePath.Sources
    /// The target as it arrived.
    let target: [UInt8]
    /// The body as it arrived.
    let content: SignedContent
    /// True for a GET without a body, for which `bodySHA256` says nothing.
    let isBodyless: Bool
    /// True for a request that Twilio sends as a POST, if at all, and that is none.
    let isMethodChanged: Bool
    /// More parameters of a form are refused.
    let parametersMax: Int

    /// Takes a request apart; nil when its form has too many parameters.
    ///
    /// `used` is origin and base path as verification used them, nil when it found none.
    init?(_ request: HTTPRequest, used: [UInt8]?, _ options: MismatchExplainer.Options) {
        // A GET's parameters stand in its URL: it is signed like a form without any.
        isBodyless = request.method == .get && request.body.isEmpty
        isMethodChanged = request.method != .post && !isBodyless
        let isForm = isBodyless || MediaType(request.fields.first("content-type")).isForm
        guard
            let content = SignedContent(
                request.body, isForm: isForm, parametersMax: options.parametersMax)
        else { return nil }
        let evidence = ForwardingEvidence(request.fields)
        var usedBase: [UInt8] = []
        var publicBase: [UInt8] = []
        let usedOrigin = used.flatMap { SignedOrigin($0, rest: &usedBase) }
        let publicOrigin = options.publicURL.flatMap { SignedOrigin($0, rest: &publicBase) }
        let writtenOrigin = options.publicURLAsWritten.flatMap {
            SignedOrigin($0, rest: &publicBase)
        }
        origins = OriginChange.Sources(
            used: usedOrigin, publicURL: publicOrigin, publicURLAsWritten: writtenOrigin,
            evidence: evidence)
        bases = BasePath.Sources(
            used: usedBase, publicURL: publicBase, evidence: evidence, path: Array(request.path),
            routes: options.routes)
        target = request.target
        self.content = content
        parametersMax = options.parametersMax
    }

    /// The target with a change; nil when the change changes nothing.
    func target(changed change: TargetChange) -> [UInt8]? {
        change.applied(to: target, evidence: origins.evidence) {
            WebhookSignature.bodyDigest(content.body)
        }
    }

    /// Every changed target that is worth a try, each once.
    var changedTargets: [(change: TargetChange, target: [UInt8])] {
        var seen: Set<[UInt8]> = [target]
        return TargetChange.all(isForm: content.isForm).compactMap { change in
            guard let changed = target(changed: change), seen.insert(changed).inserted else {
                return nil
            }
            return (change, changed)
        }
    }

    /// The changes of the body that are worth a try.
    var bodyChanges: [BodyChange] {
        content.isForm ? BodyChange.all(parameters: content.parameterCount) : [.otherMediaType]
    }

    /// The body with a change; nil when the change changes nothing that is signed.
    func content(changed change: BodyChange) -> SignedContent? {
        change == .none ? content : content.changed(change, parametersMax: parametersMax)
    }
}
