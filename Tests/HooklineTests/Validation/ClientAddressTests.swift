import MicroHTTP
import POSIX
import Testing

@testable import Hookline

@Suite struct ClientAddressTests {
    private func client(
        _ peer: String, _ forwarded: [String], trusted: [String] = ["10.0.0.0/8", "fd00::/8"]
    ) throws -> String? {
        var fields = HTTPFields()
        fields.append(name: "Host".utf8, value: "h".utf8)
        for line in forwarded { fields.append(name: "X-Forwarded-FOR".utf8, value: line.utf8) }
        let request = HTTPRequest(
            method: .post, target: [0x2f], fields: fields, body: [],
            peer: try #require(NetworkAddress.bytes(of: peer)))
        let blocks = try trusted.map { try CIDRBlock($0) }
        return NetworkAddress.text(
            of: ClientAddress(trustedProxies: blocks).bytes(of: request))
    }

    @Test func `a peer that is no trusted proxy is the client, whatever it says`() throws {
        #expect(try client("192.0.2.1", ["198.51.100.7"]) == "192.0.2.1")
        #expect(try client("10.0.0.1", ["198.51.100.7"], trusted: []) == "10.0.0.1")
    }

    @Test func `the last address before the trusted proxies is the client`() throws {
        #expect(try client("10.0.0.1", ["198.51.100.7"]) == "198.51.100.7")
        #expect(try client("10.0.0.1", ["1.1.1.1, 198.51.100.7, 10.9.9.9"]) == "198.51.100.7")
        #expect(try client("10.0.0.1", ["1.1.1.1", "198.51.100.7 ,10.9.9.9"]) == "198.51.100.7")
        #expect(try client("fd00::1", ["198.51.100.7:4711"]) == "198.51.100.7")
        #expect(try client("10.0.0.1", ["[2001:db8::1]:80"]) == "2001:db8::1")
        #expect(try client("10.0.0.1", ["2001:db8::1"]) == "2001:db8::1")
        #expect(try client("::ffff:10.0.0.1", ["::ffff:198.51.100.7"]) == "198.51.100.7")
    }

    @Test func `what is no address ends the search at the proxy that wrote it`() throws {
        #expect(try client("10.0.0.1", []) == "10.0.0.1")
        #expect(try client("10.0.0.1", ["198.51.100.7, unknown"]) == "10.0.0.1")
        #expect(try client("10.0.0.1", ["1.1.1.1, nonsense, 10.0.0.2"]) == "10.0.0.2")
        #expect(try client("10.0.0.1", [String(repeating: "1", count: 9000)]) == "10.0.0.1")
    }

    @Test func `only so many proxies are looked through`() throws {
        let hops = Array(repeating: "10.0.0.2", count: 15)
        let line = (["198.51.100.7"] + hops).joined(separator: ",")
        #expect(try client("10.0.0.1", [line]) == "198.51.100.7")
        #expect(try client("10.0.0.1", [line + ",10.0.0.3"]) == "10.0.0.2")
    }

    @Test func `all addresses of an IPv6 network are one source, an IPv4 address is its own`()
        throws
    {
        let first = try #require(NetworkAddress.bytes(of: "2001:db8:1:2::1"))
        let second = try #require(NetworkAddress.bytes(of: "2001:db8:1:2:ffff::9"))
        let other = try #require(NetworkAddress.bytes(of: "2001:db8:1:3::1"))
        #expect(ClientAddress.network(of: first) == ClientAddress.network(of: second))
        #expect(ClientAddress.network(of: first) != ClientAddress.network(of: other))
        #expect(ClientAddress.network(of: [192, 0, 2, 1]) == [192, 0, 2, 1])
    }
}
