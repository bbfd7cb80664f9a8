import TestSupport
import Testing

@testable import Hookline

@Suite struct ValuesTests {
    @Test(arguments: [
        ("50ms", 50), ("2s", 2000), ("5m", 300_000), ("24h", 86_400_000), ("7d", 604_800_000),
        ("0s", 0),
    ])
    func `a duration is read and written back`(text: String, milliseconds: Int) throws {
        let duration = try DurationText.parse(text)
        #expect(duration == .milliseconds(milliseconds))
        #expect(try DurationText.parse(DurationText.text(duration)) == duration)
    }

    @Test(
        arguments: [
            ("10.0.0.0/8", [10, 200, 3, 4], true), ("10.0.0.0/8", [11, 0, 0, 1], false),
            ("10.1.2.3", [10, 1, 2, 3], true), ("10.1.2.3", [10, 1, 2, 2], false),
            ("0.0.0.0/0", [1, 2, 3, 4], true), ("10.0.0.128/25", [10, 0, 0, 127], false),
            ("10.0.0.128/25", [10, 0, 0, 129], true), ("10.0.0.0/8", [], false),
            ("::1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], true),
            ("10.0.0.0/8", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1], true),
        ] as [(String, [UInt8], Bool)])
    func `an address block contains what it says`(
        block: String, address: [UInt8], expected: Bool
    ) throws {
        #expect(try CIDRBlock(block).contains(address) == expected)
    }

    @Test(arguments: [
        ("0.0.0.0:8080", "0.0.0.0", 8080), (":9", "0.0.0.0", 9), ("[::1]:80", "::1", 80),
        ("localhost:0", "localhost", 0),
    ])
    func `an address to listen on is read`(text: String, host: String, port: UInt16) throws {
        #expect(try ListenAddress(text) == ListenAddress(host: host, port: port))
    }

    @Test func `a secret never shows`() {
        let secret = Secret("hush".utf8)
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] {
            #expect(!text.contains("hush") && !text.contains("104"))
        }
    }

    @Test func `X5 a tokens file is read by account`() throws {
        let folder = try TemporaryFolder()
        let account = "AC" + String(repeating: "a", count: 32)
        try folder.write("\(account): [one, two]\n\"*\": three\n", to: "tokens")
        let tokens = try TokensFile.load(path: folder.path("tokens"))
        #expect(tokens[account]?.tokens.map(\.bytes) == [Array("one".utf8), Array("two".utf8)])
        #expect(tokens["*"]?.tokens.map(\.bytes) == [Array("three".utf8)])
    }

    @Test(arguments: [
        "", "a: [", "AC1: x", "\"*\": []", "\"*\": [\"\"]", "\"*\": [\"two words\"]",
        "\"*\": {a: b}", "- a",
    ])
    func `a tokens file that is none says so without a token`(text: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "tokens")
        do {
            _ = try TokensFile.load(path: folder.path("tokens"))
            Issue.record("was taken")
        } catch {
            #expect(error.description.contains(folder.path("tokens")))
            #expect(!error.description.contains("two words"))
        }
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_007, "2000-02-29T00:00:00.007Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_102_444_800_000, "2100-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func `a time is written as RFC 3339 says`(milliseconds: Int64, expected: String) {
        #expect(Timestamp.text(milliseconds: milliseconds) == expected)
    }

    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (951_782_400_007, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (1_709_251_199_999, "Thu, 29 Feb 2024 23:59:59 +0000"),
            (4_102_444_800_000, "Fri, 01 Jan 2100 00:00:00 +0000"),
        ] as [(Int64, String)])
    func `a time is written as RFC 2822 says`(milliseconds: Int64, expected: String) {
        #expect(Timestamp.mail(milliseconds: milliseconds) == expected)
    }
}
