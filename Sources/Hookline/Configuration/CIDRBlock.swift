import POSIX

/// A block of addresses, IPv4 or IPv6.
public struct CIDRBlock: Sendable, Equatable, CustomStringConvertible {
    private let network: [UInt8]
    private let prefixBits: Int

    /// As it was written.
    public let description: String

    /// Reads `10.0.0.0/8`, `fd00::/8`, or one address.
    init(_ text: String) throws(SettingProblem) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let network = NetworkAddress.bytes(of: String(parts[0])) else {
            throw SettingProblem(
                "\"\(text)\" is not an address block; write for example 10.0.0.0/8")
        }
        let bits = network.count * 8
        let prefix = parts.count == 2 ? Int(parts[1]) : bits
        guard let prefix, (0...bits).contains(prefix) else {
            throw SettingProblem("\"\(text)\": the prefix is a number from 0 to \(bits)")
        }
        self.network = network
        prefixBits = prefix
        description = text
    }

    /// True when `address` (4 or 16 bytes) is in the block.
    ///
    /// An IPv4 address that arrives on an IPv6 socket (`::ffff:a.b.c.d`, RFC 4291, section
    /// 2.5.5.2) counts as what it is.
    func contains(_ address: [UInt8]) -> Bool {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        let plain =
            address.count == 16 && address.starts(with: mapped)
            ? Array(address.dropFirst(12)) : address
        guard plain.count == network.count else { return false }
        for index in plain.indices {
            let bits = min(8, max(0, prefixBits - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xff00 >> bits)
            if plain[index] & mask != network[index] & mask { return false }
        }
        return true
    }
}
