import Testing

/// Prose is easy to read: lines of 100 columns, and none of the words that stop a reader.
@Suite struct ProseTests {
    private static let columns = 100

    private static let documents = DocumentTests.documents

    /// Words that the house style keeps out of what users read.
    private static func hardWords(in text: some StringProtocol) -> [String] {
        String(text).lowercased().matches(of: /\b(anew|mend(s|ed|ing)?|so\s+many)\b/)
            .map { String($0.output.0) }
    }

    /// Lines of a document that are over the limit and could be broken: no tables, no code, no
    /// link that alone is too long.
    private static func longLines(_ document: SourceFile) -> [String] {
        var isCode = false
        var found: [String] = []
        for (index, line) in document.lines.enumerated() {
            let text = line.drop { $0 == " " }
            if text.hasPrefix("```") { isCode.toggle() }
            guard !isCode, !text.hasPrefix("|"), line.count > columns else { continue }
            let words = text.split(separator: " ").drop { $0 == "-" || $0 == ">" }
            if words.count > 1 { found.append("\(document.path):\(index + 1)") }
        }
        return found
    }

    /// The texts in quotation marks of a line of Swift, without what is put into them.
    private static func strings(_ line: Substring) -> [String] {
        guard !line.drop(while: { $0 == " " }).hasPrefix("//") else { return [] }
        return line.matches(of: /"((?:[^"\\]|\\.)*)"/).map {
            String($0.output.1).replacing(/\\\(.*\)/, with: "")
        }
    }

    @Test func `prose wraps at 100 columns`() {
        #expect(Self.documents.flatMap(Self.longLines) == [])
    }

    @Test func `the check of the width sees prose, and leaves out what cannot be broken`() {
        let long = String(repeating: "x", count: 99)
        let lines = { SourceFile(path: "p", text: $0) }
        #expect(Self.longLines(lines("a b\n\(long) word\n")) == ["p:2"])
        #expect(Self.longLines(lines("- \(long)yy\n| \(long) |\n```\n\(long) word\n```\n")) == [])
    }

    @Test func `Swift wraps at 100 columns`() {
        let package = SourceFile(path: "Package.swift", text: Repository.text("Package.swift"))
        let found = (Repository.sources + Repository.tests + [package]).flatMap { file in
            file.lines.enumerated().filter { _, line in
                line.count > Self.columns
            }.map { "\(file.path):\($0.offset + 1)" }
        }
        #expect(found == [])
    }

    @Test func `documents use common words`() {
        for document in Self.documents {
            #expect(Self.hardWords(in: document.text) == [], "\(document.path)")
        }
    }

    @Test func `help, log lines and errors use common words`() {
        for file in Repository.sources {
            for (index, line) in file.lines.enumerated() {
                for text in Self.strings(line) {
                    #expect(Self.hardWords(in: text) == [], "\(file.path):\(index + 1)")
                }
            }
        }
    }

    @Test func `the check of words sees them`() {
        #expect(Self.hardWords(in: "Start anew; so\nmany") == ["anew", "so\nmany"])
        #expect(Self.hardWords(in: "It is Mended.") == ["mended"])
        #expect(Self.hardWords(in: "we recommend commands") == [])
        #expect(Self.strings(#"    log("a \(mends) b", "c") // "d""#) == ["a  b", "c", "d"])
    }

    @Test func `the README and the map stay short`() {
        #expect(Repository.text("README.md").count { $0 == "\n" } <= 200)
        let map = Repository.text("ARCHITECTURE.md")
        let rooms =
            map.split(separator: "<!-- rooms -->").last?
            .split(separator: "<!-- /rooms -->").first ?? ""
        let lines = map.count { $0 == "\n" } - rooms.count { $0 == "\n" }
        #expect(lines <= 130)
    }
}
