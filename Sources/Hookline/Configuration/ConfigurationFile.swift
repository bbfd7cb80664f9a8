import POSIX
import Yams

/// The YAML configuration file: keys of `Setting.all`, `routes`, `destinations` and `rules`.
struct ConfigurationFile {
    /// One key with its text and line.
    struct Entry {
        var key: String
        var text: String
        var line: Int
    }

    /// A whole file has at most this many bytes.
    static let bytesMax = 1 << 20

    private(set) var entries: [Entry] = []
    private(set) var routes: [Route] = []
    private(set) var destinations: [DestinationEntry] = []
    private(set) var rules: [RuleEntry] = []
    private(set) var faults: [ConfigurationFault] = []
    private let environment: [String: String]

    /// Reads a file; whatever is wrong is in `faults`.
    init(path: String, environment: [String: String] = [:]) {
        self.environment = environment
        do {
            guard let bytes = try Folder.read(path, bytesMax: Self.bytesMax) else {
                fault(path, 0, "config", "there is no such file")
                return
            }
            guard let root = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self)) else {
                return
            }
            read(root, path)
        } catch let error as POSIXError {
            fault(path, 0, "config", "cannot be read: \(error.message)")
        } catch let error as YamlError {
            // Without the lines that the parser quotes.
            let (line, problem) = Self.problem(error)
            fault(path, line, "config", "is not YAML: \(problem)")
        } catch {
            fault(path, 0, "config", "cannot be read")
        }
    }

    private static func problem(_ error: YamlError) -> (line: Int, words: String) {
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            // What is wrong begins where the parser began, not where it gave up.
            (context?.mark.line ?? mark.line, problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            (context.mark.line, "\(duplicates.joined(separator: ", ")) is there twice")
        default: (0, "it cannot be read")
        }
    }

    private mutating func read(_ root: Node, _ path: String) {
        guard let mapping = root.mapping else {
            return fault(path, 1, "config", "is not a list of `key: value` lines")
        }
        for (keyNode, value) in mapping {
            let line = keyNode.mark?.line ?? 0
            let key = keyNode.scalar?.string ?? ""
            if key == "routes" {
                readRoutes(value, path)
            } else if key == "destinations" {
                let reader = DestinationReader(value, path: path, environment: environment)
                destinations = reader.entries
                faults += reader.faults.faults
            } else if key == "rules" {
                let reader = RuleReader(value, path: path)
                rules = reader.rules
                faults += reader.faults.faults
            } else if let sequence = value.sequence {
                let texts = sequence.compactMap { $0.scalar?.string }
                entries.append(Entry(key: key, text: texts.joined(separator: ","), line: line))
            } else if let scalar = value.scalar {
                entries.append(Entry(key: key, text: scalar.string, line: line))
            } else {
                fault(path, line, key, "has a value that is neither a text nor a list")
            }
        }
    }

    /// `routes` is a list of paths, or of `path: …` entries.
    private mutating func readRoutes(_ node: Node, _ path: String) {
        guard let sequence = node.sequence else {
            return fault(path, node.mark?.line ?? 0, "routes", "is not a list of paths")
        }
        for item in sequence {
            let line = item.mark?.line ?? 0
            let text = item.scalar?.string ?? item.mapping?["path"]?.scalar?.string ?? ""
            let isPath =
                text.hasPrefix("/") && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
                && !text.contains("?") && !text.contains("#")
            if !isPath {
                fault(path, line, "routes", "\"\(text)\" is not a path; write for example /hooks")
            } else if OpsPath.allCases.contains(where: { $0.rawValue == text })
                || (Route.builtIn + routes).contains(where: { $0.path == text })
            {
                fault(path, line, "routes", "\(text) is taken already")
            } else {
                routes.append(Route(path: text, label: .custom))
            }
        }
    }

    private mutating func fault(_ path: String, _ line: Int, _ key: String, _ sentence: String) {
        faults.append(
            ConfigurationFault(
                source: .file(path: path, line: line), key: key, sentence: sentence))
    }
}
