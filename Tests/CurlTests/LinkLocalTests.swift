import TestSupport
import Testing

@testable import Curl

@Suite struct LinkLocalTests {
    @Test func `X17 addresses of the local link and of metadata are told from others`() {
        for address: UInt32 in [0xa9fe_0000, 0xa9fe_a9fe, 0xa9fe_ffff, 0x6464_64c8] {
            #expect(LinkLocal.isLinkLocal4(address))
            let mapped =
                [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
                + (0..<4).map { UInt8(truncatingIfNeeded: address >> UInt32(24 - 8 * $0)) }
            #expect(LinkLocal.isLinkLocal6(mapped))
        }
        for address: UInt32 in [0xa9fd_ffff, 0xa9ff_0000, 0x7f00_0001, 0x0a00_0001, 0x6464_64c7] {
            #expect(!LinkLocal.isLinkLocal4(address))
        }
        let rest = [UInt8](repeating: 0, count: 13)
        #expect(LinkLocal.isLinkLocal6([0xfe, 0x80, 0] + rest))
        #expect(LinkLocal.isLinkLocal6([0xfe, 0xbf, 0] + rest))
        #expect(!LinkLocal.isLinkLocal6([0xfe, 0xc0, 0] + rest))
        #expect(!LinkLocal.isLinkLocal6([0xfd, 0, 0] + rest))
        #expect(
            LinkLocal.isLinkLocal6(
                [0xfd, 0, 0x0e, 0xc2] + [UInt8](repeating: 0, count: 10) + [2, 0x54]))
    }

    @Test(arguments: ["http://169.254.169.254/", "http://[fe80::1]/", "http://0xa9fea9fe/"])
    func `X17 they are not connected to, however they are written`(url: String) throws {
        var options = TransferEngineOptions(connectionsMax: 1)
        options.allowsLinkLocal = false
        var engine = try TransferEngine(options)
        let result = try engine.run(TransferRequest(url: url, timeoutMilliseconds: 5_000))
        guard case .failed(.connect, _, let message) = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
        #expect(message.contains("local link") && result.timesSent == 0)
    }

    @Test func `the loopback is no local link`() throws {
        var options = TransferEngineOptions(connectionsMax: 1)
        options.allowsLinkLocal = false
        let server = try LoopbackServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        var engine = try TransferEngine(options)
        #expect(try engine.run(TransferRequest(url: server.url())).response?.status == 200)
    }
}
