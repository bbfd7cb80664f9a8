/// Looks whether an answer of the application carries TwiML verbs, which nobody will execute.
enum TwiMLReply {
    /// True when the body is a TwiML `<Response>` with an element in it.
    ///
    /// Looks at markup only as far as the first element inside `<Response>`; comments,
    /// declarations and white space are skipped. Anything else is no TwiML.
    static func carriesVerbs(_ body: [UInt8]) -> Bool {
        var rest = skippingMisc(body[...])
        guard rest.starts(with: "<Response".utf8) else { return false }
        rest = rest.dropFirst("<Response".utf8.count)
        guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
        if end > rest.startIndex, rest[end - 1] == UInt8(ascii: "/") { return false }
        rest = skippingMisc(rest[(end + 1)...])
        guard rest.first == UInt8(ascii: "<"), let next = rest.dropFirst().first else {
            return false
        }
        return (next | 0x20) >= UInt8(ascii: "a") && (next | 0x20) <= UInt8(ascii: "z")
    }

    /// Drops white space, a byte order mark, `<?…?>`, `<!…>` and comments.
    private static func skippingMisc(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = text
        while true {
            rest = rest.drop { $0 <= 0x20 || $0 == 0xef || $0 == 0xbb || $0 == 0xbf }
            let close: String
            if rest.starts(with: "<!--".utf8) {
                close = "-->"
            } else if rest.starts(with: "<?".utf8) {
                close = "?>"
            } else if rest.starts(with: "<!".utf8) {
                close = ">"
            } else {
                return rest
            }
            guard let range = rest.firstRange(of: Array(close.utf8)) else { return [] }
            rest = rest[range.upperBound...]
        }
    }
}
