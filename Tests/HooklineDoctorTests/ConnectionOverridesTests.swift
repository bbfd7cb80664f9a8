import Testing

@testable import HooklineDoctor

@Suite struct ConnectionOverridesTests {
    @Test(arguments: [
        "#rc=3&rp=all", "#rp=all", "#rp=5xx,ct", "#ct=2000&rt=5000&tt=15000&rc=1&rp=5xx",
        "#e=ashburn,dublin&rp=all&sni=n",
    ])
    func `overrides that try again are right`(text: String) {
        #expect(ConnectionOverrides.fault(of: "https://a/b" + text) == nil)
    }

    @Test(arguments: ["", "#", "#rc=3", "#rc=0&rp=all", "#rp=ct", "#rc=5&rp=4xx,rt", "#ct=100"])
    func `overrides that do not try again after an error are named`(text: String) {
        #expect(ConnectionOverrides.fault(of: "https://a/b" + text) == .noRetry)
    }

    @Test(arguments: [
        ("#rc=6&rp=all", "rc=6"), ("#rc=-1", "rc=-1"), ("#ct=99", "ct=99"),
        ("#ct=10001", "ct=10001"),
        ("#rt=15001", "rt=15001"), ("#rp=6xx", "rp=6xx"), ("#rp=", "rp="), ("#sni=x", "sni=x"),
        ("#x=1", "x=1"), ("#rc", "rc"), ("#e=", "e="),
    ])
    func `what Twilio does not know is named`(text: String, part: String) {
        #expect(ConnectionOverrides.fault(of: "https://a/b" + text) == .invalid(part))
    }
}
