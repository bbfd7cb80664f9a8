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
    ("absolute target", "POST http://evil/x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
    ("asterisk target", "POST * HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
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

@Suite struct HeadReaderTests {
    /// The status of the first answer; the connection is closed after it.
    private static func status(_ request: String) throws -> Int? {
        let server = try TestServer(TestHandler { $0.answer(HTTPResponse(status: 200)) })
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send(request)
        let status = client.response()?.status
        #expect(client.isAtEnd)
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

    /// The fault of a head that comes at once, and the same when it comes byte by byte.
    private func fault(_ head: [UInt8], bytesMax: Int = 1000) -> RequestFault? {
        var whole = HeadReader()
        var piecemeal = HeadReader()
        return head.withUnsafeBytes { bytes in
            let fault = Self.fault { () throws(RequestFault) in
                _ = try whole.advance(bytes, bytesMax: bytesMax)
            }
            var late: RequestFault?
            for count in 1...bytes.count where late == nil {
                late = Self.fault { () throws(RequestFault) in
                    _ = try piecemeal.advance(
                        UnsafeRawBufferPointer(rebasing: bytes[..<count]), bytesMax: bytesMax)
                }
            }
            #expect((fault == nil) == (late == nil), "\(String(decoding: head, as: UTF8.self))")
            return fault
        }
    }

    private static func fault(_ body: () throws(RequestFault) -> Void) -> RequestFault? {
        do throws(RequestFault) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test func `a head of the limit is taken and one byte more is not`() {
        for (start, status) in [("GET / HTTP/1.1\r\nHost: h\r\nX: ", 431), ("GET /", 414)] {
            let end = status == 431 ? "\r\n\r\n" : " HTTP/1.1\r\nHost: h\r\n\r\n"
            let room = 200 - start.utf8.count - end.utf8.count
            for (extra, expected) in [(0, nil), (1, UInt16(status)), (300, UInt16(status))] {
                let filling = String(repeating: "a", count: room + extra)
                let fault = fault(Array("\(start)\(filling)\(end)".utf8), bytesMax: 200)
                #expect(fault?.status == (status == 414 && extra == 1 ? 431 : expected))
            }
        }
        let method = String(repeating: "A", count: 33)
        #expect(fault(Array("\(method) / HTTP/1.1\r\n".utf8))?.status == 501)
        #expect(fault(Array(String(repeating: "A", count: 900).utf8))?.status == 501)
    }

    /// RFC 9110, sections 5.6.2 and 5.5, byte by byte.
    @Test func `a name is a token and a value is text`() {
        func fault(name: [UInt8], value: [UInt8]) -> FramingFault? {
            let head = Array("GET / HTTP/1.1\r\nHost: h\r\n".utf8) + name + Array(": ".utf8) + value
            return self.fault(head + Array("\r\n\r\n".utf8))?.fault
        }
        let letters = "abcdefghijklmnopqrstuvwxyz"
        let tokens = Set("!#$%&'*+-.^_`|~0123456789\(letters)\(letters.uppercased())".utf8)
        for byte in UInt8.min...UInt8.max {
            let isToken = tokens.contains(byte)
            let isText = byte == 0x09 || byte >= 0x20 && byte != 0x7f
            // `X:: v` is the value `: v`, and a CR or LF is a line that ends otherwise.
            if byte != 0x3a, byte != 0x0a {
                #expect(fault(name: [0x58, byte], value: [0x76]) == (isToken ? nil : .fieldName))
            }
            // Values are looked at eight bytes at a time, and what is left one by one.
            for place in 0..<18 where byte != 0x0a {
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
