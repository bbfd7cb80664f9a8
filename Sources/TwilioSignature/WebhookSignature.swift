import OpenSSL
import POSIX

/// What Twilio signed, as it was received.
public struct SignedRequest: Sendable {
    /// The origin that Twilio called, with a base path if a proxy strips one.
    public var origin: ArraySlice<UInt8>
    /// The raw request target.
    public var target: ArraySlice<UInt8>
    /// The body as received.
    public var body: [UInt8]
    /// What is appended to the URL; nil when `bodySHA256` has to cover the body.
    public var parameters: FormParameters?
    /// A GET without a body, for which `bodySHA256` says nothing.
    public var isBodyless = false
    /// The value of `X-Twilio-Signature`.
    public var signature: ArraySlice<UInt8>

    /// A request from its parts.
    public init(
        origin: ArraySlice<UInt8>, target: ArraySlice<UInt8>, body: [UInt8],
        parameters: FormParameters?, isBodyless: Bool = false, signature: ArraySlice<UInt8>
    ) {
        self.origin = origin
        self.target = target
        self.body = body
        self.parameters = parameters
        self.isBodyless = isBodyless
        self.signature = signature
    }
}

/// Which key and which form of the URL gave the signature.
public struct SignatureMatch: Sendable, Equatable {
    /// The key's position among those that were tried.
    public var tokenPosition: Int
    /// The form of the URL.
    public var candidate: SignedURL.Candidate

    /// A match from its parts.
    public init(tokenPosition: Int, candidate: SignedURL.Candidate) {
        self.tokenPosition = tokenPosition
        self.candidate = candidate
    }
}

/// What verification says.
public enum SignatureVerdict: Sendable, Equatable {
    /// Twilio, or somebody who has the token, made this request.
    case match(SignatureMatch)
    /// No key and no form of the URL gives this signature.
    case mismatch
    /// `bodySHA256` is not the body's, or is missing where it is needed.
    case bodyMismatch
}

/// A key that requests are signed with: an Auth Token, or a SharedKey with its algorithm.
public typealias SigningKey = HMACKey

/// Twilio's signature of webhooks: Base64 of HMAC-SHA1 over URL and sorted form parameters
/// (https://www.twilio.com/docs/usage/security#validating-requests).
///
/// Everything is bytes: `String` compares by canonical equivalence, which is another order and
/// another equality. What differs from Twilio's own libraries on purpose: docs/signature.md.
public enum WebhookSignature {
    /// Tries every key with every form of the URL, without an early exit; the header is compared
    /// as text, never decoded, so that only the canonical Base64 matches. Any thread.
    public static func verify(_ request: SignedRequest, keys: [HMACKey]) -> SignatureVerdict {
        verify(
            origin: request.origin, target: request.target, body: request.body,
            suffix: request.parameters?.signedSuffix, isBodyless: request.isBodyless,
            signature: request.signature, keys: keys)
    }

    /// The same for parts that are not one value; `suffix` is the `signedSuffix` of the parameters.
    package static func verify(
        origin: ArraySlice<UInt8>, target: ArraySlice<UInt8>, body: [UInt8],
        suffix: [UInt8]?, isBodyless: Bool = false, signature: ArraySlice<UInt8>,
        keys: [HMACKey]
    ) -> SignatureVerdict {
        guard isBodyless || isCovered(body, target, hasSuffix: suffix != nil) else {
            return .bodyMismatch
        }
        let suffix = suffix ?? []
        let url = SignedURL(origin: origin.span, target: target.span)
        var match = position(of: signature, url.received, suffix, keys)
            .map { SignatureMatch(tokenPosition: $0, candidate: .received) }
        if let other = url.other {
            let position = position(of: signature, other.url, suffix, keys)
            if let position, match == nil {
                match = SignatureMatch(tokenPosition: position, candidate: other.form)
            }
        }
        return match.map { .match($0) } ?? .mismatch
    }

    /// The first key that gives this signature; every key is tried.
    private static func position(
        of signature: ArraySlice<UInt8>, _ url: [UInt8], _ suffix: [UInt8], _ keys: [HMACKey]
    ) -> Int? {
        var found: Int?
        for position in keys.indices {
            let isCode = keys[position].matches(url, suffix, base64: signature)
            if isCode, found == nil { found = position }
        }
        return found
    }

    /// The signature of a URL and of the parameters of a form, as Twilio would make it.
    public static func sign(url: [UInt8], parameters: FormParameters?, key: HMACKey) -> [UInt8] {
        Base64.encode(key.code(of: url + (parameters?.signedSuffix ?? [])))
    }

    /// The value of `bodySHA256` for a body: lower-case hexadecimal.
    public static func bodyDigest(_ body: [UInt8]) -> [UInt8] {
        Hexadecimal.bytes(SHA256.digest(body))
    }

    /// Every `bodySHA256` must be the body's, and a body that is not a form must have one: else
    /// nothing that is signed would cover it.
    private static func isCovered(
        _ body: [UInt8], _ target: ArraySlice<UInt8>, hasSuffix: Bool
    ) -> Bool {
        let claimed = SignedURL.queryValues(of: target, named: "bodySHA256")
        guard !claimed.isEmpty else { return hasSuffix }
        let digest = bodyDigest(body)
        return claimed.allSatisfy { ConstantTime.equal(digest, $0) }
    }
}
