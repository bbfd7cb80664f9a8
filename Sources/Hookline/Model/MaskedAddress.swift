/// An address of the Internet in a log: the network only, so that nobody is named by it.
enum MaskedAddress {
    /// For example `203.0.113.0/24` for 203.0.113.7, and `2001:db8:1::/48` for an IPv6 address;
    /// empty when the address is unknown.
    static func text(_ address: [UInt8]) -> String {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        let bytes = address.starts(with: mapped) ? Array(address.dropFirst(12)) : address
        switch bytes.count {
        case 4: return bytes[..<3].map { "\($0)." }.joined() + "0/24"
        case 16:
            let groups = stride(from: 0, to: 6, by: 2).map {
                String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
            }
            return groups.joined(separator: ":") + "::/48"
        default: return ""
        }
    }
}
