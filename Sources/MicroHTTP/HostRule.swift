/// What may be a `Host`, and the authority of a target: `uri-host [ ":" port ]` (RFC 9110, section
/// 7.2; RFC 3986, section 3.2.2).
///
/// A comma, which the grammar allows, is refused: it is what joins two fields to one.
enum HostRule {
    /// True for a host that is not empty, with or without a port.
    static func allows(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let first = bytes.first else { return false }
        var place = 0
        if first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")), end > 1,
                bytes[1..<end].allSatisfy(isAddressByte)
            else { return false }
            place = end + 1
        } else {
            while place < bytes.count, isNameByte(bytes[place]) {
                if bytes[place] == UInt8(ascii: "%") {
                    guard place + 2 < bytes.count,
                        HTTPBytes.hexadecimal(bytes[place + 1]) != nil,
                        HTTPBytes.hexadecimal(bytes[place + 2]) != nil
                    else { return false }
                }
                place += 1
            }
            guard place > 0 else { return false }
        }
        guard place < bytes.count else { return true }
        return bytes[place] == UInt8(ascii: ":") && isPort(bytes[(place + 1)...])
    }

    /// True when two hosts are the same, in any case, and but for the port that is the scheme's
    /// own.
    static func areSame(
        _ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer, ownPort: StaticString
    ) -> Bool {
        let one = withoutPort(one, ownPort), other = withoutPort(other, ownPort)
        return one.count == other.count
            && zip(one, other).allSatisfy { HTTPBytes.lowercased($0) == HTTPBytes.lowercased($1) }
    }

    private static func withoutPort(
        _ host: UnsafeRawBufferPointer, _ port: StaticString
    ) -> Slice<UnsafeRawBufferPointer> {
        guard let colon = host.lastIndex(of: UInt8(ascii: ":")),
            !host[colon...].contains(UInt8(ascii: "]"))
        else { return host[...] }
        let digits = UnsafeRawBufferPointer(rebasing: host[(colon + 1)...])
        return digits.isEmpty || HTTPBytes.equals(digits, port) ? host[..<colon] : host[...]
    }

    private static func isPort(_ digits: Slice<UnsafeRawBufferPointer>) -> Bool {
        digits.count <= 5 && digits.allSatisfy(HTTPBytes.isDigit)
            && digits.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 65_535
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        HTTPBytes.isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
    }

    /// Of an IPv6 address, and of one of a later version (`IPvFuture`).
    private static func isAddressByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    /// `unreserved`, `sub-delims` without the comma, and `%`.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        if isAlphanumeric(byte) { return true }
        return switch byte {
        case 0x21, 0x24...0x2b, 0x2d, 0x2e, 0x3b, 0x3d, 0x5f, 0x7e: true
        default: false
        }
    }
}
