import Synchronization
import TestSupport
import Testing

@testable import MicroHTTP

/// One fault is enough, whatever else the head may have in it: white space elsewhere, which adds
/// bytes or takes them away, must not make up for it.
@Suite struct HeadLayoutTests {
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
            return taken.isEmpty && (status == 400 || status == nil)
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

    /// Judges a head as libmicrohttpd leaves it: a NUL is what it overwrote. Everything lies where
    /// these offsets say; method, target, name and value are of one byte unless said otherwise.
    private func isExact(
        _ head: String, version: Int = 4, name: Int = 14, value: Int = 16, valueBytes: Int = 1
    ) -> Bool {
        Array(head.utf8).withUnsafeBytes { head in
            guard let start = head.baseAddress else { return false }
            var layout = HeadLayout(
                method: start, methodBytes: 1, targetBytes: 1, version: start + version,
                versionBytes: 8, bytes: head.count)
            layout.add(
                name: start + name, nameBytes: 1, value: start + value, valueBytes: valueBytes)
            return layout.isExact
        }
    }

    @Test func `between the parts there is white space before a value and no more`() {
        let line = "M\0/\0HTTP/1.1\0\0"
        #expect(isExact("\(line)A\0v\0\0\0\0"))
        #expect(isExact("\(line)A\0 v\0\0\0\0", value: 17))
        #expect(isExact("\(line)A\0\t \0\0\0\0", value: 18, valueBytes: 0))
        // Another byte before the value, and white space that was left behind it.
        #expect(!isExact("\(line)A\0xv\0\0\0\0", value: 17))
        #expect(!isExact("\(line)A\0\0v\0\0\0\0", value: 17))
        #expect(!isExact("\(line)A\0v \0\0\0\0", valueBytes: 2))
        #expect(!isExact("\(line)A\0v\t\0\0\0\0", valueBytes: 2))
        // A byte too many or too few: before the method's end, before the name, at the end.
        #expect(!isExact("M\0/\0\0HTTP/1.1\0\0A\0v\0\0\0\0", version: 5, name: 15, value: 17))
        #expect(!isExact("\(line)\0A\0v\0\0\0\0", name: 15, value: 17))
        #expect(!isExact("\(line)A\0v\0\0\0\0\0"))
        #expect(!isExact("\(line)A\0v\0\0\0"))
        #expect(!isExact("\(line)A\0v\0"))
        // A value right behind its name, before it, and one that ends behind the head.
        #expect(!isExact("\(line)Av\0\0\0\0", value: 15))
        #expect(!isExact("\(line)A\0v\0\0\0\0", value: 5))
        #expect(!isExact("\(line)A\0vvvv", valueBytes: 3))
    }

    @Test func `a fold is found wherever the buffer has to grow`() throws {
        let counter = try Counter()
        defer { counter.server.stop() }
        // libmicrohttpd begins with half of its memory, 10 KiB here.
        for padding in 9_700...10_200 {
            var request = SentRequest.sized
            request.fields[1].value = [UInt8](repeating: 0x78, count: padding)
            fieldFaults[padding % 7].apply(&request.fields[2])
            #expect(try counter.refuses(request), "padding \(padding)")
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
            if field.value.count < 2 || OptionalWhiteSpace.contains(field.value[0]) {
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
