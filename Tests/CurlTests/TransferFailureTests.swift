import CCurl
import Dispatch
import Glibc
import TestSupport
import Testing

@testable import Curl

@Suite(.timeLimit(.minutes(20))) struct TransferFailureTests {
    @Test func `a port that nobody listens on is a connect failure and nothing was sent`() throws {
        var engine = try TransferEngine(connectionsMax: 1)
        let port = try LoopbackSocket.closedPort()
        let result = try engine.run(TransferRequest(url: "http://127.0.0.1:\(port)/"))
        #expect(
            result.outcome
                == .failed(.connect, code: 7, message: "Couldn't connect to server"))
        #expect(result.timesSent == 0)
        #expect(!result.reusedConnection)
    }

    @Test func `a name without an address is a resolve failure`() throws {
        var engine = try TransferEngine(connectionsMax: 1)
        // A label of more than 63 bytes is refused before any server is asked (RFC 1035, 2.3.4).
        let name = String(repeating: "a", count: 70) + ".invalid"
        let result = try engine.run(TransferRequest(url: "http://\(name)/"))
        #expect(result.failure == .resolve)
        #expect(result.timesSent == 0)
    }

    @Test func `a host that takes no connection times out in the connect time`() throws {
        let (listener, port) = try LoopbackSocket.listening(backlog: 0)
        // The queue of connections that wait to be accepted is full: the next SYN is dropped.
        let fillers = (0..<4).map { _ in LoopbackSocket.connecting(to: port) }
        defer { for descriptor in fillers + [listener] { close(descriptor) } }
        var engine = try TransferEngine(connectionsMax: 1)
        let result = try engine.run(
            TransferRequest(
                url: "http://127.0.0.1:\(port)/", connectTimeoutMilliseconds: 50,
                timeoutMilliseconds: 600_000))
        #expect(result.failure == .timeout)
        #expect(result.timesSent == 0)
    }

    @Test func `a host that accepts and says nothing times out in the total time`() throws {
        let (listener, port) = try LoopbackSocket.listening(backlog: 8)
        defer { close(listener) }
        var engine = try TransferEngine(connectionsMax: 1)
        let result = try engine.run(
            TransferRequest(
                url: "http://127.0.0.1:\(port)/", connectTimeoutMilliseconds: 600_000,
                timeoutMilliseconds: 50))
        #expect(result.failure == .timeout)
        #expect(result.timesSent == 1)
    }

    @Test func `an answer that trickles does not stretch the total time`() throws {
        let server = try LoopbackServer { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nx")
            connection.waitForClose()
            return false
        }
        var engine = try TransferEngine(connectionsMax: 1)
        let result = try engine.run(TransferRequest(url: server.url(), timeoutMilliseconds: 50))
        #expect(result.failure == .timeout)
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
    ])
    func `a connection that ends too early is a receive failure`(answer: String) throws {
        let server = try LoopbackServer(answering: answer, keepAlive: false)
        var engine = try TransferEngine(connectionsMax: 1)
        let result = try engine.run(TransferRequest(url: server.url()))
        #expect(result.failure == .receive)
        #expect(result.timesSent == 1)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/9.9 200 OK\r\n\r\n", "hello"])
    func `an answer that is not HTTP is a protocol failure`(answer: String) throws {
        let server = try LoopbackServer(answering: answer, keepAlive: false)
        var engine = try TransferEngine(connectionsMax: 1)
        let result = try engine.run(TransferRequest(url: server.url()))
        #expect(result.failure == .protocol)
    }

    @Test func `a server without TLS is a TLS failure for an https URL`() throws {
        let (listener, port) = try LoopbackSocket.listening(backlog: 8)
        let server = DispatchQueue(label: "plain")
        server.async {
            let connection = ServerConnection(descriptor: accept(listener, nil, nil))
            connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.waitForClose()
            close(connection.descriptor)
        }
        var engine = try TransferEngine(connectionsMax: 1)
        let result = try engine.run(TransferRequest(url: "https://127.0.0.1:\(port)/"))
        #expect(result.failure == .tls)
        #expect(result.timesSent == 0)
        server.sync {}
        close(listener)
    }

    @Test func `a failure's words name no host`() throws {
        var engine = try TransferEngine(connectionsMax: 1)
        let port = try LoopbackSocket.closedPort()
        let result = try engine.run(TransferRequest(url: "http://127.0.0.1:\(port)/secret"))
        #expect(!"\(result)".contains("127.0.0.1"))
        #expect(!"\(result)".contains("secret"))
    }

    @Test func `every kind has its own word`() {
        #expect(
            TransferFailure.allCases.map(\.rawValue) == [
                "resolve", "connect", "tls", "timeout", "send", "receive", "too_large", "protocol",
                "other",
            ])
    }

    @Test func `codes become kinds and unknown ones become other`() {
        #expect(TransferFailure(CURLE_SEND_ERROR) == .send)
        #expect(TransferFailure(CURLE_PEER_FAILED_VERIFICATION) == .tls)
        #expect(TransferFailure(CURLE_OUT_OF_MEMORY) == .other)
        #expect(TransferFailure(CURLcode(rawValue: 9_999)) == .other)
    }
}
