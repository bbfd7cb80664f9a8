import Foundation
import TestSupport

/// Where the tests find what they check.
enum Repository {
    /// The repository's root.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The program that was built with the tests: it lies beside the test bundle.
    static let hookline =
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path + "/hookline"

    /// The text of a file.
    static func text(_ path: String) -> String {
        let data = FileManager.default.contents(atPath: root + "/" + path) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }

    /// The files of a folder whose name ends so, in order.
    static func files(_ folder: String, _ ending: String) -> [String] {
        // An empty list fails the test that wants files.
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)) ?? []
        return names.filter { $0.hasSuffix(ending) }.sorted().map { folder + "/" + $0 }
    }

    /// Runs a program in the root; its exit status and what it said.
    static func run(_ program: String, _ arguments: [String]) throws -> (
        status: Int32, output: String
    ) {
        let result = try ChildProcess.run(program, arguments, directory: root)
        return (result.status, result.output + result.errors)
    }

    /// Runs one of the checks in Python on the repository, or on a copy of it; what it found, one
    /// fault a line.
    static func faults(_ oracle: String, in folder: String = root) throws -> String {
        let result = try run(
            root + "/.venv/bin/python",
            ["-B", "Tests/ObservabilityTests/Oracles/\(oracle).py", folder])
        return result.status == 0 ? result.output : "status \(result.status): \(result.output)"
    }
}
