/// One HTTP request to send.
public struct TransferRequest: Sendable {
    /// What is asked of the server.
    public enum Method: Sendable {
        /// Sends the body, an empty one too.
        case post
        /// Sends no body, whatever `body` holds.
        case get
        /// Sends no body and reads none.
        case head
    }

    /// Where to: an absolute http or https URL, sent as it is (`..` in a path stays).
    public var url: [UInt8]
    /// POST unless said otherwise.
    public var method: Method
    /// Header lines `Name: value`, sent as they are, bytes above 0x7f too; `Content-Length`,
    /// `Transfer-Encoding` and `Expect` belong to the engine and are refused.
    public var headers: [[UInt8]]
    /// The exact bytes to send.
    public var body: [UInt8]
    /// How long name resolution, connecting and the TLS handshake may take together.
    public var connectTimeoutMilliseconds: Int
    /// How long the whole transfer may take.
    public var timeoutMilliseconds: Int
    /// How much of the response's body is kept; at one byte more the transfer is stopped.
    public var responseBytesMax: Int
    /// A connection of its own. On a kept one that turns out dead libcurl sends the request again
    /// by itself, so that the server may see it twice; on a new one it never does.
    public var usesNewConnection = false

    /// A POST with the usual bounds: connect in 3 s, done in 10 s, 64 KiB of response.
    public init(
        url: [UInt8], method: Method = .post, headers: [[UInt8]] = [], body: [UInt8] = [],
        connectTimeoutMilliseconds: Int = 3_000, timeoutMilliseconds: Int = 10_000,
        responseBytesMax: Int = 65_536
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.body = body
        self.connectTimeoutMilliseconds = connectTimeoutMilliseconds
        self.timeoutMilliseconds = timeoutMilliseconds
        self.responseBytesMax = responseBytesMax
    }

    /// The same from texts, which are sent as UTF-8.
    public init(
        url: String, method: Method = .post, headers: [String] = [], body: [UInt8] = [],
        connectTimeoutMilliseconds: Int = 3_000, timeoutMilliseconds: Int = 10_000,
        responseBytesMax: Int = 65_536
    ) {
        self.init(
            url: Array(url.utf8), method: method, headers: headers.map { Array($0.utf8) },
            body: body, connectTimeoutMilliseconds: connectTimeoutMilliseconds,
            timeoutMilliseconds: timeoutMilliseconds, responseBytesMax: responseBytesMax)
    }
}
