import Glibc

/// Numeric network addresses.
public enum NetworkAddress {
    /// The 4 or 16 bytes of a numeric IPv4 or IPv6 address; nil when it is none.
    public static func bytes(of text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
        var sixteen = in6_addr()
        guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
        return withUnsafeBytes(of: sixteen) { Array($0) }
    }

    /// 4 or 16 bytes as a numeric address; nil for any other number of bytes.
    public static func text(of bytes: [UInt8]) -> String? {
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        var text = [UInt8](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let isWritten = text.withUnsafeMutableBytes { buffer in
            inet_ntop(
                family, bytes, buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
                socklen_t(buffer.count)) != nil
        }
        return isWritten ? String(decoding: text.prefix { $0 != 0 }, as: UTF8.self) : nil
    }
}
