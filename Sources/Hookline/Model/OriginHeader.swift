/// A header field that says which origin was called.
enum OriginHeader: String, CaseIterable, Sendable {
    /// `Host`.
    case host
    /// `X-Forwarded-Proto`.
    case forwardedProto = "x-forwarded-proto"
    /// `X-Forwarded-Host`.
    case forwardedHost = "x-forwarded-host"
    /// `X-Forwarded-Port`.
    case forwardedPort = "x-forwarded-port"
    /// `Forwarded` (RFC 7239).
    case forwarded

    /// The field's name as people write it.
    var name: String {
        switch self {
        case .host: "Host"
        case .forwardedProto: "X-Forwarded-Proto"
        case .forwardedHost: "X-Forwarded-Host"
        case .forwardedPort: "X-Forwarded-Port"
        case .forwarded: "Forwarded"
        }
    }
}
