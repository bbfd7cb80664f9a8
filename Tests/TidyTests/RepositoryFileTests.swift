import Testing

/// What the Makefile offers is what documents and the public checks ask for.
@Suite struct RepositoryFileTests {
    private static let makefile = Repository.text("Makefile")

    /// The targets that a person calls; `make help` prints the text behind `##`.
    private static let targets = Set(
        makefile.matches(of: /\n([a-z-]+):[^#\n]*## ./).map { String($0.output.1) })

    private static let workflows = Repository.files(".github/workflows", [".yml"])

    @Test func `every target of the Makefile has a line in make help`() throws {
        let phony = Self.makefile.matches(of: /\n\.PHONY: ([^\n]+)/)
            .flatMap { $0.output.1.split(separator: " ") }.map(String.init)
            .filter { !$0.hasSuffix("-steps") }
        #expect(Set(phony) == Self.targets)
        let defined = Set(
            Self.makefile.matches(of: /\n([a-z-]+):/).map { String($0.output.1) })
        #expect(defined.filter { !$0.hasSuffix("-steps") } == Self.targets)
    }

    private static var makefileUsers: [SourceFile] {
        DocumentTests.documents + Repository.files(".ci", [""])
            + Repository.files(".github", [".md", ".yml"])
    }

    @Test func `every make command in a document or workflow is a target`() {
        for file in Self.makefileUsers {
            for match in file.text.matches(of: /(?:`|run: |\n)make ([a-z-]+)/) {
                let target = String(match.output.1)
                #expect(Self.targets.contains(target), "\(file.path): make \(target)")
            }
        }
    }

    @Test func `the public checks are the make commands`() {
        #expect(Self.workflows.count == 2)
        for workflow in Self.workflows {
            let named = workflow.text.matches(of: /make ([a-z]+)\n|target: \[([a-z, ]+)\]/)
                .flatMap { ($0.output.1 ?? $0.output.2 ?? "").split(separator: ", ") }
            #expect(!named.isEmpty)
            for target in named where target != "make" {
                #expect(Self.targets.contains(String(target)), "\(workflow.path): \(target)")
            }
        }
        #expect(Repository.text(".github/workflows/test.yml").contains("[check, unit, test]"))
    }

    @Test func `one version of Swift is named everywhere`() throws {
        let version = Repository.text(".swift-version").replacing("\n", with: "")
        #expect(version.wholeMatch(of: /\d+\.\d+/) != nil)
        for manifest in [
            "Package.swift", "Tests/TidyTests/Package.swift", "Benchmarks/Package.swift",
        ] {
            #expect(
                Repository.text(manifest).hasPrefix("// swift-tools-version: \(version)\n"),
                "\(manifest)")
        }
        for file in Self.workflows {
            #expect(file.text.contains("container: swift:\(version)-bookworm"), "\(file.path)")
        }
        // A whole version, so that the base does not change by itself.
        #expect(
            Repository.text("deploy/Containerfile")
                .contains(/swift:(\d+\.\d+)\.\d+-bookworm/))
        #expect(Repository.text("deploy/Containerfile").contains("swift:\(version)."))
        #expect(Repository.text("scripts/setup").contains("sort -V | head -n 1)\" != \(version) ]"))
    }

    /// Exact versions stand in Package.swift; see RELEASING.md.
    @Test func `no resolved versions are committed`() {
        #expect(Repository.text(".gitignore").contains("\nPackage.resolved\n"))
    }

    /// The newest section of CHANGELOG.md is what `hookline version` says, or the next release.
    @Test func `the changelog has a section for what is not released`() throws {
        let changes = Repository.text("CHANGELOG.md")
        let sections = changes.matches(of: /\n## ([^\n]+)/).map { String($0.output.1) }
        #expect(sections.first == "Unreleased")
        let version = try #require(
            Repository.text("Sources/Hookline/Model/Version.swift")
                .firstMatch(of: /current = "(\d+\.\d+\.\d+)"/)?.output.1)
        if sections.count > 1 { #expect(sections[1].hasPrefix("\(version) - ")) }
    }
}
