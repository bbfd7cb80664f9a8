import Testing

/// `docs/requirements.md` is the key to the numbers in names of tests and in comments, and nobody
/// has to know another code.
@Suite struct RequirementTests {
    /// A row of the key.
    private struct Row {
        var number: String
        var shownBy: String

        var suites: [String] { shownBy.matches(of: /`(\w+Tests)`/).map { String($0.output.1) } }
    }

    /// A test by its name, and the suite that it is in.
    private struct NamedTest {
        var path: String
        var suite: String
        var name: String

        /// The numbers at its beginning.
        var numbers: [String] { words.prefix(while: isNumber).map(String.init) }
        /// What comes behind them.
        var fact: [Substring] { Array(words.drop(while: isNumber)) }

        private var words: [Substring] { name.split(separator: " ") }

        private func isNumber(_ word: Substring) -> Bool {
            word.wholeMatch(of: /[RX]\d{1,2}/) != nil
        }
    }

    private static let key: [Row] = Repository.text("docs/requirements.md")
        .matches(of: /\n\| ([RX]?\d+) \| [^|\n]+ \| ([^|\n]+) \|/)
        .map { Row(number: String($0.output.1), shownBy: String($0.output.2)) }

    private static let tests: [NamedTest] = Repository.tests.flatMap { file in
        var suite = ""
        var found: [NamedTest] = []
        for match in file.text.matches(of: /struct (\w+Tests)\b|`([^`\n]+)`\(/) {
            if let name = match.output.1 { suite = String(name) }
            if let name = match.output.2 {
                found.append(NamedTest(path: file.path, suite: suite, name: String(name)))
            }
        }
        return found
    }

    /// Whether a text may hold a code: a capital and a digit behind it, or the word. Far quicker
    /// than a regular expression, and true of few lines.
    private static func mayHoldCode(_ text: Substring) -> Bool {
        var previous: UInt8 = 0
        for byte in text.utf8 {
            let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            if isDigit && previous >= UInt8(ascii: "A") && previous <= UInt8(ascii: "Z") {
                return true
            }
            previous = byte
        }
        return text.contains("nvariant")
    }

    /// Numbers of requirements; not what a percent sign makes a byte.
    private static func numbers(in text: Substring) -> [String] {
        guard mayHoldCode(text) else { return [] }
        return text.matches(of: /(?:^|[^%\w])([RX]\d{1,2})\b/).map { String($0.output.1) }
    }

    /// Codes of whatever kind.
    private static func codes(in text: Substring) -> [String] {
        guard mayHoldCode(text) else { return [] }
        return text.matches(of: /(?:^|[^%\w])((?:NH|[ABDENOPRX])\d{1,2}|[Ii]nvariants? \d+)\b/)
            .map { String($0.output.1) }
    }

    /// What stands before the comment of a line, and the comment; nothing of a line without a code.
    private static func parts(_ line: Substring) -> (code: Substring, comment: Substring) {
        guard mayHoldCode(line) else { return ("", "") }
        guard let start = line.firstMatch(of: /(?:^|[^:\/"])(\/\/.*)/)?.output.1 else {
            return (line, "")
        }
        return (line[..<start.startIndex], start)
    }

    @Test func `the key has a row for every number, in order`() {
        let expected =
            (1...16).map { "R\($0)" } + (1...30).map { "X\($0)" } + (1...14).map { "\($0)" }
        #expect(Self.key.map(\.number) == expected)
        #expect(Self.tests.count > 900)
    }

    @Test func `every number in a test's name or in a comment has a row in the key`() {
        let known = Set(Self.key.map(\.number))
        for test in Self.tests {
            for number in test.numbers {
                #expect(known.contains(number), "\(test.path): \(test.name)")
            }
        }
        for file in Repository.sources + Repository.tests {
            for line in file.lines {
                for number in Self.numbers(in: Self.parts(line).comment) {
                    #expect(known.contains(number), "\(file.path): \(line)")
                }
            }
        }
    }

    @Test func `every suite in the key exists, and a row without one says so`() {
        let suites = Set(Self.tests.map(\.suite))
        for row in Self.key {
            for suite in row.suites { #expect(suites.contains(suite), "\(row.number): \(suite)") }
            #expect(
                row.suites.isEmpty == (row.shownBy == "Nothing yet.")
                    || row.shownBy.hasPrefix("Nothing yet: "), "\(row.number)")
        }
    }

    @Test func `a suite with a number in a test's name is in the row of that number`() {
        for test in Self.tests {
            for number in test.numbers {
                let row = Self.key.first { $0.number == number }
                #expect(
                    row?.suites.contains(test.suite) == true,
                    "\(number) does not name \(test.suite): \(test.name)")
            }
        }
    }

    @Test func `a test's name has no code but numbers of requirements at its beginning`() {
        for test in Self.tests {
            #expect(test.fact.first?.wholeMatch(of: /\d{1,2}/) == nil, "\(test.path): \(test.name)")
            for word in test.fact {
                #expect(Self.codes(in: word).isEmpty, "\(test.path): \(test.name)")
            }
        }
    }

    @Test func `no comment has a code but numbers of requirements`() {
        for file in Repository.sources + Repository.tests {
            for line in file.lines {
                let comment = Self.parts(line).comment
                #expect(
                    Self.codes(in: comment) == Self.numbers(in: comment), "\(file.path): \(line)")
            }
        }
        let others =
            Repository.files("Tests", [".py"]) + Repository.files("dashboards/source", [".py"])
            + Repository.files("alerts", [".yml"]) + Repository.files("scripts", [""])
        for file in others {
            for line in file.lines where !line.contains("%") {
                #expect(Self.codes(in: line).isEmpty, "\(file.path): \(line)")
            }
        }
    }

    /// Help texts, log lines, metrics and errors. The report of `hookline bench` names what it
    /// judges, and docs/bench.md leads to the key.
    @Test func `no text that users see has a code`() {
        let report = "Sources/HooklineBench/Benchmark/RequirementJudge.swift"
        for file in Repository.sources where file.path != report {
            for line in file.lines {
                #expect(
                    Self.codes(in: Self.parts(line).code).isEmpty, "\(file.path): \(line)")
            }
        }
    }

    @Test func `no document for users has a code but in the report of bench`() {
        let keys = ["docs/requirements.md", "docs/bench.md"]
        let documents =
            Repository.files("docs", [".md"]).filter { !keys.contains($0.path) }
            + ["README.md", "SECURITY.md", "CHANGELOG.md"].map {
                SourceFile(path: $0, text: Repository.text($0))
            }
        for document in documents {
            for line in document.lines where !line.hasPrefix("   PASS ") {
                #expect(Self.codes(in: line).isEmpty, "\(document.path): \(line)")
            }
        }
        #expect(Repository.text("docs/bench.md").contains("](requirements.md)"))
    }
}
