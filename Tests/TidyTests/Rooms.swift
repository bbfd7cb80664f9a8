/// The rooms of the server: folders of Sources/Hookline, and which may use which.
///
/// A room is the longest of these paths that a file lies below. It may use the rooms that stand
/// above it in this list and are named in its row, and no others.
enum Rooms {
    static let all: [(path: String, mayUse: [String])] = [
        ("Model", []),
        ("Configuration", ["Model"]),
        ("Telemetry/Log", ["Model", "Configuration"]),
        ("Telemetry/Metrics", ["Model"]),
        ("Telemetry/Monitor", ["Model", "Configuration", "Telemetry/Log", "Telemetry/Metrics"]),
        ("Queue/Redis/Client", ["Model", "Telemetry/Log", "Telemetry/Metrics"]),
        (
            "Validation",
            ["Model", "Configuration", "Telemetry/Log", "Telemetry/Metrics", "Queue/Redis/Client"]
        ),
        ("Quarantine", ["Model", "Telemetry/Metrics", "Validation"]),
        (
            "Queue",
            [
                "Model", "Telemetry/Log", "Telemetry/Metrics", "Queue/Redis/Client", "Validation",
                "Quarantine",
            ]
        ),
        ("Replies/Plan", ["Model", "Telemetry/Log", "Telemetry/Metrics"]),
        (
            "Forwarding",
            [
                "Model", "Configuration", "Telemetry/Log", "Telemetry/Metrics", "Validation",
                "Queue", "Replies/Plan",
            ]
        ),
        (
            "Replies/Sending",
            [
                "Model", "Configuration", "Telemetry/Log", "Telemetry/Metrics", "Queue",
                "Replies/Plan", "Forwarding",
            ]
        ),
        (
            "Diagnosis",
            ["Model", "Configuration", "Telemetry/Log", "Telemetry/Metrics", "Validation"]
        ),
        (
            "Telemetry/Status",
            [
                "Model", "Configuration", "Telemetry/Log", "Telemetry/Metrics",
                "Telemetry/Monitor", "Quarantine", "Queue",
            ]
        ),
        (
            "Ingest",
            [
                "Model", "Configuration", "Telemetry/Log", "Telemetry/Metrics", "Validation",
                "Quarantine", "Queue", "Diagnosis", "Telemetry/Status",
            ]
        ),
        (
            "Admin",
            [
                "Model", "Configuration", "Telemetry/Log", "Telemetry/Status", "Quarantine",
                "Queue", "Diagnosis",
            ]
        ),
        (
            "Server",
            [
                "Model", "Configuration", "Telemetry/Log", "Telemetry/Metrics",
                "Telemetry/Monitor", "Queue/Redis/Client", "Validation", "Quarantine", "Queue",
                "Forwarding", "Replies/Plan", "Replies/Sending", "Diagnosis", "Telemetry/Status",
                "Ingest", "Admin",
            ]
        ),
    ]

    private static let root = "Sources/Hookline/"

    /// The room of a file; nil for one that lies in none.
    static func room(of path: String) -> String? {
        guard path.hasPrefix(root) else { return nil }
        return all.map(\.path).filter { path.hasPrefix(root + $0 + "/") }
            .max { $0.count < $1.count }
    }

    /// One use of a type of another room.
    struct Use: Hashable {
        var from: String
        var to: String
        var type: String
        var path: String
    }

    /// Every use of a type that is declared at the top of a file in another room. By name: a type
    /// whose name two rooms have counts for neither.
    static func uses(in files: [SourceFile]) -> Set<Use> {
        let code = files.compactMap { file in
            room(of: file.path).map { (room: $0, path: file.path, text: plain(file.text)) }
        }
        var homes: [String: Set<String>] = [:]
        for file in code {
            let declaration =
                #/
                (?m)^(?:(?:public|package|final|indirect)\ )*
                (?:struct|class|enum|protocol)\ ([A-Z]\w+)
                /#
            for match in file.text.matches(of: declaration) {
                homes[String(match.output.1), default: []].insert(file.room)
            }
        }
        var uses: Set<Use> = []
        for file in code {
            for word in types(in: file.text) {
                guard let home = homes[word], home.count == 1, let to = home.first,
                    to != file.room
                else { continue }
                uses.insert(Use(from: file.room, to: to, type: word, path: file.path))
            }
        }
        return uses
    }

    /// The table of ARCHITECTURE.md.
    static func table(of files: [SourceFile], uses: Set<Use>) -> [String] {
        let rows = all.map { room in
            let count = files.count { Self.room(of: $0.path) == room.path }
            let used = all.map(\.path).filter { to in
                uses.contains { $0.from == room.path && $0.to == to }
            }
            return "| `\(room.path)` | \(count) | "
                + (used.isEmpty ? "nothing" : used.joined(separator: ", ")) + " |"
        }
        return ["| room | files | uses |", "| --- | --- | --- |"] + rows
    }

    /// The words that begin with a capital. Far quicker than a regular expression.
    private static func types(in text: String) -> Set<String> {
        let words = text.utf8.split { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
                false
            default: true
            }
        }
        let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
        return Set(words.filter { capitals.contains($0.first ?? 0) }.map { String(Substring($0)) })
    }

    /// The text without comments and without what stands in quotes.
    private static func plain(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.replacing(#/"(?:\\.|[^"\\])*"/#, with: "\"\"").replacing(#/\/\/.*/#, with: "")
        }.joined(separator: "\n")
    }
}
