import Foundation
import Testing

/// Documents tell the truth where a program can check it.
@Suite struct DocumentTests {
    static let documents =
        Repository.files("docs", [".md"])
        + [
            "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md",
            "CHANGELOG.md", "Benchmarks/README.md",
        ].map { SourceFile(path: $0, text: Repository.text($0)) }

    private static let decisions = documents.filter {
        $0.path.hasPrefix("docs/decisions/") && !$0.path.hasSuffix("README.md")
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

    @Test func `every link to a file leads to one, and every link to a heading`() {
        for document in Self.documents {
            let folder = document.path.split(separator: "/").dropLast().joined(separator: "/")
            for match in document.text.matches(of: /\]\(([^)#:\s]*)(#[^)\s]+)?\)/) {
                let name = match.output.1.isEmpty ? document.path : "\(folder)/\(match.output.1)"
                let path = Repository.root + "/" + name
                #expect(FileManager.default.fileExists(atPath: path), "\(document.path): \(path)")
                guard let heading = match.output.2, name.hasSuffix(".md") else { continue }
                let known = Self.anchors(Repository.text(name))
                #expect(known.contains(String(heading)), "\(document.path): \(name)\(heading)")
            }
        }
    }

    /// The anchors of a document's headings, as GitHub makes them.
    private static func anchors(_ text: String) -> Set<String> {
        Set(
            text.matches(of: /^#+ (.+)$/.anchorsMatchLineEndings()).map { match in
                "#"
                    + match.output.1.lowercased().compactMap { letter in
                        if letter == " " { return "-" }
                        let isKept = letter.isLetter || letter.isNumber || "-_".contains(letter)
                        return isKept ? String(letter) : nil
                    }.joined()
            })
    }

    @Test func `every decision has its four parts, and a line in the list`() {
        #expect(Self.decisions.count > 30)
        let list = Repository.text("docs/decisions/README.md").replacing("\n  ", with: " ")
        for decision in Self.decisions {
            let title = decision.lines.first?.dropFirst(2) ?? ""
            let name = decision.path.split(separator: "/").last ?? ""
            #expect(list.contains("- [\(title)](\(name))"), "\(name)")
            for part in ["Context", "Decision", "Measurement", "Consequences"] {
                #expect(decision.text.contains("\n**\(part).** "), "\(name): \(part)")
            }
        }
    }

    @Test func `every source and test that the map, a rule or a decision names exists`() {
        let files = Repository.sources + Repository.tests
        let names = Set(files.compactMap { $0.path.split(separator: "/").last.map(String.init) })
        let map = Self.documents.filter {
            ["ARCHITECTURE.md", "CONTRIBUTING.md"].contains($0.path)
        }
        for document in map + Self.decisions {
            // Names that a script replaces stand between two @@.
            let text = document.text.replacing("@@", with: "")
            for match in text.matches(of: /`(\w+\.swift|\w+Tests)`/) {
                let name =
                    match.output.1.hasSuffix(".swift") ? match.output.1 : match.output.1 + ".swift"
                #expect(names.contains(String(name)), "\(document.path) names \(match.output.1)")
            }
        }
    }

    @Test func `every flag that a document names exists`() {
        let known = Set(Self.commandFlags)
            .union(
                Repository.text("docs/configuration.md")
                    .matches(of: /\n\| `(--[a-z-]+)/).map { String($0.output.1) })
        for document in Self.documents {
            for match in document.text.matches(of: /`(--[a-z][a-z-]+)/) {
                let flag = String(match.output.1)
                #expect(known.contains(flag), "\(document.path) names \(flag)")
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
        "--duplicate", "--dry-run", "--product", "--reveal", "--quarantined", "--help",
        "--help-all", "--rounds",
        "--filter", "--fix", "--yes", "--number", "--error-hours", "--skip-public-url",
    ]
}
