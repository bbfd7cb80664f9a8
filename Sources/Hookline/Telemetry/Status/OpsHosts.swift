import MicroHTTP
import POSIX

/// The hosts by which operations may be asked for.
///
/// A page of another site can make a browser ask this server, once the name of that site leads to
/// this machine (DNS rebinding). Its requests name that site in `Host`. So a name is taken only if
/// no stranger can own it: an address, `localhost`, a name without a dot, this machine's own, and
/// what `--ops-hosts` lists.
struct OpsHosts: Sendable {
    private let names: [[UInt8]]

    init(_ configuration: Configuration) {
        var names = configuration.opsHosts
        names += NetworkAddress.ownHosts
        // They are served on the public address on purpose.
        if configuration.opsListen == nil, let url = configuration.publicURL {
            names.append(Self.host(ofURL: url))
        }
        self.names = names.map { Self.plain(Array($0.utf8)[...]) }
    }

    /// True when a request with this `Host` may be answered; there is none in HTTP/1.0.
    func allows(_ field: ArraySlice<UInt8>?) -> Bool {
        guard let field, field.first != UInt8(ascii: "[") else { return true }
        let name = Self.plain(field.prefix { $0 != UInt8(ascii: ":") })
        let dot = UInt8(ascii: ".")
        guard let last = name.lastIndex(of: dot) else { return true }
        if name[(last + 1)...].elementsEqual("localhost".utf8) { return true }
        if NetworkAddress.bytes(of: String(decoding: name, as: UTF8.self)) != nil { return true }
        return names.contains(name)
    }

    /// A name in small letters, without a dot at its end.
    private static func plain(_ name: ArraySlice<UInt8>) -> [UInt8] {
        let lower = name.map(ASCII.lowercased)
        return lower.last == UInt8(ascii: ".") ? lower.dropLast() : lower
    }

    private static func host(ofURL url: String) -> String {
        let rest = url.split(separator: "/", omittingEmptySubsequences: true).dropFirst()
        return String((rest.first ?? "").prefix { $0 != ":" })
    }
}
