import TestSupport
import Testing

@testable import Curl

@Suite(
    .startsPrograms, .timeLimit(.minutes(20)), .enabled(if: TLSServer.isAvailable, "needs openssl"))
struct TransferTLSTests {
    private func get(
        _ server: TLSServer, host: String, authority: String?
    ) throws -> TransferResult {
        var options = TransferEngineOptions(connectionsMax: 1)
        options.certificateAuthorityFile = authority
        var engine = try TransferEngine(options)
        return try engine.run(
            TransferRequest(url: "https://\(host):\(server.port)/", method: .get))
    }

    @Test func `a certificate of an unknown authority is a TLS failure`() throws {
        let server = try TLSServer()
        let result = try get(server, host: "localhost", authority: nil)
        #expect(result.failure == .tls)
        #expect(result.timesSent == 0)
    }

    @Test func `a certificate of a trusted authority is accepted`() throws {
        let server = try TLSServer()
        let result = try get(server, host: "localhost", authority: server.certificate)
        #expect(result.response?.status == 200)
    }

    @Test func `a certificate for another host is a TLS failure`() throws {
        let server = try TLSServer()
        let result = try get(server, host: "127.0.0.1", authority: server.certificate)
        #expect(result.failure == .tls)
        #expect(result.timesSent == 0)
    }

    @Test func `a missing file of authorities is a TLS failure, not an open door`() throws {
        let server = try TLSServer()
        let result = try get(server, host: "localhost", authority: server.certificate + ".none")
        #expect(result.failure == .tls)
    }
}
