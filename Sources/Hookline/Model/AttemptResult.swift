import Prometheus

/// A status that an operator has to do something about, as the label `status`.
enum MisdirectedStatus: String, LabelValue {
    case unauthorized = "401"
    case forbidden = "403"
    case notFound = "404"
    case methodNotAllowed = "405"
}

/// How one attempt to forward ended, as the label `result`.
enum AttemptResult: String, LabelValue {
    /// 2xx: the application has it.
    case success
    /// 410: the application wants no more of it.
    case gone
    /// 3xx: not followed; a redirected POST may become a GET, and its signature is for this URL.
    case redirect
    /// Any other 4xx.
    case clientError = "client_error"
    /// 5xx, and any status outside 100 to 599.
    case serverError = "server_error"
    case resolve, connect, tls, timeout, send, receive
    case tooLarge = "too_large"
    case `protocol` = "protocol"
    case other

    /// The result of an answer with this status.
    init(status: Int) {
        self =
            switch status {
            case 200..<300: .success
            case 300..<400: .redirect
            case 410: .gone
            case 400..<500: .clientError
            default: .serverError
            }
    }
}
