/// Accounts for every byte of a request's head, as it lies in libmicrohttpd's buffer.
///
/// libmicrohttpd 0.9.75 parses a head where it was received. It overwrites line ends and colons
/// with NUL, and hands out pointers to the parts. It is lenient, and hides it (read in its source,
/// and measured): a bare LF ends a line; what follows a NUL in a line is dropped; a folded line is
/// joined to its field's name, in memory elsewhere; doubled spaces are skipped. Each of these
/// leaves another gap between two parts than
/// `field-line = field-name ":" OWS field-value OWS`, with CRLF behind it (RFC 9112, section 5).
///
/// Two things it cannot tell: a NUL right before a bare LF looks like CRLF, and what stood before
/// the method was skipped as empty lines.
struct HeadLayout {
    private let end: UnsafeRawPointer
    /// Where the next field line has to begin, or the empty line.
    private var line: UnsafeRawPointer
    private var hasFault: Bool

    /// A head of `bytes` bytes, which begins at `method`; no field line is known yet.
    init(
        method: UnsafeRawPointer, methodBytes: Int, targetBytes: Int, version: UnsafeRawPointer,
        versionBytes: Int, bytes: Int
    ) {
        end = method + bytes
        line = version + versionBytes + 2
        // One space behind the method and one behind the target.
        hasFault = version - method != methodBytes + 1 + targetBytes + 1
    }

    /// Adds the next field line. The trailing white space of its value was moved in front of it
    /// (`OptionalWhiteSpace`), so CRLF comes right behind the value.
    // On the path of every request: some 40 instructions a field (callgrind).
    @inline(__always)
    mutating func add(
        name: UnsafeRawPointer, nameBytes: Int, value: UnsafeRawPointer, valueBytes: Int
    ) {
        let colon = name + nameBytes
        let next = value + (valueBytes + 2)
        // The bounds come first: what is read below lies in the head then.
        guard name == line, colon < value, next <= end,
            Self.isWhiteSpace(from: colon + 1, to: value),
            valueBytes == 0 || !Self.isWhiteSpace(value + (valueBytes - 1))
        else {
            hasFault = true
            return
        }
        line = next
    }

    /// True when the fields, and the empty line behind them, are all that there is.
    var isExact: Bool { !hasFault && line + 2 == end }

    @inline(__always)
    private static func isWhiteSpace(
        from start: UnsafeRawPointer, to end: UnsafeRawPointer
    ) -> Bool {
        var place = start
        while place < end {
            if !isWhiteSpace(place) { return false }
            place += 1
        }
        return true
    }

    @inline(__always)
    private static func isWhiteSpace(_ place: UnsafeRawPointer) -> Bool {
        OptionalWhiteSpace.contains(place.load(as: UInt8.self))
    }
}
