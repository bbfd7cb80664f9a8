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
        let peer = Self.plain(request.peer)
        guard isTrusted(peer) else { return peer }
        return walk(from: peer, Self.forwarded(request.fields)).client
    }

    /// Trusted proxies in a row that a request came through, for one whose peer is trusted: the
    /// peer, and those that `X-Forwarded-For` names at its end.
    func trustedHops(in fields: HTTPFields) -> Int { trustedHops(Self.forwarded(fields)) }

    /// The same by who called each proxy, the last one first.
    func trustedHops(_ callers: [ArraySlice<UInt8>]) -> Int {
        1 + walk(from: [], callers.prefix(Self.hopsMax)).trusted
    }

    /// What sampling counts as one source: an IPv4 address, or the 64 bits of an IPv6 address
    /// that a network is given, because one host has all the others.
    static func network(of address: [UInt8]) -> [UInt8] {
        address.count == 16 ? Array(address.prefix(8)) : address
    }

    /// From the peer towards the client: the first address that is not trusted, or the last one
    /// that can be read, and how many of the callers are trusted proxies.
    private func walk(
        from peer: [UInt8], _ callers: some Sequence<ArraySlice<UInt8>>
    ) -> (client: [UInt8], trusted: Int) {
        var client = peer
        var trusted = 0
        for caller in callers {
            guard let address = Self.address(caller) else { break }
            client = Self.plain(address)
            guard isTrusted(client) else { break }
            trusted += 1
        }
        return (client, trusted)
    }

    private func isTrusted(_ address: [UInt8]) -> Bool {
        trustedProxies.contains { $0.contains(address) }
    }

    /// The last entries of all `X-Forwarded-For` fields, the last one first.
    private static func forwarded(_ fields: HTTPFields) -> [ArraySlice<UInt8>] {
        FieldList.members(of: "x-forwarded-for", in: fields).suffix(hopsMax).reversed()
    }

    /// An entry's address without its port; nil when it is none.
    private static func address(_ entry: ArraySlice<UInt8>) -> [UInt8]? {
        var text = entry
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
