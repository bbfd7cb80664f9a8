import Foundation

/// A command that a document tells its reader to type.
struct DocumentCommand: Sendable, CustomStringConvertible {
    /// The document's path.
    let document: String
    /// The command on one line.
    let text: String

    var description: String { "\(document): \(text)" }

    /// The name of its first program; variables that are set in front of it do not count.
    var program: String {
        let words = text.drop { $0 == "(" }.split(separator: " ")
        let first = words.first { !$0.contains("=") || $0.hasPrefix("-") } ?? words.first ?? ""
        return first.hasPrefix("./") ? String(first.dropFirst(2)) : String(first)
    }
}

/// Reads the commands out of documents.
enum DocumentCommands {
    /// Programs of which a document may tell to start them.
    static let programs: Set = [
        "hookline", "make", "curl", "export", "sqlite3", "umask", "promtool", "cd", "echo",
        "printf", "editor", "swift", "apt-get", "systemctl", "journalctl", "podman", "docker",
        "amtool", "redis-cli", "iostat", "vmstat", "df", "du", "dmesg", "fuser", "ls", "top", "ss",
        "time", "coredumpctl", "kubectl", "helm", "sloth", "scripts/torture",
    ]

    /// The documents that tell readers what to type.
    static var documents: [String] {
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: Repository.root + "/docs")) ?? []
        return ["README.md"] + names.filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
    }

    /// The commands of a document, in order, and the blocks that mix commands with something else.
    static func read(_ document: String) -> (commands: [DocumentCommand], mixed: [String]) {
        var commands: [DocumentCommand] = []
        var mixed: [String] = []
        for block in blocks(Repository.text(document)) {
            let found = lines(block).map { DocumentCommand(document: document, text: $0) }
            let known = found.filter { programs.contains($0.program) }
            // What `hookline bench` prints begins with its name, too; a synopsis has brackets.
            let isShown = found.first.map { $0.text.contains("   ") || $0.text.contains(" [--") }
            if isShown == true && found.first?.program == "hookline" { continue }
            if known.count == found.count {
                commands += found
            } else if !known.isEmpty {
                mixed.append("\(document): \(found.first?.text ?? "")")
            }
        }
        return (commands, mixed)
    }

    /// Commands of `hookline` that stand in a sentence.
    static func inline(_ document: String) -> [DocumentCommand] {
        let text = Repository.text(document)
        return text.matches(of: /`(?:\.\/)?(hookline [^`]+)`/).map { match in
            let line = match.output.1.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            return DocumentCommand(document: document, text: line)
        }
    }

    /// The blocks of a document that are in no other language than the shell's.
    private static func blocks(_ text: String) -> [[Substring]] {
        var blocks: [[Substring]] = []
        var language: Substring?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let trimmed = line.drop { $0 == " " }
            if trimmed.hasPrefix("```") {
                language = language == nil ? trimmed.dropFirst(3) : nil
                if language != nil { blocks.append([]) }
            } else if let language, ["", "sh"].contains(language) {
                blocks[blocks.count - 1].append(trimmed)
            }
        }
        return blocks.filter { !$0.isEmpty }
    }

    /// The lines of a block without comments, each with those that continue it.
    private static func lines(_ block: [Substring]) -> [String] {
        var lines: [String] = []
        var isContinued = false
        for line in block where !line.isEmpty && !line.hasPrefix("#") {
            var text = String(line)
            if let comment = text.firstRange(of: "   # ") {
                text.removeSubrange(comment.lowerBound...)
            }
            let continues = text.hasSuffix("\\")
            if continues { text.removeLast() }
            if isContinued { lines[lines.count - 1] += text } else { lines.append(text) }
            isContinued = continues
        }
        return lines
    }
}
