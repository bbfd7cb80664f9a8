import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import MicroHTTP

/// Every request of the corpus, sent to a real server.
@Suite struct HTTPCorpusTests {
    /// Answers 200 to everything, and keeps what it got.
    private final class Receiver {
        let server: TestServer
        let handler: TestHandler
        private let received: Received

        private final class Received: Sendable {
            let lines = Mutex<[String]>([])
        }

        init(_ options: EventLoopOptions = EventLoopOptions(number: 0)) throws {
            let received = Received()
            handler = TestHandler { exchange in
                received.lines.withLock { $0.append(Self.line(exchange.request)) }
                exchange.answer(HTTPResponse(status: 200))
            }
            server = try TestServer(handler, options)
            self.received = received
        }

        /// What came since the last call.
        func take() -> [String] {
            received.lines.withLock { lines in
                defer { lines = [] }
                return lines
            }
        }

        var requests: Int { received.lines.withLock { $0.count } }

        private static func line(_ request: HTTPRequest) -> String {
            let method =
                switch request.method {
                case .get: "GET"
                case .head: "HEAD"
                case .post: "POST"
                case .other: "other"
                }
            let target = String(decoding: request.target, as: UTF8.self)
            return "\(method) \(target) \(request.body.count)"
        }
    }

    private static let canary = "GET /canary HTTP/1.1\r\nHost: h\r\n\r\n"

    private static func endsConnection(_ example: HTTPCorpus.Case) -> Bool {
        let text = String(decoding: example.bytes, as: UTF8.self)
        return text.contains(" HTTP/1.0\r\n") && !text.contains("keep-alive")
    }

    /// Sends a case with a plain request behind it, all at once.
    private func send(_ example: HTTPCorpus.Case, to receiver: Receiver) throws {
        let client = try RawClient(port: receiver.server.port)
        client.send(example.bytes + Array(Self.canary.utf8))
        var expected = example.statuses
        let isAlone = example.isRefused || Self.endsConnection(example)
        if !isAlone { expected.append(200) }
        let statuses = expected.map { _ in client.response()?.status ?? 0 }
        #expect(statuses == expected, "\(example.name)")
        if isAlone { #expect(client.isAtEnd, "\(example.name)") }
        let received = receiver.take()
        let taken = expected.count { $0 == 200 }
        #expect(received.count == taken, "\(example.name): \(received)")
        if !isAlone { #expect(received.last == "GET /canary 0", "\(example.name)") }
        if !example.received.isEmpty {
            #expect(
                Array(received.prefix(example.received.count)) == example.received,
                "\(example.name)")
        }
    }

    @Test func `each request of the corpus is answered as it says, and nothing is hidden in it`()
        throws
    {
        let corpus = try HTTPCorpus()
        #expect(corpus.cases.count >= 250)
        let receiver = try Receiver()
        defer { receiver.server.stop() }
        for example in corpus.cases { try send(example, to: receiver) }
        // Each that was refused was told, and no connection ended otherwise.
        let refused = corpus.cases.count { $0.isRefused }
        #expect(eventually { receiver.handler.seen.withLock { $0.refused.count } == refused })
        #expect(eventually { receiver.server.loop.connections == 0 })
        #expect(receiver.handler.seen.withLock { $0.ends } == [])
        #expect(receiver.handler.seen.withLock { $0.messages } == [])
    }

    @Test func `docs/http.md has a row for each heading of the corpus, and no other`() throws {
        let path = #filePath.replacing(
            "Tests/MicroHTTPTests/HTTPCorpusTests.swift", with: "docs/http.md")
        let document = try String(contentsOfFile: path, encoding: .utf8)
        var rows: [String] = []
        for section in ["Taken", "Refused"] {
            let text = document.components(separatedBy: "## \(section)\n").last ?? ""
            let lines = text.components(separatedBy: "\n## ")[0].split(separator: "\n")
            rows += lines.filter { $0.hasPrefix("| ") }.dropFirst(2).map { line in
                "\(section.lowercased()): " + line.dropFirst(2).components(separatedBy: " | ")[0]
            }
        }
        let corpus = try HTTPCorpus()
        #expect(rows == corpus.headings)
        // The status of a row is that of its cases.
        for example in corpus.cases where example.heading.hasPrefix("refused: ") {
            let row = "| \(example.heading.dropFirst(9)) | \(example.statuses.last ?? 0) |"
            #expect(document.contains(row), "\(example.name)")
        }
    }

    @Test func `many requests at once are answered in order up to the bad one`() throws {
        let receiver = try Receiver()
        defer { receiver.server.stop() }
        let client = try RawClient(port: receiver.server.port)
        let post = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
        let text = String(repeating: post, count: 1000)
        client.send(text + "POST /bad HTTP/1.1\r\nHost : h\r\n\r\n" + text)
        for _ in 0..<1000 { #expect(client.response()?.status == 200) }
        #expect(client.response()?.status == 400)
        #expect(client.response() == nil)
        #expect(receiver.take().count == 1000)
    }

    @Test func `an unfinished request is answered, when its client says that it ends there`() throws
    {
        let receiver = try Receiver()
        defer { receiver.server.stop() }
        for text in [
            "POST", "POST / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nHost: h\r\nX",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nab",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
        ] {
            let client = try RawClient(port: receiver.server.port)
            client.send(text)
            shutdown(client.descriptor, Int32(SHUT_WR))
            #expect(client.response()?.status == 400, "\(text)")
            #expect(client.isAtEnd)
        }
        // A complete one is answered first.
        let client = try RawClient(port: receiver.server.port)
        client.send(Self.canary + "POST")
        shutdown(client.descriptor, Int32(SHUT_WR))
        #expect(client.response()?.status == 200)
        #expect(client.response()?.status == 400)
        #expect(receiver.take().count == 1)
    }

    @Test func `a client that waits is told to go on, and one that may not send is refused`() throws
    {
        let receiver = try Receiver()
        defer { receiver.server.stop() }
        let head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
        for (fields, body) in [
            ("Content-Length: 3\r\n\r\n", "abc"),
            ("Transfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n"),
        ] {
            let client = try RawClient(port: receiver.server.port)
            for _ in 0..<2 {
                client.send(head + fields)
                #expect(client.response()?.status == 100)
                client.send(body)
                #expect(client.response()?.status == 200)
            }
        }
        let client = try RawClient(port: receiver.server.port)
        client.send(head + "Content-Length: 999999\r\n\r\n")
        #expect(client.response()?.status == 413)
        #expect(client.isAtEnd)
        // HTTP/1.0 knows no 100.
        let old = try RawClient(port: receiver.server.port)
        old.send(head.replacing("1.1", with: "1.0") + "Content-Length: 3\r\n\r\n")
        old.send("abc")
        #expect(old.response()?.status == 200)
    }

    /// nginx and haproxy, with kept connections to the server behind them.
    @Test(.startsPrograms, arguments: CorpusProxy.Kind.allCases)
    func `a proxy in front sees as many requests as the server`(_ kind: CorpusProxy.Kind) throws {
        let receiver = try Receiver()
        defer { receiver.server.stop() }
        let proxy = try CorpusProxy(kind, to: receiver.server.port)
        let cases = try HTTPCorpus().cases
        // Together, because what is not complete waits for the proxy's patience.
        for start in stride(from: 0, to: cases.count, by: 64) {
            let clients = try cases[start..<min(cases.count, start + 64)].map { example in
                let client = try RawClient(port: proxy.port, receiveSeconds: 4)
                client.send(example.bytes)
                shutdown(client.descriptor, Int32(SHUT_WR))
                return client
            }
            for client in clients { _ = client.rest() }
        }
        #expect(
            eventually { proxy.taken == receiver.requests },
            "\(proxy.taken) answered 200, \(receiver.requests) came")
        #expect(proxy.taken >= 100)
        // Some of what it passes on is refused here, and what its client left unfinished ends.
        let refused = receiver.handler.seen.withLock { $0.refused.count + $0.ends.count }
        #expect(refused >= 5)
    }
}
