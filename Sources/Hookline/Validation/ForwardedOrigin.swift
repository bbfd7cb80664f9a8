import MicroHTTP
import POSIX

/// The origin that trusted proxies say was called, in `X-Forwarded-*` or in `Forwarded`.
///
/// Each proxy writes its entry at the right end of a list. Of a list counts the entry that the
/// outermost trusted proxy wrote: as many entries from the right as there are trusted proxies in
/// a row, or the first entry of a shorter list. What stands left of it is the client's own word.
enum ForwardedOrigin {
    /// The origin of a request whose peer is one of the trusted proxies.
    static func bytes(
        of fields: HTTPFields, behind clients: ClientAddress
    ) throws(Rejection) -> [UInt8] {
        let schemes = FieldList.members(of: "x-forwarded-proto", in: fields)
        let hosts = FieldList.members(of: "x-forwarded-host", in: fields)
        if schemes.isEmpty, hosts.isEmpty {
            guard let forwarded = ForwardedField(fields) else { throw .noOrigin(.forwarded) }
            if !forwarded.elements.isEmpty {
                return try bytes(of: forwarded, fields, behind: clients)
            }
        }
        let ports = FieldList.members(of: "x-forwarded-port", in: fields)
        // The only entry of a list counts, however many proxies there are.
        let isList = max(schemes.count, hosts.count, ports.count) > 1
        let hops = isList ? clients.trustedHops(in: fields) : 1
        let isHTTPS = try isHTTPS(schemes.suffix(hops).first, .forwardedProto)
        let host = try Authority(hosts.suffix(hops).first, .forwardedHost, else: fields)
        if host.port != nil { return origin(isHTTPS, host.host, host.port) }
        let port = try number(ports.suffix(hops).first, .forwardedPort)
        return origin(isHTTPS, host.host, port)
    }

    /// What `scheme` says; `http` without it. `header` is where it stands.
    static func isHTTPS(
        _ scheme: ArraySlice<UInt8>?, _ header: OriginHeader
    ) throws(Rejection) -> Bool {
        guard let scheme else { return false }
        let lowercased = scheme.map(ASCII.lowercased)
        let isHTTPS = lowercased.elementsEqual("https".utf8)
        guard isHTTPS || lowercased.elementsEqual("http".utf8) else { throw .noOrigin(header) }
        return isHTTPS
    }

    /// Of the elements that trusted proxies wrote the first that names a part counts for it.
    private static func bytes(
        of forwarded: ForwardedField, _ fields: HTTPFields, behind clients: ClientAddress
    ) throws(Rejection) -> [UInt8] {
        // Each element names the caller of its proxy: `X-Forwarded-For`, which these proxies may
        // pass on as a client wrote it, does not count here.
        let callers = forwarded.elements.reversed().map { ($0.caller ?? [])[...] }
        let trusted = forwarded.elements.suffix(clients.trustedHops(callers))
        let scheme = trusted.lazy.compactMap(\.scheme).first
        let host = trusted.lazy.compactMap(\.host).first
        let authority = try Authority(host?[...], .forwarded, else: fields)
        return origin(try isHTTPS(scheme?[...], .forwarded), authority.host, authority.port)
    }

    /// Without a port that is the scheme's own.
    private static func origin(
        _ isHTTPS: Bool, _ host: ArraySlice<UInt8>, _ port: Int?
    ) -> [UInt8] {
        let scheme = isHTTPS ? "https://" : "http://"
        var origin = Array(scheme.utf8) + host
        if let port, port != (isHTTPS ? 443 : 80) { origin += Array(":\(port)".utf8) }
        return origin
    }

    private static func number(
        _ port: ArraySlice<UInt8>?, _ header: OriginHeader
    ) throws(Rejection) -> Int? {
        guard let port else { return nil }
        guard SignedOrigin.isPort(port), let number = Int(String(decoding: port, as: UTF8.self)),
            (1...65_535).contains(number)
        else { throw .noOrigin(header) }
        return number
    }

    /// A host with its port, if one was written.
    private struct Authority {
        let host: ArraySlice<UInt8>
        let port: Int?

        /// Reads what stands in `header`, or `Host` when nothing does.
        init(
            _ text: ArraySlice<UInt8>?, _ header: OriginHeader, else fields: HTTPFields
        ) throws(Rejection) {
            let header = text == nil ? .host : header
            let text = text ?? fields.first("host") ?? []
            let bracket = text.lastIndex(of: UInt8(ascii: "]")) ?? text.startIndex
            let colon = text[bracket...].firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
            host = text[..<colon]
            guard SignedOrigin.isHost(host) else { throw .noOrigin(header) }
            let digits = text[colon...].dropFirst()
            port = try ForwardedOrigin.number(digits.isEmpty ? nil : digits, header)
        }
    }
}
