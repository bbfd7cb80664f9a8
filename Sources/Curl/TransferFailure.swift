import CCurl

/// Why a transfer brought no response; the raw values are usable as a metric label.
public enum TransferFailure: String, CaseIterable, Sendable {
    /// The host's name has no address.
    case resolve
    /// Nobody listens there, or the network has no way to it.
    case connect
    /// The handshake failed, or the certificate does not prove the host.
    case tls
    /// The time for connecting, or for the whole transfer, is over.
    case timeout
    /// The connection broke while the request was sent.
    case send
    /// The connection ended before the response was complete, or before it began.
    case receive
    /// The response's head is longer than the engine reads.
    case tooLarge = "too_large"
    /// What came is not HTTP.
    case `protocol` = "protocol"
    /// Anything else: memory, a limit of the system, a fault of libcurl.
    case other

    /// The kind of a libcurl code (libcurl-errors(3)).
    init(_ code: CURLcode) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .resolve
        case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED: self = .connect
        case CURLE_OPERATION_TIMEDOUT: self = .timeout
        case CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND: self = .send
        case CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: self = .receive
        case CURLE_FILESIZE_EXCEEDED: self = .tooLarge
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING,
            CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_HTTP3:
            self = .protocol
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_PEER_FAILED_VERIFICATION,
            CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
            self = .tls
        default: self = .other
        }
    }
}
