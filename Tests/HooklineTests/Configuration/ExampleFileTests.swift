import Foundation
import TestSupport
import Testing

@testable import Hookline

/// `deploy/hookline.yml` can be copied: it loads as it stands, and shows every key.
@Suite struct ExampleFileTests {
    private static let path = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("deploy/hookline.yml").path

    /// Keys that are switched off, each with its text.
    private static let switchedOff: [(key: String, text: String)] = {
        // An unreadable file fails the tests that look for keys.
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.matches(of: /^#([a-z-]+): (.+)$/.anchorsMatchLineEndings()).map {
            (String($0.output.1), String($0.output.2))
        }
    }()

    private func load() throws -> ConfigurationLoader.Loaded {
        try ConfigurationLoader.load(
            flags: [], file: Self.path, environment: ["TWILIO_AUTH_TOKEN": "t"])
    }

    @Test func `the example is loaded without a fault, with its routes`() throws {
        let loaded = try load()
        #expect(
            loaded.configuration.routes.dropFirst(Route.builtIn.count).map(\.path)
                == ["/webhook/conversations", "/twilio/events", "/twilio/verify"])
        #expect(loaded.configuration.publicURL == "https://hooks.example.com")
    }

    @Test func `the example shows each key once, and no other`() throws {
        let loaded = try load()
        let shown = loaded.sources.keys + Self.switchedOff.map(\.key)
        #expect(shown.sorted() == Setting.all.filter { !$0.isFlagOnly }.map(\.key).sorted())
    }

    @Test(arguments: switchedOff)
    func `a key that is switched off shows its default, or a value that can be used`(
        key: String, text: String
    ) throws {
        let setting = try #require(Setting.all.first { $0.key == key })
        var configuration = Configuration()
        let usual = setting.text(in: configuration)
        try setting.apply(&configuration, text)
        // The number of processors is the machine's.
        guard !usual.isEmpty, key != "threads" else { return }
        #expect(setting.text(in: configuration) == usual)
    }
}
