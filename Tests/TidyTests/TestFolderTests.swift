import Testing

/// Tests lie where the code lies that they test.
@Suite struct TestFolderTests {
    /// Folders of tests that hold no test of one folder of the sources.
    private static let shared: Set = ["Support", "Oracles", "Applications"]

    /// Its folder below the target's; empty for a file of the target's own folder.
    private static func folder(_ file: SourceFile) -> String {
        file.path.split(separator: "/").dropFirst(2).dropLast().joined(separator: "/")
    }

    private static func name(_ file: SourceFile) -> String {
        String(file.path.split(separator: "/").last ?? "")
    }

    /// The target whose tests lie there: of `HooklineTests` it is `Hookline`; nil for support code
    /// and for tests of the whole.
    private static func tested(_ file: SourceFile) -> String? {
        guard file.target.hasSuffix("Tests") else { return nil }
        let target = String(file.target.dropLast("Tests".count))
        return Repository.sources.contains { $0.target == target } ? target : nil
    }

    /// What is wrong with the places of these test files.
    private static func faults(tests: [SourceFile], sources: [SourceFile]) -> [String] {
        var homes: [String: [SourceFile]] = [:]
        for source in sources { homes[name(source), default: []].append(source) }
        return tests.compactMap { test in
            guard let target = tested(test) else { return nil }
            let folder = folder(test)
            let isRoom =
                folder.isEmpty || shared.contains(folder)
                || sources.contains {
                    $0.target == target
                        && ($0.path.hasPrefix("Sources/\(target)/\(folder)/"))
                }
                // What lies under the server and has no test target of its own.
                || sources.contains { $0.target == folder }
            guard isRoom else { return "\(test.path): the sources have no such folder" }
            guard name(test).hasSuffix("Tests.swift"),
                let sources = homes[name(test).replacing("Tests.swift", with: ".swift")]
            else { return nil }
            let isBeside = sources.contains {
                ($0.target == target && Self.folder($0) == folder) || $0.target == folder
            }
            return isBeside ? nil : "\(test.path) tests \(sources[0].path)"
        }
    }

    @Test func `tests lie in folders named as those of the sources`() {
        #expect(Self.faults(tests: Repository.tests, sources: Repository.sources) == [])
    }

    @Test func `the tests of the server lie in its rooms`() {
        let loose = Repository.tests.filter {
            $0.target == "HooklineTests" && Self.folder($0).isEmpty
        }
        // What it compares comes from all rooms.
        #expect(loose.map(\.path) == ["Tests/HooklineTests/DocumentationTests.swift"])
        #expect(Repository.tests.count { $0.target == "HooklineTests" } > 80)
    }

    @Test func `a test in another folder is found`() {
        let sources = [
            SourceFile(path: "Sources/Hookline/Queue/Hub.swift", text: ""),
            SourceFile(path: "Sources/Hookline/Model/Secret.swift", text: ""),
        ]
        let tests = ["Queue/HubTests", "Model/HubTests", "Redis/SecretTests", "Model/Fixture"]
            .map { SourceFile(path: "Tests/HooklineTests/\($0).swift", text: "") }
        #expect(
            Self.faults(tests: tests, sources: sources) == [
                "Tests/HooklineTests/Model/HubTests.swift tests Sources/Hookline/Queue/Hub.swift",
                "Tests/HooklineTests/Redis/SecretTests.swift: the sources have no such folder",
            ])
    }
}
