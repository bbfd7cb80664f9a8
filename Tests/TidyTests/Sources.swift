import Foundation

/// One file of the repository.
struct SourceFile {
    /// Its path from the repository's root.
    var path: String
    var text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    /// The target that it belongs to.
    var target: String { String(path.split(separator: "/")[1]) }
}

/// The files of the repository, as they are on the disk.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// Every file below a folder whose name ends so; nothing of what was built there.
    static func files(_ folder: String, _ endings: [String]) -> [SourceFile] {
        let paths = FileManager.default.enumerator(atPath: root + "/" + folder)
        return (paths?.compactMap { $0 as? String } ?? []).sorted()
            .filter { path in
                endings.contains { path.hasSuffix($0) } && !path.contains(".build/")
            }
            .compactMap { path in
                guard let data = FileManager.default.contents(atPath: "\(root)/\(folder)/\(path)")
                else { return nil }
                return SourceFile(
                    path: "\(folder)/\(path)", text: String(decoding: data, as: UTF8.self))
            }
    }

    static let sources = files("Sources", [".swift"])
    static let tests = files("Tests", [".swift"])

    static func text(_ path: String) -> String {
        let data = FileManager.default.contents(atPath: root + "/" + path) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }
}
