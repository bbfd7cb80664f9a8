import Foundation
import Testing

/// Documents tell the truth where a program can check it.
@Suite struct DocumentTests {
    private static let documents =
        Repository.files("docs", [".md"])
        + ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map {
            SourceFile(path: $0, text: Repository.text($0))
        }

    @Test func `every metric that a document names exists`() {
        let known = Repository.text("docs/metrics.md")
        // ObservabilityTests reads the runbook, which names recorded series, too.
        for document in Self.documents where document.path != "docs/runbook.md" {
            for match in document.text.matches(of: /hookline_[a-z_]+[a-z]/) {
                let name = match.output.replacing(/_(bucket|sum|count)$/, with: "")
                #expect(known.contains("| `\(name)` |"), "\(document.path) names \(name)")
            }
        }
    }

    @Test func `every link to a file leads to one`() {
        for document in Self.documents {
            let folder = document.path.contains("/") ? "docs/" : ""
            for match in document.text.matches(of: /\]\(([^)#:]+)\)/) {
                let path = Repository.root + "/" + folder + match.output.1
                #expect(FileManager.default.fileExists(atPath: path), "\(document.path): \(path)")
            }
        }
    }

    @Test func `every flag that a document names exists`() {
        let known =
            Repository.text("docs/configuration.md") + Self.commandFlags.joined(separator: " ")
        for document in Self.documents {
            for match in document.text.matches(of: /`(--[a-z][a-z-]+)/) {
                #expect(known.contains(match.output.1), "\(document.path) names \(match.output.1)")
            }
        }
    }

    @Test func `every long run is there, and has a row in CONTRIBUTING`() throws {
        let script = Repository.text("scripts/torture")
        let list = try #require(script.firstMatch(of: /suites=\(([^)]*)\)/)).output.1
        let runs = list.split(whereSeparator: \.isWhitespace).map(String.init)
        let section = Repository.text("CONTRIBUTING.md").split(separator: "## Long runs").last ?? ""
        let rows = section.matches(of: /\n\| `(\w+)` \|/).map { String($0.output.1) }
        #expect(runs == rows)
        let tests = Repository.files("Tests", [".swift"]).map(\.text).joined()
        for run in runs where run != "fuzz" { #expect(tests.contains("struct \(run) {"), "\(run)") }
        #expect(runs.contains("fuzz") && script.contains("scripts/fuzz"))
    }

    /// Flags that are no settings, and flags of other programs.
    private static let commandFlags = [
        "--config", "--count", "--to", "--json", "--rate", "--duration", "--connections", "--ops",
        "--no-benchmark", "--enable-feature", "--against", "--proven", "--force", "--confirm",
        "--duplicate", "--dry-run", "--product", "--reveal", "--quarantined", "--help", "--rounds",
        "--filter",
    ]
}
