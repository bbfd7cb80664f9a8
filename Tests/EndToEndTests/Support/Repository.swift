import Foundation

/// Where the tests find what they run.
enum Repository {
    /// The repository's root.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The folder of what was built with the tests: they lie beside the test bundle.
    static let products = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path

    /// The program under test.
    static let hookline = products + "/hookline"
    /// The library of disk faults.
    static let diskFaults = products + "/libDiskFaults.so"
    /// Python with Twilio's library.
    static let python = root + "/.venv/bin/python"
    /// The text of a file; empty when there is none.
    static func text(_ path: String) -> String {
        let data = FileManager.default.contents(atPath: root + "/" + path) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }
    /// A program in Python that a test starts.
    static func application(_ name: String) -> String {
        root + "/Tests/EndToEndTests/Applications/" + name
    }
}
