import TestSupport
import Testing

@testable import MicroHTTP

/// Requests that two HTTP implementations could read differently. The classes are those of
/// RFC 9112, section 11, and of the published collections of parsing differences.
private let malformed: [(name: String, request: String)] = [
    (
        "length and chunked",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    ("two lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n"),
    (
        "two equal lengths",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"
    ),
    ("unknown encoding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n"),
    ("gzip, chunked", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
    (
        "two encodings",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
            + "Transfer-Encoding: identity\r\n\r\n"
    ),
    ("space before colon", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n"),
    ("space before the length's colon", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 2\r\n\r\n"),
    (
        "folded field",
        "POST / HTTP/1.1\r\nHost: h\r\nX-Twilio-:v\r\n Signature\r\nContent-Length: 0\r\n\r\n"
    ),
    ("NUL in a value", "POST / HTTP/1.1\r\nHost: h\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n"),
    ("bare line feeds", "POST / HTTP/1.1\nHost: h\nContent-Length: 0\n\n"),
    (
        "bare carriage return",
        "POST / HTTP/1.1\r\nHost: h\r\nX-A: a\rb\r\nContent-Length: 0\r\n\r\n"
    ),
    ("two hosts", "POST / HTTP/1.1\r\nHost: h\r\nHost: i\r\nContent-Length: 0\r\n\r\n"),
    ("no host", "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"),
    ("host with a slash", "POST / HTTP/1.1\r\nHost: h/x\r\nContent-Length: 0\r\n\r\n"),
    ("chunked in 1.0", "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("version 1.7", "POST / HTTP/1.7\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
    ("absolute target", "POST http://evil/x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
    ("asterisk target", "OPTIONS * HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
    ("name with a quote", "POST / HTTP/1.1\r\nHost: h\r\nX\"A: b\r\nContent-Length: 0\r\n\r\n"),
    ("doubled space", "POST  / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
    (
        "length of eleven digits",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 00000000000\r\n\r\n"
    ),
]

private let wellFormed: [(name: String, request: String)] = [
    ("plain", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
    ("1.0 without host", "POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n"),
    (
        "chunked in capitals",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n"
    ),
    ("empty value", "POST / HTTP/1.1\r\nHost: h\r\nX-A:\r\nX-B: \r\nContent-Length: 0\r\n\r\n"),
    ("IPv6 host", "POST / HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Length: 0\r\n\r\n"),
    ("tab in a value", "POST / HTTP/1.1\r\nHost: h\r\nX-A: a\tb\r\nContent-Length: 0\r\n\r\n"),
    ("leading empty line", "\r\nPOST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
]

@Suite struct FramingGuardTests {
    /// The status of the first answer; the connection is closed after it.
    private static func status(_ request: String) throws -> Int? {
        let server = try TestServer(TestHandler { $0.answer(HTTPResponse(status: 200)) })
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send(request)
        let status = client.response()?.status
        // libmicrohttpd 0.9.75 sends the head twice for a malformed length (a bug of its own).
        while client.response() != nil {}
        return status
    }

    @Test(arguments: malformed.map(\.name))
    func `a malformed head is answered 400 and the connection closed`(_ name: String) throws {
        let request = try #require(malformed.first { $0.name == name }).request
        #expect(try Self.status(request) == 400, "\(name)")
    }

    @Test(arguments: wellFormed.map(\.name))
    func `a well-formed head is taken`(_ name: String) throws {
        let request = try #require(wellFormed.first { $0.name == name }).request
        let handler = TestHandler { $0.answer(HTTPResponse(status: 200)) }
        let server = try TestServer(handler)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send(request)
        #expect(client.response()?.status == 200, "\(name)")
    }

    /// RFC 9110, sections 5.6.2 and 5.5, byte by byte.
    @Test func `a name is a token and a value is text`() {
        func fault(name: [UInt8], value: [UInt8]) -> FramingFault? {
            var fields = HTTPFields()
            fields.append(name: "Host".utf8, value: "h".utf8)
            fields.append(name: name, value: value)
            return Array("POST".utf8).withUnsafeBytes { method in
                Array("HTTP/1.1".utf8).withUnsafeBytes { version in
                    FramingGuard.fault(
                        method: method, target: Array("/".utf8), version: version, fields: fields,
                        isExact: true)
                }
            }
        }
        let letters = "abcdefghijklmnopqrstuvwxyz"
        let tokens = Set("!#$%&'*+-.^_`|~0123456789\(letters)\(letters.uppercased())".utf8)
        for byte in UInt8.min...UInt8.max {
            let isToken = tokens.contains(byte)
            let isText = byte == 0x09 || byte >= 0x20 && byte != 0x7f
            #expect(fault(name: [0x58, byte], value: [0x76]) == (isToken ? nil : .fieldName))
            // Values are looked at eight bytes at a time, and what is left one by one.
            for place in 0..<18 {
                var value = [UInt8](repeating: 0x80, count: 18)
                value[place] = byte
                #expect(fault(name: [0x58], value: value) == (isText ? nil : .fieldValue))
            }
        }
        #expect(fault(name: [], value: [0x76]) == .fieldName)
    }

    @Test func `an expectation that is not known is answered 417`() throws {
        let handler = TestHandler { $0.answer(HTTPResponse(status: 200)) }
        let server = try TestServer(handler)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: foo\r\nContent-Length: 0\r\n\r\n")
        #expect(client.response()?.status == 417)
    }
}
