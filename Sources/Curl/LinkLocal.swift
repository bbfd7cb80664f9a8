import CCurl
import Glibc

/// Addresses that no application has and that a machine's own secrets may be read from: those of
/// the local link (RFC 3927, RFC 4291 section 2.5.6), where clouds serve the machine's metadata,
/// and the two that clouds use for it elsewhere.
enum LinkLocal {
    /// `fd00:ec2::254`, AWS's.
    private static let metadata6: [UInt8] = [
        0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54,
    ]

    /// True for the address that libcurl is about to connect to. The pointer is read within the
    /// call; what stands at `addr` is as long as `addrlen` says (CURLOPT_OPENSOCKETFUNCTION(3)).
    static func holds(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Bool {
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return true }
        let raw = UnsafeRawPointer(address) + offset
        let length = Int(address.pointee.addrlen)
        switch address.pointee.family {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            let number = raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr
            return isLinkLocal4(UInt32(bigEndian: number))
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            let address = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return isLinkLocal6(withUnsafeBytes(of: address) { Array($0) })
        default: return false
        }
    }

    /// 169.254.0.0/16, and 100.100.100.200, which is Alibaba's.
    static func isLinkLocal4(_ address: UInt32) -> Bool {
        address >> 16 == 0xa9fe || address == 0x6464_64c8
    }

    /// fe80::/10, AWS's, and an IPv4 address that is written as IPv6.
    static func isLinkLocal6(_ bytes: [UInt8]) -> Bool {
        if bytes[0] == 0xfe, bytes[1] & 0xc0 == 0x80 { return true }
        if bytes == metadata6 { return true }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        return isMapped && isLinkLocal4(bytes[12...].reduce(0) { $0 << 8 | UInt32($1) })
    }
}
