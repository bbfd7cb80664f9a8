import Foundation
import TestSupport
import Testing

@testable import Prometheus

/// `promtool check metrics` (Debian package `prometheus`) as a second reader and linter.
@Suite(.startsPrograms) struct PromtoolTests {
    private static let path = "/usr/bin/promtool"
    private static let isInstalled = FileManager.default.isExecutableFile(atPath: path)

    /// Feeds a text to promtool; exit status and what it said.
    private func check(_ text: String) throws -> (status: Int32, output: String) {
        let result = try ChildProcess.run(
            Self.path, ["check", "metrics"], input: Array(text.utf8))
        return (result.status, result.output + result.errors)
    }

    @Test(.enabled(if: isInstalled, "promtool is not installed"))
    func `promtool finds nothing to say about any kind of metric`() throws {
        let result = try check(Exposition(TextFormatTests.everything()).text)
        #expect(result.status == 0)
        #expect(result.output == "")
    }

    @Test(.enabled(if: isInstalled, "promtool is not installed"))
    func `promtool does see a missing line feed and a bad name`() throws {
        let text = Exposition(TextFormatTests.everything()).text
        #expect(try check(String(text.dropLast())).status != 0)
        #expect(try check(text.replacing("test_events_total", with: "test_events")).status != 0)
    }
}
