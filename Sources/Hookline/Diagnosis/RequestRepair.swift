import MicroHTTP
import POSIX
import TwilioSignature

/// Finds the request that Twilio signed behind one that arrived damaged: a release from
/// quarantine then gives the application what Twilio sent. Any thread.
///
/// Only the keys that verification tries count, and under `--public-url` only its origin: what
/// was signed for another account, or for another host, is nobody's damage.
final class RequestRepair: Sendable {
    /// A request as Twilio signed it, with its origin and base path.
    struct Mended: Sendable {
        let request: HTTPRequest
        let origin: [UInt8]
    }

    private let explainer: MismatchExplainer
    private let tokens: Tokens
    private let isOriginConfigured: Bool
    private let known: KnownMistakes

    /// `known` is what was found for other requests, by whomever.
    init(
        _ configuration: Configuration, _ tokens: Tokens, known: KnownMistakes = KnownMistakes()
    ) {
        self.known = known
        explainer = MismatchExplainer(configuration)
        self.tokens = tokens
        isOriginConfigured = configuration.publicURL != nil
    }

    /// The request that Twilio signed; nil when the signature proves none.
    ///
    /// What mended another request is tried first, which costs a few HMACs; the whole search
    /// (2,048 of them at most, some milliseconds) is made only if it `isThorough`.
    func mend(_ request: HTTPRequest, isThorough: Bool) -> Mended? {
        let captured = CapturedRequest(request)
        let keys = CandidateKeys(own: explainer.ownKeys(of: captured, in: tokens).lookup.keys)
        guard !keys.own.isEmpty else { return nil }
        var found = explainer.explain(
            captured, keys: keys, by: known.changes().filter(isDamage))
        if found == nil, isThorough { found = explainer.explain(captured, keys: keys) }
        guard let proof = found?.proof, let change = found?.change, isDamage(change)
        else { return nil }
        known.note(change)
        return Mended(request: Self.request(request, proof), origin: proof.origin)
    }

    /// Whether a change undoes a damage, and makes no other request of it.
    private func isDamage(_ change: MismatchChange) -> Bool {
        change.owner == .own && (!isOriginConfigured || change.origin == nil)
    }

    /// What arrived, with target, body and kind of body as they are proven.
    private static func request(_ arrived: HTTPRequest, _ proof: SignatureProof) -> HTTPRequest {
        var mended = arrived
        mended.target = proof.target
        mended.body = proof.body
        // Twilio sends POST, or GET without a body; whatever else arrived is somebody else's doing.
        let isGet = [.get, .head].contains(arrived.method) && proof.body.isEmpty
        mended.method = isGet ? .get : .post
        let type = MediaType(arrived.fields.first("content-type"))
        guard proof.isForm != type.isForm else { return mended }
        mended.fields = HTTPFields()
        mended.fields.append(
            name: "Content-Type".utf8,
            value: (proof.isForm ? "application/x-www-form-urlencoded" : "application/json").utf8)
        for index in 0..<arrived.fields.count {
            let name = arrived.fields.name(at: index)
            if !name.map(ASCII.lowercased).elementsEqual("content-type".utf8) {
                mended.fields.append(name: name, value: arrived.fields.value(at: index))
            }
        }
        return mended
    }
}
