import Testing

@testable import Hookline

/// A page of another site cannot read metrics through a browser (X15).
@Suite struct OpsHostsTests {
    private func allows(_ host: String?, _ change: (inout Configuration) -> Void = { _ in }) -> Bool
    {
        var configuration = Configuration()
        change(&configuration)
        return OpsHosts(configuration).allows(host.map { Array($0.utf8)[...] })
    }

    @Test(arguments: [
        nil, "127.0.0.1", "127.0.0.1:9464", "10.1.2.3:9464", "[::1]", "[2001:db8::1]:9464",
        "localhost", "localhost:9464", "LOCALHOST.", "a.localhost", "hookline:9464", "hookline",
    ])
    func `addresses, localhost and names without a dot are taken`(_ host: String?) {
        #expect(allows(host))
    }

    @Test(arguments: [
        "evil.example", "evil.example:9464", "127.0.0.1.evil.example", "localhost.evil.example",
        "1.2.3", "0x7f.1", "hooks.example.com",
    ])
    func `any other name is refused, unless it is listed`(_ host: String) {
        #expect(!allows(host))
        let name = host.split(separator: ":")[0].uppercased()
        #expect(allows(host) { $0.opsHosts = ["other.example", name] })
    }

    @Test func `the public host is taken where operations are served on the webhooks' address`() {
        func change(_ configuration: inout Configuration) {
            configuration.publicURL = "https://hooks.example.com:8443/base"
        }
        #expect(!allows("hooks.example.com", change))
        #expect(
            allows("hooks.example.com:8443") {
                change(&$0)
                $0.opsListen = nil
            })
    }
}
