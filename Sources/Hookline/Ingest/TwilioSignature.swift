import OpenSSL
import POSIX

/// What Twilio signed, as it was received.
struct SignedRequest: Sendable {
    /// The origin that Twilio called, with a base path if a proxy strips one.
    var origin: ArraySlice<UInt8>
    /// The raw request target.
    var target: ArraySlice<UInt8>
    /// The body as received.
    var body: [UInt8]
    /// The body's parameters; nil when the body is not a form.
    var parameters: FormParameters?
    /// The value of `X-Twilio-Signature`.
    var signature: ArraySlice<UInt8>

    /// Origin and target.
    var url: [UInt8] {
        var url: [UInt8] = []
        url.reserveCapacity(origin.count + target.count)
        url.append(copying: origin.span)
        url.append(copying: target.span)
        return url
    }
}

/// Which key and which form of the URL gave the signature.
struct SignatureMatch: Sendable, Equatable {
    /// The key's position among those that were tried.
    var tokenPosition: Int
    /// The form of the URL.
    var candidate: SignedURL.Candidate
}

/// What verification says.
enum SignatureVerdict: Sendable, Equatable {
    /// Twilio, or somebody who has the token, made this request.
    case match(SignatureMatch)
    /// No key and no form of the URL gives this signature.
    case mismatch
    /// `bodySHA256` is not the body's, or is missing where it is needed.
    case bodyMismatch
}

/// Twilio's signature of webhooks: Base64 of HMAC-SHA1 over URL and sorted form parameters
/// (https://www.twilio.com/docs/usage/security#validating-requests).
///
/// Everything is bytes: `String` compares by canonical equivalence, which is another order and
/// another equality. What differs from Twilio's own libraries on purpose: docs/signature.md.
enum TwilioSignature {
    /// Tries every key with every form of the URL, without an early exit; the header is compared
    /// as text, never decoded, so that only the canonical Base64 matches. Any thread.
    static func verify(_ request: SignedRequest, keys: [HMACKey]) -> SignatureVerdict {
        guard bodyIsCovered(request) else { return .bodyMismatch }
        let suffix = request.parameters?.signedSuffix ?? []
        let url = SignedURL(request.url)
        var match: SignatureMatch?
        for (form, bytes) in url.candidates {
            for position in keys.indices {
                let isCode = keys[position].matches(bytes, suffix, base64: request.signature)
                if isCode, match == nil {
                    match = SignatureMatch(tokenPosition: position, candidate: form)
                }
            }
        }
        return match.map { .match($0) } ?? .mismatch
    }

    /// The signature of a URL and of the parameters of a form, as Twilio would make it.
    static func sign(url: [UInt8], parameters: FormParameters?, key: HMACKey) -> [UInt8] {
        Base64.encode(key.code(of: url + (parameters?.signedSuffix ?? [])))
    }

    /// The value of `bodySHA256` for a body: lower-case hexadecimal.
    static func bodyDigest(_ body: [UInt8]) -> [UInt8] {
        Hexadecimal.bytes(SHA256.digest(body))
    }

    /// Every `bodySHA256` must be the body's, and a body that is not a form must have one: else
    /// nothing that is signed would cover it.
    private static func bodyIsCovered(_ request: SignedRequest) -> Bool {
        let claimed = SignedURL.queryValues(of: request.target, named: "bodySHA256")
        guard !claimed.isEmpty else { return request.parameters != nil }
        let digest = bodyDigest(request.body)
        return claimed.allSatisfy { ConstantTime.equal(digest, $0) }
    }
}
