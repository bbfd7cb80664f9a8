import TestSupport
import Testing

@testable import Hookline

/// `destinations` and `rules` of the configuration file.
@Suite struct DestinationFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func load(
        _ text: String, _ environment: [String: String] = [:]
    ) throws -> Configuration {
        try folder.write("public-url: https://hooks.example.com\n" + text, to: "file.yaml")
        return try ConfigurationLoader.load(
            flags: [], file: folder.path("file.yaml"),
            environment: environment.merging(["TWILIO_AUTH_TOKEN": "t"]) { $1 }
        ).configuration
    }

    /// The faults of a file, each as `line: key`, and whole.
    private func faults(_ text: String) throws -> (places: [String], sentences: [String]) {
        do {
            _ = try load(text)
            return ([], [])
        } catch let faults as ConfigurationFaults {
            let places = faults.faults.map { fault in
                guard case .file(_, let line)? = fault.source else { return "-: \(fault.key)" }
                return "\(line): \(fault.key)"
            }
            return (places, faults.faults.map(\.description))
        }
    }

    @Test func `X17 a destination has what the file says, and the rest of the settings`() throws {
        try folder.write("from a file\n", to: "key")
        try folder.write("PEM", to: "pem")
        let configuration = try load(
            """
            forward-timeout: 7s
            destinations:
              bot:
                url: https://bot.example.com/twilio?x=1
                headers:
                  X-Key: {environment: KEY}
                  X-File: {file: \(folder.path("key"))}
                  X-Plain: plain
                client-certificate: \(folder.path("pem"))
                client-key: \(folder.path("pem"))
                certificate-authority: \(folder.path("pem"))
                signing-token: {environment: KEY}
                concurrency: 3
                rate: 2.5
                retry-window: 2h
                allow-link-local: true
              audit:
                url: "log:"
            rules:
              - destinations: [audit, bot]
            """, ["KEY": "secret"])
        let (bot, audit) = (configuration.destinations[0], configuration.destinations[1])
        #expect(bot.name.text == "bot" && bot.targetText == "https://bot.example.com/twilio")
        #expect(bot.headers.map(\.name) == ["X-Key", "X-File", "X-Plain"])
        #expect(
            bot.headers.map { String(decoding: $0.value.bytes, as: UTF8.self) }
                == ["secret", "from a file", "plain"])
        #expect(bot.certificates.client == folder.path("pem"))
        #expect(bot.signingToken?.bytes == Array("secret".utf8))
        #expect(bot.concurrency == 3 && bot.rate == 2.5 && bot.allowsLinkLocal)
        #expect(bot.timeout == .seconds(7) && bot.retryWindow == .seconds(7200))
        #expect(audit.targetText == "log:" && audit.concurrency == 64 && audit.rate == nil)
        #expect(configuration.destinationList.names.map(\.text) == ["bot", "audit"])
        #expect(!configuration.destinationLines.joined().contains("secret"))
    }

    @Test func `X17 --forward-to is the destination called default`() throws {
        var configuration = try load("forward-to: http://127.0.0.1:3/\n")
        #expect(configuration.destinationList.names == [.standard])
        configuration = try load("")
        #expect(configuration.destinations.map(\.targetText) == ["log:"])
        // Beside others it is one of them; what no rule takes has a place of its own.
        configuration = try load(
            """
            forward-to: http://127.0.0.1:3/
            destinations: {audit: {url: "log:"}}
            rules:
              - {kind: media, destinations: default}
              - {kind: status_callback, destinations: audit}
            """)
        #expect(
            configuration.destinationList.names.map(\.text) == ["default", "audit", "unmatched"])
        #expect(configuration.destinations.count == 2)
    }

    /// Ways to write the file wrong: each fault with the line and the key that it is about.
    static let mistakes: [(text: String, expected: [String])] = [
        ("destinations: [a, b]\n", ["2: destinations"]),
        ("destinations:\n  Bot:\n    url: \"log:\"\n", ["3: destinations"]),
        ("destinations:\n  bot: \"log:\"\n", ["3: destinations.bot"]),
        ("destinations:\n  bot:\n    timeout: 1s\n", ["3: destinations.bot"]),
        (
            "destinations:\n  bot:\n    url: ftp://x\n    concurrency: many\n    colour: red\n",
            [
                "4: destinations.bot.url", "5: destinations.bot.concurrency",
                "6: destinations.bot.colour",
            ]
        ),
        (
            "destinations:\n  bot:\n    url: \"log:\"\n    headers:\n      Host: x\n"
                + "      \"a b\": c\n      X: {environment: NO_SUCH}\n      Y: {file: /no/such}\n"
                + "      Z: {vault: x}\n",
            [
                "6: destinations.bot.headers.Host", "7: destinations.bot.headers",
                "8: destinations.bot.headers.X", "9: destinations.bot.headers.Y",
                "10: destinations.bot.headers.Z",
            ]
        ),
        (
            "destinations:\n  bot:\n    url: \"log:\"\n    client-certificate: /no/such\n"
                + "    rate: 0\n    retry-window: 8d\n",
            [
                "5: destinations.bot.client-certificate", "6: destinations.bot.rate",
                "3: destinations.bot.retry-window",
            ]
        ),
        (
            "destinations:\n  a: {url: \"log:\"}\n  b: {url: \"log:\"}\n", ["-: rules"]
        ),
        (
            "forward-to: http://127.0.0.1:3/\ndestinations:\n  default: {url: \"log:\"}\n"
                + "rules:\n  - destinations: default\n", ["2: forward-to"]
        ),
        (
            "rules:\n  - kind: massage\n    account: AC1\n    to: \"*1\"\n"
                + "    destinations: default\n",
            ["3: rules[1].kind", "4: rules[1].account", "5: rules[1].to"]
        ),
        (
            "rules:\n  - destinations: [nobody, default, default]\n    route: /nowhere\n"
                + "  - kind: voice\n    speed: 1\n    destinations: default\n",
            [
                "3: rules[1].destinations", "6: rules[2].speed", "3: rules[1].destinations",
                "3: rules[1].route",
            ]
        ),
        (
            "rules:\n  - destinations: default\n  - kind: voice\n  - 5\n",
            ["4: rules[2]", "4: rules[2]", "5: rules[3]"]
        ),
        ("rules: []\n", ["2: rules"]),
        (
            "destinations:\n  a: {url: \"log:\"}\n  a: {url: \"log:\"}\n",
            ["3: config"]
        ),
    ]

    @Test(arguments: mistakes)
    func `each mistake in destinations and rules has its line and key, all at once`(
        text: String, expected: [String]
    ) throws {
        let (places, sentences) = try faults(text)
        #expect(places == expected, "\(sentences)")
    }

    @Test func `mistakes in destinations, in rules and elsewhere are told together`() throws {
        let all = "threads: none\n" + Self.mistakes[4].text + Self.mistakes[9].text
        // The last: there is no destination called default.
        #expect(try faults(all).places.count == 1 + 3 + 3 + 1)
    }

    @Test func `no secret is in a fault`() throws {
        let (_, sentences) = try faults(
            "destinations:\n  bot:\n    url: \"log:\"\n    signing-token: \"a secret\"\n")
        #expect(sentences.count == 1 && !sentences.joined().contains("secret\""))
    }
}
