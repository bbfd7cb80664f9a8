/// Where the target of a request lies in its head: one of the forms of RFC 9112, section 3.2.
struct RequestTarget {
    /// Path and query, or `*`.
    private var range = 0..<0
    /// The host, of a target that is a URL; nil of a path.
    private var authority: (range: Range<Int>, port: StaticString)?

    /// None yet.
    init() {}

    /// Judges a target, which is a part of a request line.
    init(
        _ line: UnsafeRawBufferPointer, _ range: Range<Int>, isOptions: Bool
    ) throws(RequestFault) {
        for place in range {
            let byte = line[place]
            // `#` should not be sent, but Twilio signs it where a URL in its console has one.
            guard byte > 0x20, byte != 0x7f else { throw RequestFault(.target) }
        }
        self.range = range
        if line[range.lowerBound] == UInt8(ascii: "/") { return }
        if range.count == 1, line[range.lowerBound] == UInt8(ascii: "*") {
            guard isOptions else { throw RequestFault(.target) }
            return
        }
        try readURL(line, range)
    }

    /// Path and query, raw; a URL without a path has `/`.
    func bytes(in head: UnsafeRawBufferPointer) -> [UInt8] {
        guard head.count >= range.upperBound else { return [] }
        let target = Array(UnsafeRawBufferPointer(rebasing: head[range]))
        guard authority != nil, target.first != UInt8(ascii: "/") else { return target }
        return [UInt8(ascii: "/")] + target
    }

    /// False for a URL of another host.
    func isOf(_ host: UnsafeRawBufferPointer, in head: UnsafeRawBufferPointer) -> Bool {
        guard let authority else { return true }
        let named = UnsafeRawBufferPointer(rebasing: head[authority.range])
        return HostRule.areSame(named, host, ownPort: authority.port)
    }

    private mutating func readURL(
        _ line: UnsafeRawBufferPointer, _ range: Range<Int>
    ) throws(RequestFault) {
        for (scheme, port) in [("http://", "80"), ("https://", "443")]
            as [(StaticString, StaticString)]
        {
            let start = range.lowerBound + scheme.utf8CodeUnitCount
            guard start <= range.upperBound,
                HTTPBytes.equals(
                    UnsafeRawBufferPointer(rebasing: line[range.lowerBound..<start]), scheme)
            else { continue }
            let end =
                line[start..<range.upperBound].firstIndex {
                    $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?")
                } ?? range.upperBound
            guard HostRule.allows(UnsafeRawBufferPointer(rebasing: line[start..<end])) else {
                throw RequestFault(.target)
            }
            authority = (start..<end, port)
            self.range = end..<range.upperBound
            return
        }
        throw RequestFault(.target)
    }
}
