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
    /// `--trusted-proxies`: `X-Forwarded-*` of these peers, `Host` of all others.
    case forwarded(by: [CIDRBlock])
    /// `--origin-from-host` and `--dev`: `Host`, and `X-Forwarded-Proto` when there is one.
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
            return try Self.fromHost(request, isHTTPS: Self.isForwardedHTTPS(request))
        case .forwarded(let proxies):
            guard proxies.contains(where: { $0.contains(request.peer) }) else {
                return try Self.fromHost(request, isHTTPS: false)
            }
            return try Self.fromForwarded(request)
        }
    }

    private static func fromHost(
        _ request: HTTPRequest, isHTTPS: Bool
    ) throws(Rejection) -> [UInt8] {
        guard let host = request.fields.first("host"), !host.isEmpty else { throw .noOrigin }
        return origin(isHTTPS, host)
    }

    private static func origin(_ isHTTPS: Bool, _ host: ArraySlice<UInt8>) -> [UInt8] {
        let scheme: StaticString = isHTTPS ? "https://" : "http://"
        return [UInt8](room: scheme.utf8CodeUnitCount + host.count) { origin in
            origin.append(copying: scheme)
            origin.append(copying: host.span)
        }
    }

    /// What `X-Forwarded-Proto` says; `http` without it.
    private static func isForwardedHTTPS(_ request: HTTPRequest) throws(Rejection) -> Bool {
        guard let scheme = request.fields.first("x-forwarded-proto") else { return false }
        let isHTTPS = scheme.equals("https")
        guard isHTTPS || scheme.equals("http"),
            request.fields.count(of: "x-forwarded-proto") == 1
        else { throw .noOrigin }
        return isHTTPS
    }

    /// Each field at most once: a second one would let a client put its own beside the proxy's.
    static func fromForwarded(_ request: HTTPRequest) throws(Rejection) -> [UInt8] {
        let fields = request.fields
        guard fields.count(of: "x-forwarded-host") <= 1, fields.count(of: "x-forwarded-port") <= 1,
            let host = fields.first("x-forwarded-host") ?? fields.first("host"),
            isHost(host)
        else { throw .noOrigin }
        let isHTTPS = try isForwardedHTTPS(request)
        var origin = origin(isHTTPS, host)
        if let port = fields.first("x-forwarded-port"), !hasPort(host) {
            guard !port.isEmpty, port.count <= 5, port.allSatisfy(isDigit) else { throw .noOrigin }
            let isDefault = port.elementsEqual((isHTTPS ? "443" : "80").utf8)
            if !isDefault { origin += [UInt8(ascii: ":")] + port }
        }
        return origin
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// True for what may stand in a URL as a host.
    static func isHost(_ host: ArraySlice<UInt8>) -> Bool {
        !host.isEmpty
            && host.allSatisfy { byte in
                isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
                    || "-._:[]".utf8.contains(byte)
            }
    }

    private static func hasPort(_ host: ArraySlice<UInt8>) -> Bool {
        let afterBracket = host.lastIndex(of: UInt8(ascii: "]")).map { host[$0...] } ?? host
        return afterBracket.contains(UInt8(ascii: ":"))
    }
}
