import Hookline
import OpenSSL

/// Who signs what `hookline bench` sends.
struct BenchSigners: Sendable {
    /// For the URL that was given.
    let given: TestRequestSigner
    /// For the same URL with the other of the two WhatsApp paths; nil when it has neither.
    let other: TestRequestSigner?
    /// For the URL that was given, with a token that nobody has.
    let forger: TestRequestSigner

    /// Signs with the token that `tokens` finds.
    init(_ options: BenchOptions, tokens: TestTokenSource) throws(BenchError) {
        let token: Secret
        do {
            token = try tokens.token()
        } catch {
            throw .setUp(error)
        }
        let key = HMACKey(token.bytes)
        given = Self.signer(options, options.url, options.signedURL, key)
        forger = Self.signer(options, options.url, options.signedURL, HMACKey([0x21]))
        other = Self.otherPath(than: options.url).map { url in
            let signed = options.signedURL.map { Self.otherPath(than: $0) ?? $0 }
            return Self.signer(options, url, signed, key)
        }
    }

    /// The URL with `/webhook/whatsapp-optimized` for `/webhook/whatsapp` or the other way round.
    static func otherPath(than url: String) -> String? {
        let plain = "/webhook/whatsapp"
        let optimized = "/webhook/whatsapp-optimized"
        let path = url.prefix { $0 != "?" && $0 != "#" }
        let rest = url[path.endIndex...]
        if path.hasSuffix(plain) { return path.dropLast(plain.count) + optimized + rest }
        if path.hasSuffix(optimized) { return path.dropLast(optimized.count) + plain + rest }
        return nil
    }

    private static func signer(
        _ options: BenchOptions, _ url: String, _ signedURL: String?, _ key: HMACKey
    ) -> TestRequestSigner {
        TestRequestSigner(
            url: url, signedURL: signedURL, key: key, agent: "hookline bench",
            timeoutMilliseconds: options.timeoutMilliseconds)
    }
}
