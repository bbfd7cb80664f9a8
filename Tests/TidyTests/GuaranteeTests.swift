import Testing

/// `docs/guarantees.md` names tests that exist, and each promise has all its parts.
@Suite struct GuaranteeTests {
    private static let page = Repository.text("docs/guarantees.md")

    /// The text of each promise, by its heading.
    private static let promises: [(heading: Substring, text: Substring)] =
        page.split(separator: "\n## ").dropFirst().compactMap { section in
            guard let end = section.firstIndex(of: "\n") else { return nil }
            return (section[..<end], section[end...])
        }.filter { $0.text.contains("**Kept by.**") }

    /// The tests of each suite, by the names in the sources, without numbers of requirements.
    private static let tests: [String: Set<String>] = {
        var tests: [String: Set<String>] = [:]
        for file in Repository.tests {
            var suite = ""
            for match in file.text.matches(of: /struct (\w+Tests)\b|`([^`\n]+)`\(/) {
                if let name = match.output.1 { suite = String(name) }
                if let name = match.output.2 {
                    let fact = String(name).replacing(/^(?:[RX]\d{1,2} )+/, with: "")
                    tests[suite, default: []].insert(fact)
                }
            }
        }
        return tests
    }()

    /// The suites and names of a text: `Suite`: *name*, *name*.
    private static func named(in text: some StringProtocol) -> [(suite: String, test: String)] {
        var found: [(suite: String, test: String)] = []
        var suite = ""
        let line = String(text).replacing("**", with: "").replacing(/\s+/, with: " ")
        for match in line.matches(of: /`(\w+Tests)`|\*([^*]+)\*/) {
            if let name = match.output.1 { suite = String(name) }
            if let name = match.output.2 { found.append((suite, String(name))) }
        }
        return found
    }

    @Test func `every test that the page names exists in the suite that it names`() {
        let named = Self.named(in: Self.page)
        #expect(named.count > 10)
        for (suite, test) in named {
            #expect(Self.tests[suite]?.contains(test) == true, "\(suite): \(test)")
        }
    }

    @Test func `every promise says what keeps it, what was found, and what it is not`() {
        #expect(Self.promises.count >= 6)
        for promise in Self.promises {
            for part in ["Kept by", "Figures", "Not promised"] {
                #expect(promise.text.contains("\n**\(part).** "), "\(promise.heading): \(part)")
            }
            #expect(!Self.named(in: promise.text).isEmpty, "\(promise.heading)")
        }
    }

    @Test func `the page is found from the README and from the key`() {
        #expect(Repository.text("README.md").contains("](docs/guarantees.md)"))
        #expect(Repository.text("docs/requirements.md").contains("](guarantees.md)"))
    }

    @Test func `the check reads names over the end of a line`() {
        let named = Self.named(in: "**Kept by.** `ATests`: *one\ntwo*, *three*. `BTests`: *four*.")
        #expect(named.map(\.suite) == ["ATests", "ATests", "BTests"])
        #expect(named.map(\.test) == ["one two", "three", "four"])
    }
}
