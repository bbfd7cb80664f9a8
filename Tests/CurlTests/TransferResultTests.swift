import Dispatch
import TestSupport
import Testing

@testable import Curl

@Suite(.timeLimit(.minutes(20))) struct TransferResultTests {
    @Test func `status, headers and body come back`() throws {
        let server = try LoopbackServer(
            answering: "HTTP/1.1 503 Busy\r\nrEtRy-AfTeR:  120 \r\ncontent-type: text/xml\r\n"
                + "RETRY-AFTER: 7\r\nContent-Length: 3\r\n\r\na\u{0}b")
        var engine = try TransferEngine(connectionsMax: 1)
        let result = try engine.run(TransferRequest(url: server.url()), tag: .max)
        #expect(result.tag == .max)
        #expect(
            result.response
                == TransferResponse(
                    status: 503, retryAfter: "120", contentType: "text/xml",
                    body: [0x61, 0x00, 0x62]))
        #expect(result.timesSent == 1)
        #expect(result.durationNanoseconds > 0)
    }

    @Test func `nothing of one response shows up in the next`() throws {
        let server = try LoopbackServer { request, connection in
            let isFirst = request.requestLine.contains("/first")
            connection.send(
                isFirst
                    ? "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Type: a/b\r\n"
                        + "Set-Cookie: a=b; Path=/\r\nContent-Length: 1\r\n\r\nx"
                    : "HTTP/1.1 204 None\r\n\r\n")
            return true
        }
        var engine = try TransferEngine(connectionsMax: 1)
        _ = try engine.run(TransferRequest(url: server.url("/first")))
        let second = try engine.run(TransferRequest(url: server.url("/second")))
        #expect(second.response == TransferResponse(status: 204))
        #expect(server.requests.last?.headText.contains("ookie") == false)
    }

    @Test func `an interim response is not the response`() throws {
        let server = try LoopbackServer(
            answering: "HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        var engine = try TransferEngine(connectionsMax: 1)
        let result = try engine.run(TransferRequest(url: server.url()))
        #expect(result.response == TransferResponse(status: 200))
    }

    @Test(arguments: [301, 302, 307, 308])
    func `a redirect is an answer and is not followed`(status: Int) throws {
        let target = try LoopbackServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let location = target.url("/stolen")
        let server = try LoopbackServer(
            answering: "HTTP/1.1 \(status) Moved\r\nLocation: \(location)\r\n"
                + "Content-Length: 0\r\n\r\n")
        var engine = try TransferEngine(connectionsMax: 2)
        let result = try engine.run(TransferRequest(url: server.url()))
        #expect(result.response?.status == status)
        #expect(target.requests.isEmpty)
        #expect(server.requests.count == 1)
    }

    @Test func `a compressed body stays compressed`() throws {
        let server = try LoopbackServer(
            answering: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbomb")
        var engine = try TransferEngine(connectionsMax: 1)
        let result = try engine.run(TransferRequest(url: server.url()))
        #expect(result.response?.body == Array("bomb".utf8))
        #expect(server.requests.first?.headText.contains("Accept-Encoding") == false)
    }

    @Test(arguments: [(0, false), (99, false), (100, false), (101, true), (100_000, true)])
    func `a body is kept up to its limit and the status counts`(
        size: Int, isTruncated: Bool
    ) throws {
        let server = try LoopbackServer { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            return connection.send([UInt8](repeating: 0x78, count: size))
        }
        var engine = try TransferEngine(connectionsMax: 1)
        let result = try engine.run(TransferRequest(url: server.url(), responseBytesMax: 100))
        let response = try #require(result.response)
        #expect(response.status == 200)
        #expect(response.body.count == min(size, 100))
        #expect(response.bodyTruncated == isTruncated)
    }

    @Test func `an endless body is cut at 64 KiB and its connection closed`() throws {
        let gone = DispatchSemaphore(value: 0)
        let server = try LoopbackServer { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "400\r\n" + String(repeating: "x", count: 0x400) + "\r\n"
            while connection.send(chunk) {}
            gone.signal()
            return false
        }
        var engine = try TransferEngine(connectionsMax: 1)
        let result = try engine.run(TransferRequest(url: server.url()))
        #expect(result.response?.body.count == 65_536)
        #expect(result.response?.bodyTruncated == true)
        gone.wait()
    }

    @Test func `an endless head is given up`() throws {
        let server = try LoopbackServer { _, connection in
            connection.send("HTTP/1.1 200 OK\r\n")
            while connection.send("X-More: " + String(repeating: "x", count: 1_000) + "\r\n") {}
            return false
        }
        var engine = try TransferEngine(connectionsMax: 1)
        let result = try engine.run(TransferRequest(url: server.url()))
        #expect(result.failure == .tooLarge)
    }

    @Test func `endless interim responses are given up`() throws {
        let server = try LoopbackServer { _, connection in
            while connection.send("HTTP/1.1 102 Processing\r\n\r\n") {}
            return false
        }
        var engine = try TransferEngine(connectionsMax: 1)
        let result = try engine.run(TransferRequest(url: server.url()))
        #expect(result.failure == .tooLarge)
    }
}
