import Foundation

/// Judges expositions with `Tests/PrometheusTests/Oracles/exposition.py`, which shares no code with
/// the product: the parsers of the PyPI package prometheus-client and checks of our own.
public enum ExpositionOracle {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// What the oracle says: no faults if a page is good.
    public struct Verdict: Sendable {
        /// One sentence each.
        public var faults: [String]
        /// What it prints of a page.
        public var lines: [String]

        /// The number behind a word of the first line, for example `samples`.
        public func number(_ word: String) -> Int? {
            let words = (lines.first ?? "").split(separator: " ")
            return words.firstIndex { $0 == word }.flatMap { Int(words[$0 + 1]) }
        }
    }

    /// Runs a verb of the oracle on pages.
    public static func ask(_ verb: String, _ arguments: [String] = [], _ pages: [[UInt8]]) throws
        -> Verdict
    {
        let folder = try TemporaryFolder()
        for (index, page) in pages.enumerated() { try folder.write(page, to: "\(index)") }
        let result = try ChildProcess.run(
            root + "/.venv/bin/python",
            [root + "/Tests/PrometheusTests/Oracles/exposition.py", verb] + arguments
                + pages.indices.map { folder.path("\($0)") },
            environment: ["PYTHONDONTWRITEBYTECODE": "1"])
        var faults = result.errors.split(separator: "\n").map(String.init)
        if result.status != 0 && faults.isEmpty { faults = ["exit status \(result.status)"] }
        return Verdict(
            faults: faults, lines: result.output.split(separator: "\n").map(String.init))
    }

    /// Checks one page, or two of the same process one after the other.
    public static func check(
        _ format: String, _ page: [UInt8], later: [UInt8]? = nil
    ) throws -> Verdict {
        try ask("check", [format], [page] + (later.map { [$0] } ?? []))
    }
}
