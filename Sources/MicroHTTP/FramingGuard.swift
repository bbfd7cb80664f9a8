import Glibc

/// Refuses requests whose framing two HTTP implementations could read differently.
///
/// libmicrohttpd 0.9.75 takes many of them (read in its source, and measured): `Content-Length`
/// twice, of which the first counts, or beside `Transfer-Encoding`, which counts then; white space
/// before a colon; a name that is no token; control characters; two `Host` fields; `chunked` in
/// HTTP/1.0; versions such as HTTP/1.7; and what `HeadLayout` lists. So every head passes this
/// guard before a byte of its body is looked at. Source of the rules: RFC 9112 and RFC 9110,
/// section 5.
enum FramingGuard {
    /// The first fault of a request head, or nil when it is unambiguous.
    ///
    /// `isExact` is `HeadLayout`'s finding: there is nothing in the head but these parts, and the
    /// white space that may stand around a value.
    static func fault(
        method: UnsafeRawBufferPointer, target: [UInt8], version: UnsafeRawBufferPointer,
        fields: HTTPFields, isExact: Bool
    ) -> FramingFault? {
        let isHTTP11 = equals(version, "HTTP/1.1")
        guard isHTTP11 || equals(version, "HTTP/1.0") else { return .version }
        guard !method.isEmpty, method.allSatisfy(isTokenByte) else { return .method }
        guard target.first == UInt8(ascii: "/"), target.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
        else { return .target }
        if let fault = fieldFault(fields) { return fault }
        if let fault = hostFault(fields, isHTTP11) { return fault }
        if let fault = lengthFault(fields, isHTTP11) { return fault }
        return isExact ? nil : .layout
    }

    private static func fieldFault(_ fields: HTTPFields) -> FramingFault? {
        for index in 0..<fields.count {
            let isName = fields.withName(at: index) { !$0.isEmpty && $0.allSatisfy(isTokenByte) }
            guard isName else { return .fieldName }
            guard fields.withValue(at: index, isText) else { return .fieldValue }
        }
        return nil
    }

    /// True when no byte is a control character other than a tab.
    private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        // Eight at a time: the highest bit of a byte that is below 0x20, or 0x7f.
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let delete = word ^ 0x7f7f_7f7f_7f7f_7f7f
            let found =
                (word &- 0x2020_2020_2020_2020) & ~word
                | (delete &- 0x0101_0101_0101_0101) & ~delete
            if found & 0x8080_8080_8080_8080 != 0 { break }
            index += 8
        }
        return bytes[index...].allSatisfy { $0 >= 0x20 ? $0 != 0x7f : $0 == 0x09 }
    }

    private static func hostFault(_ fields: HTTPFields, _ isHTTP11: Bool) -> FramingFault? {
        let (hosts, first) = fields.occurrences(of: "host")
        guard hosts == 1 || (hosts == 0 && !isHTTP11) else { return .host }
        guard let host = first else { return nil }
        let allowed = host.allSatisfy { byte in
            isHostByte(byte)
        }
        return allowed && !host.isEmpty ? nil : .host
    }

    private static func lengthFault(_ fields: HTTPFields, _ isHTTP11: Bool) -> FramingFault? {
        let (lengths, length) = fields.occurrences(of: "content-length")
        let (encodings, encoding) = fields.occurrences(of: "transfer-encoding")
        guard lengths <= 1, encodings <= 1, lengths + encodings <= 1 else { return .length }
        if let length {
            guard (1...10).contains(length.count), length.allSatisfy(isDigit) else {
                return .length
            }
        }
        if let encoding {
            let lower = encoding.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }
            guard isHTTP11, lower.elementsEqual("chunked".utf8) else { return .length }
        }
        return nil
    }

    private static func equals(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        bytes.count == text.utf8CodeUnitCount
            && (bytes.baseAddress.map { memcmp($0, text.utf8Start, bytes.count) == 0 } ?? true)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
    }

    /// A byte of `uri-host [":" port]` (RFC 3986, section 3.2.2).
    private static func isHostByte(_ byte: UInt8) -> Bool {
        if isAlphanumeric(byte) { return true }
        return switch byte {
        case 0x21, 0x24...0x2e, 0x3a, 0x3b, 0x3d, 0x5b, 0x5d, 0x5f, 0x7e: true
        default: false
        }
    }

    /// A `tchar` of RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        // One bit a byte below 128: the test is on the path of every request.
        let bits: UInt64 = byte < 64 ? 0x03ff_6cfa_0000_0000 : 0x57ff_ffff_c7ff_fffe
        return byte < 128 && bits >> UInt64(byte & 63) & 1 == 1
    }
}
