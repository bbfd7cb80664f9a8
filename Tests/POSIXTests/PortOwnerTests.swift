import Glibc
import TestSupport
import Testing

@testable import POSIX

@Suite struct PortOwnerTests {
    @Test func `who listens on a port is found by name and number`() throws {
        let server = try LoopbackServer(answering: "")
        let owner = try #require(PortOwner.find(port: server.port))
        #expect(owner.processID == getpid())
        #expect(!owner.name.isEmpty && !owner.name.contains("\n"))
    }

    @Test func `nobody listens on a port that is closed`() throws {
        #expect(try PortOwner.find(port: LoopbackSocket.closedPort()) == nil)
    }
}
