import MicroHTTP
import POSIX

/// Whose request it is: the peer's address, or the one that a trusted proxy names.
///
/// Each proxy appends to `X-Forwarded-For` who called it, so the field is read from its end; the
/// first address that is not a trusted proxy's is the client's. What stands before it is the
/// client's own word and does not count.
struct ClientAddress: Sendable {
    /// Entries of the field that are looked at; more proxies than that stand in no row.
    private static let hopsMax = 16

    private let trustedProxies: [CIDRBlock]

    /// An address behind these proxies.
    init(trustedProxies: [CIDRBlock]) {
        self.trustedProxies = trustedProxies
    }

    /// 4 bytes (IPv4) or 16 (IPv6); empty when the peer is unknown. Any thread.
    func bytes(of request: HTTPRequest) -> [UInt8] {
        var client = Self.plain(request.peer)
        guard isTrusted(client) else { return client }
        for entry in Self.forwarded(request.fields) {
            guard let address = Self.address(entry) else { return client }
            client = Self.plain(address)
            guard isTrusted(client) else { return client }
        }
        return client
    }

    /// What sampling counts as one source: an IPv4 address, or the 64 bits of an IPv6 address
    /// that a network is given, because one host has all the others.
    static func network(of address: [UInt8]) -> [UInt8] {
        address.count == 16 ? Array(address.prefix(8)) : address
    }

    private func isTrusted(_ address: [UInt8]) -> Bool {
        trustedProxies.contains { $0.contains(address) }
    }

    /// The entries of all `X-Forwarded-For` fields, the last one first.
    private static func forwarded(_ fields: HTTPFields) -> [ArraySlice<UInt8>] {
        var entries: [ArraySlice<UInt8>] = []
        for index in (0..<fields.count).reversed() where isForwardedFor(fields.name(at: index)) {
            entries += fields.value(at: index).split(separator: UInt8(ascii: ",")).reversed()
            if entries.count >= hopsMax { break }
        }
        return Array(entries.prefix(hopsMax))
    }

    private static func isForwardedFor(_ name: ArraySlice<UInt8>) -> Bool {
        name.lazy.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }
            .elementsEqual("x-forwarded-for".utf8)
    }

    /// An entry's address without its port; nil when it is none.
    private static func address(_ entry: ArraySlice<UInt8>) -> [UInt8]? {
        var text = entry.drop { $0 == 0x20 }
        while text.last == 0x20 { text.removeLast() }
        if text.first == UInt8(ascii: "[") {
            text = text.dropFirst().prefix { $0 != UInt8(ascii: "]") }
        } else if text.count(where: { $0 == UInt8(ascii: ":") }) == 1 {
            text = text.prefix { $0 != UInt8(ascii: ":") }
        }
        guard text.count <= 45 else { return nil }
        return NetworkAddress.bytes(of: String(decoding: text, as: UTF8.self))
    }

    /// An IPv4 address that came over an IPv6 socket (RFC 4291, section 2.5.5.2) as what it is.
    private static func plain(_ address: [UInt8]) -> [UInt8] {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        return address.count == 16 && address.starts(with: mapped)
            ? Array(address.dropFirst(12)) : address
    }
}
