import Glibc
import Synchronization
import TestSupport
import Testing

@testable import MicroHTTP

/// RFC 9112, section 5: `field-line = field-name ":" OWS field-value OWS`.
@Suite struct OptionalWhiteSpaceTests {
    /// Answers 200, and keeps what it received.
    private final class Receiver {
        let server: TestServer
        private let received: Received

        private final class Received: Sendable {
            let requests = Mutex<[HTTPRequest]>([])
        }

        init() throws {
            let received = Received()
            server = try TestServer(
                TestHandler { exchange in
                    received.requests.withLock { $0.append(exchange.request) }
                    exchange.answer(HTTPResponse(status: 200))
                })
            self.received = received
        }

        /// True when the last two requests are `sent` and the plain one behind it.
        func received(_ sent: SentRequest) -> Bool {
            let requests = received.requests.withLock { requests in
                defer { requests = [] }
                return requests
            }
            guard requests.count == 2, requests[0].fields.count == sent.fields.count else {
                return false
            }
            return requests[0].body == Array("abc".utf8)
                && requests[1].target == SentRequest.sized.start.dropFirst(5).dropLast(9)
                && sent.fields.indices.allSatisfy { index in
                    requests[0].fields.name(at: index).elementsEqual(sent.fields[index].name)
                        && requests[0].fields.value(at: index).elementsEqual(
                            sent.fields[index].value)
                }
        }
    }

    /// Sends a request and a plain one behind it; true when both are answered and arrived whole.
    private static func pass(
        _ request: SentRequest, _ receiver: Receiver, _ client: RawClient
    ) -> Bool {
        client.send(request.bytes + SentRequest.sized.bytes)
        return client.response()?.status == 200 && client.response()?.status == 200
            && receiver.received(request)
    }

    /// Requests with white space around the values of all fields, of every kind.
    private static let spacious = [SentRequest.sized, .chunked].flatMap { plain in
        whiteSpace.indices.map { index in
            var request = plain
            for field in request.fields.indices {
                request.fields[field].before = whiteSpace[(index + field) % whiteSpace.count]
                request.fields[field].behind = whiteSpace[(index + 2 * field + 1) % 6]
            }
            return request
        }
    }

    @Test(arguments: [SentRequest.sized, .chunked])
    func `white space around any value is no part of it`(_ plain: SentRequest) throws {
        let receiver = try Receiver()
        defer { receiver.server.stop() }
        let client = try RawClient(port: receiver.server.port)
        for field in plain.fields.indices {
            for before in whiteSpace {
                for behind in whiteSpace {
                    var request = plain
                    request.fields[field].before = before
                    request.fields[field].behind = behind
                    try #require(Self.pass(request, receiver, client), "\(request)")
                }
            }
        }
        for request in Self.spacious {
            try #require(Self.pass(request, receiver, client), "\(request)")
        }
    }

    @Test func `a head with white space may come in any two pieces`() throws {
        let receiver = try Receiver()
        defer { receiver.server.stop() }
        let client = try PatientClient(receiver.server)
        for request in Self.spacious.prefix(1) + Self.spacious.suffix(1) {
            let bytes = request.bytes + SentRequest.sized.bytes
            for place in 1..<request.bytes.count {
                client.send(bytes[..<place])
                client.send(bytes[place...])
                try #require(client.raw.response()?.status == 200, "\(place) \(request)")
                try #require(client.raw.response()?.status == 200, "\(place) \(request)")
                try #require(receiver.received(request), "\(place) \(request)")
            }
        }
    }

    @Test func `a head with white space may come byte by byte`() throws {
        let receiver = try Receiver()
        defer { receiver.server.stop() }
        let client = try PatientClient(receiver.server)
        for request in Self.spacious {
            let bytes = request.bytes + SentRequest.sized.bytes
            for index in bytes.indices { client.send(bytes[index...index]) }
            try #require(client.raw.response()?.status == 200, "\(request)")
            try #require(client.raw.response()?.status == 200, "\(request)")
            try #require(receiver.received(request), "\(request)")
        }
    }

    @Test func `much white space passes up to the limit of a head`() throws {
        let receiver = try Receiver()
        defer { receiver.server.stop() }
        let client = try RawClient(port: receiver.server.port)
        for field in SentRequest.sized.fields.indices {
            var request = SentRequest.sized
            request.fields[field].before = [UInt8](repeating: 0x20, count: 4000)
            request.fields[field].behind = [UInt8](repeating: 0x09, count: 4000)
            try #require(Self.pass(request, receiver, client), "field \(field)")
        }
    }

    @Test func `an expectation with white space behind it is met`() throws {
        let receiver = try Receiver()
        defer { receiver.server.stop() }
        let client = try RawClient(port: receiver.server.port)
        var request = SentRequest.sized
        request.fields.append(SentRequest.Field("Expect", "100-continue"))
        request.fields[6].behind = whiteSpace[4]
        client.send(request.head)
        #expect(client.response()?.status == 100)
        client.send(request.body + SentRequest.sized.bytes)
        #expect(client.response()?.status == 200)
        #expect(client.response()?.status == 200)
        #expect(receiver.received(request))
    }

    @Test func `what other character sets call white space is part of a value`() throws {
        let receiver = try Receiver()
        defer { receiver.server.stop() }
        let client = try RawClient(port: receiver.server.port)
        for byte in [UInt8](0x80...0xff) {
            var request = SentRequest.sized
            request.fields[2].value = [byte, 0x20, 0x76, 0x09, byte]
            request.fields[2].behind = whiteSpace[1]
            try #require(Self.pass(request, receiver, client), "\(request)")
        }
    }
}

/// A client that sends the next piece when the server has taken the one before.
private final class PatientClient {
    let raw: RawClient
    private let server: TestServer

    init(_ server: TestServer) throws {
        self.server = server
        raw = try RawClient(port: server.port)
        var isOn: Int32 = 1
        setsockopt(
            raw.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn,
            socklen_t(MemoryLayout<Int32>.size))
    }

    func send(_ bytes: ArraySlice<UInt8>) {
        raw.send(Array(bytes))
        // On loopback a byte that was sent is there: a turn that begins now reads it.
        let sent = LoopCore.now()
        server.loop.wake()
        while server.loop.turnedNanoseconds <= sent { sched_yield() }
    }
}
