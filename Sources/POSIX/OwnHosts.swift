import Glibc

extension NetworkAddress {
    /// The numeric addresses of this machine's interfaces, and its name; what cannot be read is
    /// left out. Any thread.
    public static var ownHosts: [String] {
        var hosts: [String] = []
        var name = [UInt8](repeating: 0, count: 256)
        let isNamed = name.withUnsafeMutableBytes { buffer in
            guard let start = buffer.baseAddress else { return false }
            // One byte less, so that it ends with a zero.
            return gethostname(start.assumingMemoryBound(to: CChar.self), buffer.count - 1) == 0
        }
        if isNamed { hosts.append(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)) }
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return hosts }
        defer { freeifaddrs(list) }
        var next = list
        while let entry = next {
            next = entry.pointee.ifa_next
            guard let address = entry.pointee.ifa_addr else { continue }
            let bytes: [UInt8]
            switch Int32(address.pointee.sa_family) {
            case AF_INET:
                bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { four in
                    withUnsafeBytes(of: four.pointee.sin_addr) { Array($0) }
                }
            case AF_INET6:
                bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { six in
                    withUnsafeBytes(of: six.pointee.sin6_addr) { Array($0) }
                }
            default: continue
            }
            if let text = text(of: bytes) { hosts.append(text) }
        }
        return hosts
    }
}
