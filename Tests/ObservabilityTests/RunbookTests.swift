import Testing

/// The runbook's commands can be typed as they stand.
@Suite struct RunbookTests {
    /// A command of the runbook: its words up to the first flag or value, and its flags.
    private static let commands: [(words: [String], flags: Set<String>)] = {
        let text = Repository.text("docs/runbook.md")
        return text.matches(of: /(?:^|`)hookline ([^`|#\n]+)/.anchorsMatchLineEndings()).map {
            let words = $0.output.1.split(separator: " ").map(String.init)
            let command = words.prefix { $0.first?.isLowercase == true && !$0.contains(":") }
            return (Array(command), Set(words.filter { $0.hasPrefix("--") }))
        }
    }()

    @Test func `every hookline command of the runbook exists, with its flags`() throws {
        #expect(Self.commands.count > 25)
        var help: [[String]: String] = [:]
        for (words, flags) in Self.commands {
            if help[words] == nil {
                let result = try Repository.run(Repository.hookline, words + ["--help"])
                #expect(result.status == 0, "hookline \(words)")
                help[words] = result.output
            }
            let known = help[words] ?? ""
            // Of a command that does not exist its parent answers.
            let usage = "USAGE: hookline " + words.joined(separator: " ")
            #expect(known.contains(usage), "hookline \(words)")
            for flag in flags { #expect(known.contains(flag), "hookline \(words) \(flag)") }
        }
    }
}
