import Foundation
import TestSupport
import Testing

/// `Tests/InstrumentProbe` in its release build: what is optimised away does not allocate.
@Suite(.startsPrograms) struct AllocationTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func changed(_ url: URL) -> Date {
        let values = try? url.resourceValues(forKeys: [.contentModificationDateKey])
        return values?.contentModificationDate ?? .distantPast
    }

    @Test func `updates, rendering and compression do not allocate`() throws {
        let probe = Self.root.appendingPathComponent(".build/release/InstrumentProbe")
        let folders = ["Sources/Prometheus", "Sources/Deflate", "Tests/InstrumentProbe"]
        let newest = folders.map(Self.root.appendingPathComponent).flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            return names.map { changed(folder.appendingPathComponent($0)) }
        }.max()
        #expect(
            try changed(probe) >= #require(newest),
            "out of date: swift build -c release --product InstrumentProbe (make test does it)")
        let result = try ChildProcess.run(probe.path, [])
        #expect(result.status == 0)
        var counts: [Substring: Int] = [:]
        for line in result.output.split(separator: "\n") {
            let words = line.split(separator: " ")
            counts[words[0]] = Int(words[1])
        }
        // The counter does count.
        #expect(counts.removeValue(forKey: "control") ?? 0 >= 100)
        #expect(
            counts == [
                "updates": 0, "text": 0, "openmetrics": 0, "protobuf": 0, "gzip": 0, "failed": 0,
            ])
    }
}
