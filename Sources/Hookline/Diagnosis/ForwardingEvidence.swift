import MicroHTTP
import POSIX

/// What the header fields of a request tell of the URL that was called, before proxies changed
/// it. Nothing of it is trusted: it only says what is worth a try.
struct ForwardingEvidence: Sendable {
    /// `Host`.
    let hostField: (host: [UInt8], port: [UInt8]?)?
    /// `X-Forwarded-Host`, of several the first and the last.
    let forwardedHosts: [(host: [UInt8], port: [UInt8]?)]
    /// `X-Original-Host`.
    let originalHost: (host: [UInt8], port: [UInt8]?)?
    /// The first host in `Forwarded` (RFC 7239).
    let forwarded: (host: [UInt8], port: [UInt8]?)?
    /// `X-Forwarded-Port`.
    let forwardedPort: [UInt8]?
    /// `X-Forwarded-Prefix`.
    let prefix: [UInt8]?
    /// Request targets as they were before a rewrite, with the name of the field.
    let originalTargets: [(field: OriginalTargetField, target: [UInt8])]

    /// The evidence of a request.
    init(_ fields: HTTPFields) {
        hostField = fields.first("host").flatMap(Self.authority)
        let hosts = FieldList.members(of: "x-forwarded-host", in: fields)
        forwardedHosts = [hosts.first, hosts.last].compactMap { $0.flatMap(Self.authority) }
        originalHost = fields.first("x-original-host").flatMap(Self.authority)
        forwarded = ForwardedField(fields)?.elements.lazy.compactMap(\.host).first
            .flatMap { Self.authority($0[...]) }
        let ports = FieldList.members(of: "x-forwarded-port", in: fields)
        forwardedPort = ports.first.flatMap { SignedOrigin.isPort($0) ? Array($0) : nil }
        prefix = fields.first("x-forwarded-prefix").flatMap(Self.path)
        originalTargets = OriginalTargetField.allCases.compactMap { field in
            fields.first(field.name).flatMap(Self.target).map { (field, $0) }
        }
    }

    private static func authority(
        _ text: ArraySlice<UInt8>
    ) -> (host: [UInt8], port: [UInt8]?)? {
        let text = FieldList.trimmed(text)
        guard text.count <= 260 else { return nil }
        let (host, port) = SignedOrigin.split(text)
        return SignedOrigin.isHost(host[...]) ? (host, port) : nil
    }

    /// A prefix that starts with a slash and does not end with one; nil for what is none.
    private static func path(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var path = FieldList.trimmed(text)
        while path.last == UInt8(ascii: "/") { path.removeLast() }
        return BasePath.isUsable(path) ? Array(path) : nil
    }

    /// A request target, also out of a whole URL.
    private static func target(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var target = Array(FieldList.trimmed(text))
        var rest: [UInt8] = []
        if SignedOrigin(target, rest: &rest) != nil { target = rest }
        guard target.first == UInt8(ascii: "/"), target.count <= 8192,
            target.allSatisfy(ASCII.isVisible)
        else { return nil }
        return target
    }
}

/// Fields in which proxies keep the request target before they rewrite it.
enum OriginalTargetField: String, CaseIterable, Sendable {
    /// Common in nginx configurations.
    case originalURI = "X-Original-URI"
    /// Azure, ingress-nginx.
    case originalURL = "X-Original-URL"
    /// Traefik.
    case forwardedURI = "X-Forwarded-Uri"
    /// Traefik.
    case replacedPath = "X-Replaced-Path"
    /// Envoy.
    case envoyPath = "X-Envoy-Original-Path"
    /// IIS.
    case rewriteURL = "X-Rewrite-URL"

    /// The name in lower case.
    var name: StaticString {
        switch self {
        case .originalURI: "x-original-uri"
        case .originalURL: "x-original-url"
        case .forwardedURI: "x-forwarded-uri"
        case .replacedPath: "x-replaced-path"
        case .envoyPath: "x-envoy-original-path"
        case .rewriteURL: "x-rewrite-url"
        }
    }
}
