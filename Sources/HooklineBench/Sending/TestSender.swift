import Curl
import Hookline
import OpenSSL

/// Signs test webhooks as Twilio would and posts them, as `hookline send` does.
public struct TestSender: Sendable {
    /// What to send, and where.
    public struct Options: Sendable {
        /// Where to post.
        public var url: String
        /// The URL to sign, if a proxy in between makes it another; nil signs `url`.
        public var signedURL: String?
        /// Whose webhooks to send.
        public var product = TestProduct.messaging
        /// How many webhooks.
        public var count = 1
        /// How many are under way at once.
        public var connections = 8
        /// Send each webhook twice, as a retry of Twilio's would.
        public var duplicate = false
        /// Sign with a token that nobody has.
        public var badSignature = false
        /// How long one answer may take; Twilio's own limit.
        public var timeoutMilliseconds = 15_000
        /// What the webhooks say they are.
        public var message = TestMessageOptions()

        /// One webhook to `url`.
        public init(url: String) { self.url = url }
    }

    private let options: Options
    private let signer: TestRequestSigner

    /// A sender that signs with the token that `tokens` finds.
    public init(_ options: Options, tokens: TestTokenSource) throws(TestSenderError) {
        guard options.url.hasPrefix("http://") || options.url.hasPrefix("https://") else {
            throw .url("\(options.url) is not an absolute http or https URL")
        }
        self.options = options
        let token = options.badSignature ? Secret("wrong".utf8) : try tokens.token()
        signer = TestRequestSigner(
            url: options.url, signedURL: options.signedURL, key: HMACKey(token.bytes),
            agent: "hookline send", timeoutMilliseconds: options.timeoutMilliseconds)
    }

    /// Posts everything and waits for every answer. Blocks the calling thread.
    public func run() throws(TestSenderError) -> TestSendReport {
        var report = TestSendReport(expectedStatus: options.badSignature ? 403 : 200)
        do {
            var engine = try TransferEngine(connectionsMax: options.connections)
            var results: [TransferResult] = []
            var repeats: [TransferRequest] = []
            var begun = 0
            var tag: UInt64 = 0
            while true {
                while engine.room > 0 {
                    let request: TransferRequest
                    if let again = repeats.popLast() {
                        request = again
                    } else if begun < options.count {
                        let webhook = options.product.webhook(options.message)
                        request = signer.request(for: webhook)
                        if options.duplicate {
                            repeats.append(signer.request(for: webhook.again))
                        }
                        begun += 1
                    } else {
                        break
                    }
                    tag += 1
                    try engine.add(request, tag: tag)
                }
                if engine.running == 0 { return report }
                results.removeAll(keepingCapacity: true)
                try engine.poll(timeoutMilliseconds: 1000, into: &results)
                for result in results { report.add(result) }
            }
        } catch {
            throw .library("\(error)")
        }
    }
}

/// Why nothing could be sent.
public enum TestSenderError: Error, Sendable, CustomStringConvertible {
    /// The address to send to is none.
    case url(String)
    /// There is no token to sign with.
    case token(String)
    /// A library failed.
    case library(String)

    /// One sentence for people.
    public var description: String {
        switch self {
        case .url(let reason): "--to: \(reason)"
        case .token(let reason), .library(let reason): reason
        }
    }
}
