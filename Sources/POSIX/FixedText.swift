import Glibc

/// Comparison of bytes with text that is fixed in the program, without making a `String` of them.
extension Span<UInt8> {
    /// True when these are the bytes of `text`.
    public func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            return memcmp(start, text.utf8Start, bytes.count) == 0
        }
    }

    /// True when these are the bytes of `text`, which is in lower case, but for the case of ASCII
    /// letters.
    public func equalsIgnoringCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return withUnsafeBytes { bytes in
            for index in 0..<bytes.count {
                let byte = bytes[index]
                let isUpper = byte >= 0x41 && byte <= 0x5a
                if (isUpper ? byte | 0x20 : byte) != text.utf8Start[index] { return false }
            }
            return true
        }
    }
}

extension ArraySlice<UInt8> {
    /// True when these are the bytes of `text`.
    public func equals(_ text: StaticString) -> Bool { span.equals(text) }

    /// True when these are the bytes of `text`, which is in lower case, but for the case of ASCII
    /// letters.
    public func equalsIgnoringCase(_ text: StaticString) -> Bool { span.equalsIgnoringCase(text) }
}
