import Glibc

/// Reads the head of one request as it was received, before anybody else does, line by line.
///
/// Two readers of one head must find the same requests in it. So every byte is accounted for: a
/// line ends in CRLF and nowhere else, between two parts is what RFC 9112, sections 3 and 5, put
/// there, and each part has no byte but its own. docs/http.md lists what is taken and what is not.
///
/// It may be given the head in any pieces, each time from its first byte on; a line is read once.
/// Confined to its loop's thread.
struct HeadReader {
    private(set) var method: HTTPMethod = .other
    private(set) var isHTTP11 = true
    /// False when the connection is to be closed after the answer (RFC 9112, section 9.3).
    var keepsAlive: Bool { !asksToClose && (isHTTP11 || asksToKeep) }
    /// The length of the body; nil without one.
    private(set) var length: Int?
    private(set) var isChunked = false
    /// True when the client waits for `100 Continue`.
    private(set) var waitsToContinue = false
    /// True once the request line was read.
    var hasRequestLine: Bool { fieldsStart > 0 }

    /// Where the line begins that is read next.
    private var line = 0
    /// Up to here there is no line feed from `line` on.
    private var searched = 0
    /// Where the first field line begins; 0 until the request line was read.
    private var fieldsStart = 0
    private var target = RequestTarget()
    private var entries: [HTTPFields.Entry] = []
    private var hosts = 0
    private var hostRange = 0..<0
    private var lengths = 0
    private var encodings = 0
    private var asksToClose = false
    private var asksToKeep = false
    private var hasUnknownExpectation = false

    /// A method longer than any that there is gets 501 (RFC 9112, section 3).
    private static let methodBytesMax = 32

    /// Reads on; returns the length of the head in bytes once it is complete, nil before.
    ///
    /// `bytes` begin with the request line and may go on behind the head; `bytesMax` is what a head
    /// may have, its empty line included.
    mutating func advance(
        _ bytes: UnsafeRawBufferPointer, bytesMax: Int
    ) throws(RequestFault) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        while searched < bytes.count,
            let found = memchr(start + searched, Int32(HTTPBytes.feed), bytes.count - searched)
        {
            let feed = UnsafeRawPointer(found) - start
            guard feed < bytesMax else { throw tooLong(bytes) }
            guard feed > line, bytes[feed - 1] == HTTPBytes.carriageReturn else {
                throw RequestFault(hasRequestLine ? .layout : Self.lineFault(bytes[..<feed]))
            }
            let end = feed - 1
            if fieldsStart == 0 {
                try readRequestLine(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
                fieldsStart = feed + 1
            } else if end > line {
                try readField(bytes, line..<end)
            } else {
                try judge(bytes)
                return feed + 1
            }
            line = feed + 1
            searched = line
        }
        try judgePart(bytes)
        guard bytes.count <= bytesMax else { throw tooLong(bytes) }
        searched = bytes.count
        return nil
    }

    /// The target, raw: path and query, also of a target that is a URL.
    func target(in bytes: UnsafeRawBufferPointer) -> [UInt8] { target.bytes(in: bytes) }

    /// The fields that were read, of a head of so many bytes.
    func fields(in bytes: UnsafeRawBufferPointer) -> HTTPFields {
        guard let last = entries.last else { return HTTPFields() }
        let end = fieldsStart + Int(last.valueEnd)
        return HTTPFields(
            lines: UnsafeRawBufferPointer(rebasing: bytes[fieldsStart..<end]), entries: entries)
    }

    // MARK: The request line

    /// `request-line = method SP request-target SP HTTP-version` (RFC 9112, section 3).
    private mutating func readRequestLine(
        _ line: UnsafeRawBufferPointer
    ) throws(RequestFault) {
        guard let first = line.firstIndex(of: HTTPBytes.space),
            let last = line.lastIndex(of: HTTPBytes.space)
        else { throw RequestFault(Self.lineFault(line[...])) }
        let name = UnsafeRawBufferPointer(rebasing: line[..<first])
        guard !name.isEmpty else { throw RequestFault(.layout) }
        guard name.allSatisfy(HTTPBytes.isToken) else { throw RequestFault(.method) }
        guard name.count <= Self.methodBytesMax else { throw RequestFault(.method, status: 501) }
        method = HTTPMethod(name)
        guard first < last else { throw RequestFault(.version) }
        try readVersion(UnsafeRawBufferPointer(rebasing: line[(last + 1)...]))
        let target = first + 1..<last
        guard !target.isEmpty, line[target.lowerBound] != HTTPBytes.space,
            line[target.upperBound - 1] != HTTPBytes.space
        else { throw RequestFault(.layout) }
        // A tunnel is nothing that a receiver makes.
        if name.elementsEqual("CONNECT".utf8) { throw RequestFault(.method, status: 501) }
        self.target = try RequestTarget(
            line, target, isOptions: name.elementsEqual("OPTIONS".utf8))
    }

    private mutating func readVersion(
        _ version: UnsafeRawBufferPointer
    ) throws(RequestFault) {
        // Of a version nobody knows what its requests look like.
        guard version.count == 8, version.starts(with: "HTTP/".utf8),
            HTTPBytes.isDigit(version[5]), version[6] == UInt8(ascii: "."),
            HTTPBytes.isDigit(version[7])
        else { throw RequestFault(version.isEmpty ? .layout : .version) }
        guard version[5] == UInt8(ascii: "1"), version[7] <= UInt8(ascii: "1") else {
            throw RequestFault(.version, status: 505)
        }
        isHTTP11 = version[7] == UInt8(ascii: "1")
    }

    // MARK: The fields

    /// `field-line = field-name ":" OWS field-value OWS` (RFC 9112, section 5).
    // On the path of every request, some ten times.
    private mutating func readField(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(RequestFault) {
        var colon = line.lowerBound
        while colon < line.upperBound, HTTPBytes.isToken(bytes[colon]) { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound,
            bytes[colon] == UInt8(ascii: ":")
        else {
            // White space at the beginning is an old way to go on with the line before.
            let isFold = HTTPBytes.isWhiteSpace(bytes[line.lowerBound])
            throw RequestFault(isFold ? .layout : .fieldName)
        }
        var start = colon + 1
        var end = line.upperBound
        while start < end, HTTPBytes.isWhiteSpace(bytes[start]) { start += 1 }
        while end > start, HTTPBytes.isWhiteSpace(bytes[end - 1]) { end -= 1 }
        let value = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        guard HTTPBytes.isText(value) else { throw RequestFault(.fieldValue) }
        if entries.isEmpty { entries.reserveCapacity(16) }
        entries.append(
            HTTPFields.Entry(
                nameStart: UInt32(line.lowerBound - fieldsStart),
                nameEnd: UInt32(colon - fieldsStart), valueStart: UInt32(start - fieldsStart),
                valueEnd: UInt32(end - fieldsStart)))
        let name = UnsafeRawBufferPointer(rebasing: bytes[line.lowerBound..<colon])
        try note(name, value, start..<end)
    }

    /// Notes the fields that say how the message goes on.
    @inline(__always)
    private mutating func note(
        _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ range: Range<Int>
    ) throws(RequestFault) {
        switch name.count {
        case 4 where HTTPBytes.equals(name, "host"):
            hosts += 1
            hostRange = range
        case 6 where HTTPBytes.equals(name, "expect"):
            if HTTPBytes.equals(value, "100-continue") {
                waitsToContinue = true
            } else if !value.isEmpty {
                hasUnknownExpectation = true
            }
        case 10 where HTTPBytes.equals(name, "connection"):
            if HTTPBytes.list(value, contains: "close") { asksToClose = true }
            if HTTPBytes.list(value, contains: "keep-alive") { asksToKeep = true }
        case 14 where HTTPBytes.equals(name, "content-length"):
            lengths += 1
            length = try Self.number(value)
        case 17 where HTTPBytes.equals(name, "transfer-encoding"):
            encodings += 1
            guard HTTPBytes.equals(value, "chunked") else { throw RequestFault(.length) }
            isChunked = true
        default: break
        }
    }

    /// `Content-Length = 1*DIGIT` (RFC 9110, section 8.6). A number too large to count with is a
    /// body that is too large, and one with more zeros before it than digits in any is refused.
    private static func number(_ digits: UnsafeRawBufferPointer) throws(RequestFault) -> Int {
        guard !digits.isEmpty, digits.allSatisfy(HTTPBytes.isDigit) else {
            throw RequestFault(.length)
        }
        guard digits.count <= 10 else {
            if digits[0] == UInt8(ascii: "0") { throw RequestFault(.length) }
            return .max
        }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    // MARK: The whole

    /// What only the whole head shows.
    private mutating func judge(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) {
        // RFC 9112, section 3.2.
        guard hosts == 1 || (hosts == 0 && !isHTTP11) else { throw RequestFault(.host) }
        if hosts == 1 {
            let host = UnsafeRawBufferPointer(rebasing: bytes[hostRange])
            guard HostRule.allows(host) else { throw RequestFault(.host) }
            guard target.isOf(host, in: bytes) else { throw RequestFault(.host) }
        }
        // RFC 9112, sections 6.1 and 6.3.
        guard lengths + encodings <= 1, isHTTP11 || encodings == 0 else {
            throw RequestFault(.length)
        }
        // RFC 9110, section 10.1.1: an expectation in HTTP/1.0 is none.
        if !isHTTP11 {
            waitsToContinue = false
        } else if hasUnknownExpectation {
            throw RequestFault(.expectation, status: 417)
        }
    }

    /// Looks at the line that has no end yet: what will never be a request is refused at once.
    private func judgePart(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) {
        // The last byte that was looked at before may be a CR.
        for place in max(line, searched - 1)..<max(line, bytes.count) {
            let byte = bytes[place]
            if HTTPBytes.isText(byte) { continue }
            guard byte == HTTPBytes.carriageReturn, place == bytes.count - 1 else {
                throw RequestFault(hasRequestLine ? .layout : Self.lineFault(bytes[...]))
            }
        }
        guard !hasRequestLine, searched <= Self.methodBytesMax else { return }
        var place = 0
        while place < bytes.count, HTTPBytes.isToken(bytes[place]) { place += 1 }
        guard place <= Self.methodBytesMax else { throw RequestFault(.method, status: 501) }
        guard
            place == bytes.count || bytes[place] == HTTPBytes.space
                || bytes[place] == HTTPBytes.carriageReturn
        else { throw RequestFault(Self.lineFault(bytes[...])) }
        guard place > 0 || bytes.isEmpty else { throw RequestFault(.layout) }
    }

    /// What is wrong with a request line that has a byte in it which may not be there.
    private static func lineFault(_ line: Slice<UnsafeRawBufferPointer>) -> FramingFault {
        // A record of TLS begins with its type, 22 of a handshake, and the version 3
        // (RFC 8446, section 5.1).
        if line.starts(with: [0x16, 0x03]) || line.elementsEqual([0x16]) { return .tls }
        guard let space = line.firstIndex(of: HTTPBytes.space) else { return .method }
        guard line[..<space].allSatisfy(HTTPBytes.isToken) else { return .method }
        return line[space...].contains(where: { !HTTPBytes.isText($0) }) ? .target : .layout
    }

    /// RFC 9112, section 3: 414 for a long target; RFC 6585, section 5: 431 for long fields.
    private func tooLong(_ bytes: UnsafeRawBufferPointer) -> RequestFault {
        if hasRequestLine { return RequestFault(.headTooLarge, status: 431) }
        let hasMethod = bytes.prefix(Self.methodBytesMax + 1).contains(HTTPBytes.space)
        return hasMethod
            ? RequestFault(.headTooLarge, status: 414) : RequestFault(.method, status: 501)
    }
}

extension HTTPMethod {
    /// The method of this name; methods are case-sensitive (RFC 9110, section 9.1).
    init(_ name: UnsafeRawBufferPointer) {
        switch name.count {
        case 4 where name.elementsEqual("POST".utf8): self = .post
        case 3 where name.elementsEqual("GET".utf8): self = .get
        case 4 where name.elementsEqual("HEAD".utf8): self = .head
        default: self = .other
        }
    }
}
