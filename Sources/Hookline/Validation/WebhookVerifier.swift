import OpenSSL
import TwilioSignature

/// Proves that a request is Twilio's, or says why not; the same for a request that just arrived,
/// one that waited for its token, and one from quarantine. Any thread.
struct WebhookVerifier: Sendable {
    let tokens: Tokens
    /// Parameters of a form; more are refused.
    let parametersMax: Int
    /// The spellings of a public URL with capitals, which are both tried; nil for any other.
    var spellings: OriginSpellings?
    /// For whom webhooks are; nil where there is one destination.
    var rules: DestinationRules?

    /// What became of a request.
    enum Verdict: Sendable {
        /// Twilio made it, with this token.
        case genuine(Webhook, MatchedToken)
        /// Nobody can tell before a source was asked for the account's tokens.
        case toFetch
        /// As `toFetch`, but the source failed a moment ago and is not asked now.
        case sourceFailing
        /// It is not to be taken.
        case refused(Rejection)
    }

    /// The token that a request was signed with.
    struct MatchedToken: Sendable {
        /// Its place among the account's tokens, from 0.
        var position: Int
        /// Nil unless it was asked for: a reference to it is counted by all loops in one place.
        var key: HMACKey?
    }

    /// Verifies with the tokens that are known now; `keepsKey` when the matched one is wanted.
    ///
    /// A request that does not say who signed it is tried against a bounded number of tokens;
    /// against all of them when it `isThorough`, which is not for an event loop.
    func verify(
        _ request: TwilioRequest, keepsKey: Bool = false, isThorough: Bool = false
    ) -> Verdict {
        let isSigner = request.content.isAccountSigner
        let lookup = tokens.lookup(
            request.account, request.scheme, isSigner: isSigner,
            keysMax: isThorough ? .max : TokenTable.keysOfAnySignerMax)
        let keys = lookup.keys
        // Sorted once: for the signature, and for what makes an inbound message this message.
        let suffix = request.content.signedParameters?.signedSuffix
        if let (position, origin) = match(request, suffix, keys) {
            // Ambiguous parameters are told from forged ones: only the genuine are kept.
            if request.content.parameters?.ambiguous != nil { return .refused(.ambiguousForm) }
            let key = keys[position]
            let place = isSigner ? position : tokens.owner(of: key.id)?.position ?? 0
            return .genuine(
                request.webhook(provedBy: key.id, origin: origin, suffix: suffix, rules: rules),
                MatchedToken(position: place, key: keepsKey ? key : nil))
        }
        switch lookup {
        case .known: return .refused(request.isReadable ? .invalidSignature : .unsupportedMediaType)
        case .unknown: return .refused(.unknownAccount)
        case .toFetch: return .toFetch
        case .sourceFailing: return .sourceFailing
        }
    }

    /// The key that matches, and the origin as it was written when that is what Twilio signed.
    private func match(
        _ request: TwilioRequest, _ suffix: [UInt8]?, _ keys: [HMACKey]
    ) -> (position: Int, writtenOrigin: [UInt8]?)? {
        guard !keys.isEmpty else { return nil }
        let origin = request.head[.origin]
        if let position = match(request, origin, suffix, keys) { return (position, nil) }
        guard let written = spellings?.asWritten(origin),
            let position = match(request, written[...], suffix, keys)
        else { return nil }
        return (position, written)
    }

    private func match(
        _ request: TwilioRequest, _ origin: ArraySlice<UInt8>, _ suffix: [UInt8]?,
        _ keys: [HMACKey]
    ) -> Int? {
        let verdict = WebhookSignature.verify(
            origin: origin, target: request.head[.target], body: request.body,
            suffix: suffix, isBodyless: request.content.isBodyless,
            signature: request.head[.signature],
            keys: keys)
        guard case .match(let match) = verdict else { return nil }
        return match.tokenPosition
    }
}
