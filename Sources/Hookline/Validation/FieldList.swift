import MicroHTTP

/// Reads a header field whose value is a list of members separated by commas.
enum FieldList {
    /// The members of all lines called `name`, which is written in lower case, in order.
    ///
    /// Several lines are one list (RFC 9110, section 5.3), and empty members do not count
    /// (section 5.6.1.2), so an empty field is as if it were not there.
    static func members(of name: StaticString, in fields: HTTPFields) -> [ArraySlice<UInt8>] {
        fields.all(name).flatMap { $0.split(separator: UInt8(ascii: ",")) }
            .map(trimmed).filter { !$0.isEmpty }
    }

    /// The text without the spaces and tabs around it.
    static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = text.drop(while: isSpace)
        guard let last = start.lastIndex(where: { !isSpace($0) }) else { return [] }
        return start[...last]
    }

    /// True for a space and a tab (`OWS` of RFC 9110, section 5.6.3).
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
