import Yams

/// Collects what is wrong with one part of the configuration file: each fault with line and key.
struct FileFaults {
    let path: String
    private(set) var faults: [ConfigurationFault] = []

    init(path: String) { self.path = path }

    /// Notes one.
    mutating func add(_ line: Int, _ key: String, _ sentence: String) {
        faults.append(
            ConfigurationFault(
                source: .file(path: path, line: line), key: key, sentence: sentence))
    }

    /// The texts of a value that is one or a list of them; nil with a fault for anything else.
    mutating func texts(_ node: Node, _ key: String) -> [(text: String, line: Int)]? {
        let nodes = node.sequence.map { Array($0) } ?? [node]
        var texts: [(text: String, line: Int)] = []
        for item in nodes {
            guard let text = item.scalar?.string, !text.isEmpty else {
                add(item.lineNumber, key, "has a value that is neither a text nor a list of texts")
                return nil
            }
            texts.append((text, item.lineNumber))
        }
        guard !texts.isEmpty else {
            add(node.lineNumber, key, "is an empty list")
            return nil
        }
        return texts
    }
}

extension Node {
    /// Where it stands in the file; 0 when that is not known.
    var lineNumber: Int { mark?.line ?? 0 }
}
