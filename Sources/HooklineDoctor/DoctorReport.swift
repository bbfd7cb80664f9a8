import Foundation

/// What `hookline doctor` found.
public struct DoctorReport: Sendable, Encodable {
    /// Findings about one thing.
    public struct Section: Sendable, Encodable {
        /// What it is, for people.
        public var title: String
        /// What was found, in the order in which it was looked at.
        public var findings: [Finding]
    }

    /// The public URL that Twilio has to call.
    public var publicURL: String
    /// Accounts, then numbers, services and senders.
    public var sections: [Section] = []
    /// Twilio's log of errors about webhooks.
    public var errors: [AlertSum] = []

    /// True when something is wrong.
    public var hasMistakes: Bool {
        sections.contains { $0.findings.contains { $0.verdict == .wrong } }
    }

    /// Every mistake.
    public var mistakes: [Mistake] {
        sections.flatMap(\.findings).compactMap(\.mistake)
    }

    mutating func add(_ title: String, _ findings: [Finding]) {
        guard !findings.isEmpty else { return }
        sections.append(Section(title: title, findings: findings))
    }

    /// One JSON object.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Texts and numbers only: this cannot fail.
        let data = (try? encoder.encode(self)) ?? Data()
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    /// For people.
    public var text: String {
        var lines = ["Twilio has to call \(publicURL)", ""]
        for section in sections {
            lines.append(section.title)
            for finding in section.findings {
                lines.append("  \(finding.verdict.rawValue.padded(to: 6)) \(finding.sentence)")
                if let paste = finding.paste { lines.append("         \(paste)") }
            }
            lines.append("")
        }
        if !errors.isEmpty {
            lines.append("Twilio's errors about webhooks, newest first")
            for error in errors {
                lines.append(
                    "  \(error.code)  \(error.count) ×  \(error.number ?? "-")  "
                        + "\(error.place ?? "-")  \(error.last)  \(error.meaning)")
            }
            lines.append("")
        }
        let count = mistakes.count
        lines.append(count == 0 ? "Nothing is wrong." : "\(count) wrong.")
        return lines.joined(separator: "\n") + "\n"
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
