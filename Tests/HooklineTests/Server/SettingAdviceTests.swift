import TestSupport
import Testing

@testable import Hookline

@Suite struct SettingAdviceTests {
    private func advice(_ change: (inout Configuration) -> Void) -> [String] {
        var configuration = Configuration()
        change(&configuration)
        return SettingAdvice(configuration).sentences
    }

    @Test func `tokens of the right form, and a public URL with a base path, need none`() {
        let token = Secret("0123456789abcdefABCDEF0123456789".utf8)
        #expect(advice { $0.authTokens = [token, token] } == [])
        #expect(advice { $0.publicURL = "https://hooks.example.com/twilio" } == [])
    }

    @Test func `a value that is no token is named by its place, and never shown`() {
        let good = Secret("0123456789abcdef0123456789abcdef".utf8)
        let said = advice { $0.authTokens = [good, Secret("hidden".utf8)] }
        #expect(said.count == 1)
        #expect(said.first?.hasPrefix("TWILIO_AUTH_TOKEN: value 2 of 2 does not look like") == true)
        #expect(said.first?.contains("hidden") == false)
        let key = advice { $0.authTokens = [Secret("SK00".utf8)] }
        #expect(key.first?.contains("begins with SK, as an API key does") == true)
    }

    @Test func `tokens of a file are looked at, too`() throws {
        let folder = try TemporaryFolder()
        try folder.write("\"*\": [short]\n", to: "tokens.yaml")
        let said = advice { $0.tokensFile = folder.path("tokens.yaml") }
        #expect(said.count == 1)
        #expect(said.first?.hasPrefix("\(folder.path("tokens.yaml")): *: the value") == true)
        #expect(advice { $0.tokensFile = folder.path("missing") } == [])
    }

    @Test func `a public URL that ends with a route is said, with the one that was meant`() {
        let said = advice { $0.publicURL = "https://hooks.example.com/base/webhook/status" }
        #expect(said.count == 1)
        #expect(said.first?.hasSuffix("leave the path out: https://hooks.example.com/base") == true)
    }
}
