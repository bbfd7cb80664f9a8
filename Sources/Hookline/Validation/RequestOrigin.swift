import MicroHTTP
import POSIX

/// Where the origin of the signed URL comes from; chosen once, at start.
///
/// Twilio signs the URL that it called. Behind a proxy that is not the URL that arrives here, so
/// it is configured, or taken from a proxy that is trusted by its address, or, when asked for,
/// from the request itself.
enum RequestOrigin: Sendable {
    /// `--public-url`: origin and base path, without a slash at the end.
    case configured([UInt8])
    /// `--trusted-proxies`: `X-Forwarded-*` or `Forwarded` of these peers, `Host` of all others.
    case forwarded(by: [CIDRBlock])
    /// `--origin-from-host` and `--dev`: `Host`, and the forwarded scheme when there is one.
    case host

    /// What the configuration chose.
    init(_ configuration: Configuration) {
        if let url = configuration.publicURL {
            self = .configured(Array(url.utf8))
        } else if !configuration.trustedProxies.isEmpty {
            self = .forwarded(by: configuration.trustedProxies)
        } else {
            self = .host
        }
    }

    /// The origin of a request as bytes, for example `https://hooks.example.com`.
    func origin(of request: HTTPRequest) throws(Rejection) -> [UInt8] {
        switch self {
        case .configured(let origin):
            return origin
        case .host:
            // The host is the client's word already; so may the scheme be, which a tunnel adds.
            return try Self.fromHost(request, isHTTPS: Self.isForwardedHTTPS(request.fields))
        case .forwarded(let proxies):
            guard proxies.contains(where: { $0.contains(request.peer) }) else {
                return try Self.fromHost(request, isHTTPS: false)
            }
            return try Self.fromForwarded(request, by: proxies)
        }
    }

    /// What these proxies say of a request that one of them passed on.
    static func fromForwarded(
        _ request: HTTPRequest, by proxies: [CIDRBlock]
    ) throws(Rejection) -> [UInt8] {
        try ForwardedOrigin.bytes(
            of: request.fields, behind: ClientAddress(trustedProxies: proxies))
    }

    private static func fromHost(
        _ request: HTTPRequest, isHTTPS: Bool
    ) throws(Rejection) -> [UInt8] {
        guard let host = request.fields.first("host"), !host.isEmpty else {
            throw .noOrigin(.host)
        }
        let scheme: StaticString = isHTTPS ? "https://" : "http://"
        return [UInt8](room: scheme.utf8CodeUnitCount + host.count) { origin in
            origin.append(copying: scheme)
            origin.append(copying: host.span)
        }
    }

    /// What the first entry of `X-Forwarded-Proto` says, or else the first scheme in `Forwarded`;
    /// `http` without both.
    private static func isForwardedHTTPS(_ fields: HTTPFields) throws(Rejection) -> Bool {
        if let scheme = FieldList.members(of: "x-forwarded-proto", in: fields).first {
            return try ForwardedOrigin.isHTTPS(scheme, .forwardedProto)
        }
        guard let forwarded = ForwardedField(fields) else { throw .noOrigin(.forwarded) }
        let scheme = forwarded.elements.lazy.compactMap(\.scheme).first
        return try ForwardedOrigin.isHTTPS(scheme?[...], .forwarded)
    }
}
