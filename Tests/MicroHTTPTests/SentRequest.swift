/// A request that a test sends, in pieces, so that anything can stand between them.
struct SentRequest: CustomStringConvertible {
    /// One field line.
    struct Field {
        var name: [UInt8]
        var colon = Array(":".utf8)
        /// The white space before the value.
        var before = Array(" ".utf8)
        var value: [UInt8]
        /// The white space behind the value.
        var behind: [UInt8] = []
        var end = Array("\r\n".utf8)

        init(_ name: String, _ value: String) {
            self.name = Array(name.utf8)
            self.value = Array(value.utf8)
        }

        var bytes: [UInt8] { name + colon + before + value + behind + end }
    }

    var start = Array("POST /a?b=1 HTTP/1.1".utf8)
    var startEnd = Array("\r\n".utf8)
    var fields: [Field]
    var end = Array("\r\n".utf8)
    var body = Array("abc".utf8)

    /// A request of three bytes, which `Content-Length` says.
    static let sized = SentRequest(fields: [
        Field("Host", "hooks.example.com"), Field("Content-Type", "text/plain; charset=utf-8"),
        Field("X-Signature", "0/+b="), Field("X-Empty", ""), Field("Content-Length", "3"),
        Field("Connection", "keep-alive"),
    ])

    /// The same in one chunk.
    static let chunked = {
        var request = sized
        request.fields[4] = Field("Transfer-Encoding", "chunked")
        request.body = Array("3\r\nabc\r\n0\r\n\r\n".utf8)
        return request
    }()

    var head: [UInt8] { start + startEnd + fields.flatMap(\.bytes) + end }
    var bytes: [UInt8] { head + body }

    /// What a failed expectation prints: control characters and bytes above ASCII as `\xx`.
    var description: String {
        head.map { byte in
            byte >= 0x20 && byte < 0x7f
                ? String(UnicodeScalar(byte)) : "\\" + String(byte, radix: 16)
        }.joined()
    }
}

/// White space that may stand around a value.
let whiteSpace: [[UInt8]] = ["", " ", "  ", "\t", " \t ", "\t\t\t"].map { Array($0.utf8) }
