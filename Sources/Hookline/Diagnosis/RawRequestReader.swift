import MicroHTTP

extension CapturedRequest {
    /// A capture with its body has at most this many bytes.
    public static let rawBytesMax = 20 << 20
    /// A capture has at most this many header fields.
    private static let fieldsMax = 256

    /// Reads a request as it goes over the wire, or as somebody wrote it down: lines end with
    /// CR LF or LF, the body is as long as `Content-Length` says or reaches to the end.
    public init(raw bytes: [UInt8]) throws(Fault) {
        guard bytes.count <= Self.rawBytesMax else {
            throw Fault(description: "the request is longer than \(Self.rawBytesMax) bytes")
        }
        var rest = bytes[...].drop { $0 == 0x0d || $0 == 0x0a }
        let words = Self.line(&rest).split(separator: 0x20)
        guard words.count == 3 && words[2].starts(with: "HTTP/".utf8) || words.count == 2 else {
            throw Fault(
                description: "the first line is not a request line such as POST /path HTTP/1.1")
        }
        var fields = HTTPFields()
        while true {
            let line = Self.line(&rest)
            if line.isEmpty { break }
            guard fields.count < Self.fieldsMax else {
                throw Fault(description: "there are more than \(Self.fieldsMax) header fields")
            }
            guard let colon = line.firstIndex(of: 0x3a), colon > line.startIndex else {
                throw Fault(description: "a line of the header has no colon after a name")
            }
            fields.append(
                name: Self.trimmed(line[..<colon]), value: Self.trimmed(line[(colon + 1)...]))
        }
        guard fields.first("transfer-encoding") == nil else {
            throw Fault(description: "the body is chunked: give it decoded, without the field")
        }
        let length = fields.first("content-length").flatMap {
            Int(String(decoding: $0, as: UTF8.self))
        }
        if let length, length > rest.count {
            throw Fault(description: "the body is shorter than Content-Length says")
        }
        var target = Array(words[1])
        var path: [UInt8] = []
        if SignedOrigin(target, rest: &path) != nil { target = path }
        guard target.first == UInt8(ascii: "/") else {
            throw Fault(description: "the request target is not a path")
        }
        let method: HTTPMethod = words[0].elementsEqual("POST".utf8) ? .post : .other
        self.init(
            HTTPRequest(
                method: method, target: target, fields: fields,
                body: Array(length.map { rest.prefix(max(0, $0)) } ?? rest)))
    }

    /// Takes one line, without its end.
    private static func line(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let line = rest.prefix { $0 != 0x0a }
        rest = rest.dropFirst(line.count + 1)
        return line.last == 0x0d ? line.dropLast() : line
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = text.drop { $0 == 0x20 || $0 == 0x09 }
        guard let last = start.lastIndex(where: { $0 != 0x20 && $0 != 0x09 }) else { return [] }
        return start[...last]
    }
}
