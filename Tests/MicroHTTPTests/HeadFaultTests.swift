import Synchronization
import TestSupport
import Testing

@testable import MicroHTTP

/// One fault is enough, whatever else the head may have in it: white space elsewhere, which adds
/// bytes or takes them away, must not make up for it.
@Suite struct HeadFaultTests {
    /// Counts what is taken, and answers 200.
    private final class Counter {
        let server: TestServer
        private let taken: Taken

        private final class Taken: Sendable {
            let requests = Mutex<[HTTPRequest]>([])
        }

        init() throws {
            let taken = Taken()
            server = try TestServer(
                TestHandler { exchange in
                    taken.requests.withLock { $0.append(exchange.request) }
                    exchange.answer(HTTPResponse(status: 200))
                })
            self.taken = taken
        }

        /// The requests that a handler got of these bytes, and the first status.
        func send(_ bytes: [UInt8]) throws -> (taken: [HTTPRequest], status: Int?) {
            let client = try RawClient(port: server.port)
            client.send(bytes)
            let status = client.response()?.status
            return taken.requests.withLock { requests in
                defer { requests = [] }
                return (requests, status)
            }
        }

        /// True when a request is refused, and nothing of it reaches the handler.
        func refuses(_ request: SentRequest) throws -> Bool {
            let (taken, status) = try send(request.bytes)
            return taken.isEmpty && status == 400
        }
    }

    /// A good head in several forms: as usual, with white space everywhere, and with as little as
    /// there can be, so that a fault that adds bytes meets one that is shorter.
    private static let forms = [SentRequest.sized, .chunked].flatMap { plain in
        [(" ", ""), ("\t  ", " \t"), ("", ""), ("", " ")].map { before, behind in
            var request = plain
            for index in request.fields.indices {
                request.fields[index].before = Array(before.utf8)
                request.fields[index].behind = Array(behind.utf8)
            }
            return request
        }
    }

    @Test(arguments: fieldFaults.map(\.name))
    func `a fault in any field line is found`(_ name: String) throws {
        let fault = try #require(fieldFaults.first { $0.name == name })
        let counter = try Counter()
        defer { counter.server.stop() }
        for form in Self.forms {
            for index in form.fields.indices {
                var request = form
                fault.apply(&request.fields[index])
                #expect(try counter.refuses(request), "\(request)")
            }
        }
    }

    @Test(arguments: headFaults.map(\.name))
    func `a fault in the rest of a head is found`(_ name: String) throws {
        let fault = try #require(headFaults.first { $0.name == name })
        let counter = try Counter()
        defer { counter.server.stop() }
        for form in Self.forms {
            var request = form
            fault.apply(&request)
            #expect(try counter.refuses(request), "\(request)")
        }
    }

    @Test func `a fault is found with any amount of white space elsewhere`() throws {
        let counter = try Counter()
        defer { counter.server.stop() }
        // Shorter by none to eight bytes in one field, longer by none to eight in another.
        for fault in fieldFaults {
            for extra in 0...8 {
                var request = SentRequest.sized
                request.fields[1].before = [UInt8](repeating: 0x20, count: extra)
                for index in [0, 3, 4, 5] where extra > 4 { request.fields[index].before = [] }
                fault.apply(&request.fields[2])
                #expect(try counter.refuses(request), "\(request)")
            }
        }
    }

    @Test func `a random head is taken as it is, and refused with any one fault`() throws {
        let counter = try Counter()
        defer { counter.server.stop() }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            var request = Self.random(&random)
            let (taken, status) = try counter.send(request.bytes)
            #expect(status == 200 && taken.count == 1, "\(request)")
            let fields = try #require(taken.first, "\(request)").fields
            #expect(
                fields.count == request.fields.count
                    && request.fields.indices.allSatisfy {
                        fields.name(at: $0).elementsEqual(request.fields[$0].name)
                            && fields.value(at: $0).elementsEqual(request.fields[$0].value)
                    }, "\(request)")
            if Bool.random(using: &random), let fault = headFaults.randomElement(using: &random) {
                fault.apply(&request)
            } else if let fault = fieldFaults.randomElement(using: &random) {
                fault.apply(&request.fields[Int.random(in: request.fields.indices)])
            }
            #expect(try counter.refuses(request), "\(request)")
        }
    }

    /// A good request: any fields around those that there have to be, any white space.
    private static func random(_ random: inout some RandomNumberGenerator) -> SentRequest {
        var request = Bool.random(using: &random) ? SentRequest.sized : .chunked
        let text = Array(UInt8(0x21)...0x7e) + Array(0x80...0xff)
        for number in 0..<Int.random(in: 0...6, using: &random) {
            var field = SentRequest.Field("X-Random-\(number)", "")
            field.value = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                text.randomElement(using: &random) ?? 0x78
            }
            field.value.insert(
                contentsOf: whiteSpace.randomElement(using: &random) ?? [],
                at: field.value.count / 2)
            // White space at the edge of a value would be no part of it.
            if field.value.count < 2 || HTTPBytes.isWhiteSpace(field.value[0]) {
                field.value = [0x78]
            }
            request.fields.append(field)
        }
        for index in request.fields.indices {
            request.fields[index].before = whiteSpace.randomElement(using: &random) ?? []
            request.fields[index].behind = whiteSpace.randomElement(using: &random) ?? []
        }
        return request
    }
}
