import Foundation
import Testing

@testable import Prometheus

struct ProcessMetricsTests {
    private let names = [
        "process_cpu_seconds_total", "process_start_time_seconds", "process_open_fds",
        "process_max_fds", "process_virtual_memory_bytes", "process_virtual_memory_max_bytes",
        "process_resident_memory_bytes", "process_threads",
    ]

    /// A folder with a `stat` file, removed afterwards.
    private func withFolder(stat: String, _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("process-metrics-\(UUID().uuidString)")
        let descriptors = folder.appendingPathComponent("fd")
        try FileManager.default.createDirectory(at: descriptors, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try stat.write(
            to: folder.appendingPathComponent("stat"), atomically: false, encoding: .utf8)
        for name in ["0", "1", "2"] {
            try "".write(
                to: descriptors.appendingPathComponent(name), atomically: false, encoding: .utf8)
        }
        try body(folder.path)
    }

    @Test func `all process metrics of the client guidelines are there`() throws {
        let registry = Registry(shards: 1)
        ProcessMetrics.register(in: registry)
        let exposition = Exposition(registry)
        #expect(exposition.samples.map { String($0.split(separator: " ")[0]) } == names)
        for name in names { #expect(try #require(number(exposition, name)) >= 0) }
        let start = try #require(number(exposition, "process_start_time_seconds"))
        #expect(start > 1.5e9 && start <= Date().timeIntervalSince1970 + 1)
        #expect(try #require(number(exposition, "process_resident_memory_bytes")) > 1e6)
        #expect(try #require(number(exposition, "process_open_fds")) >= 3)
        #expect(try #require(number(exposition, "process_threads")) >= 1)
    }

    @Test func `fields of the stat file are found behind any command name`() throws {
        let fields = (6...52).map { String($0 * 1000) }.joined(separator: " ")
        try withFolder(stat: "4242 (a) b (c) R 4000 5000 \(fields)\n") { folder in
            let registry = Registry(shards: 1)
            ProcessMetrics.register(in: registry, folder: folder)
            let exposition = Exposition(registry)
            let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
            #expect(number(exposition, "process_cpu_seconds_total") == 29_000 / ticks)
            #expect(number(exposition, "process_threads") == 20_000)
            #expect(number(exposition, "process_virtual_memory_bytes") == 23_000)
            let resident = 24_000 * Double(getpagesize())
            #expect(number(exposition, "process_resident_memory_bytes") == resident)
        }
    }

    @Test func `descriptors are counted without the one of the listing`() throws {
        try withFolder(stat: "") { folder in
            #expect(ProcessFile.entries(of: folder + "/fd") == 2)
            #expect(ProcessFile.entries(of: folder + "/none") == nil)
        }
    }

    @Test(arguments: ["", "1 (x", "1 (x) R 2 3", "1 (x) R 1 2 3 4 5 6 7 8 9 10 x y z"])
    func `what cannot be read is absent`(stat: String) throws {
        try withFolder(stat: stat) { folder in
            let registry = Registry(shards: 1)
            ProcessMetrics.register(in: registry, folder: folder)
            let present = Exposition(registry).samples.map { $0.split(separator: " ")[0] }
            #expect(present.contains("process_max_fds"))
            for name in ["cpu_seconds_total", "start_time_seconds", "threads"] {
                #expect(!present.contains("process_\(name)"))
            }
            #expect(!present.contains("process_virtual_memory_bytes"))
            #expect(!present.contains("process_resident_memory_bytes"))
        }
    }

    @Test func `a folder that is not there leaves the limits alone`() {
        let registry = Registry(shards: 1)
        ProcessMetrics.register(in: registry, folder: "/nonexistent")
        let present = Exposition(registry).samples.map { $0.split(separator: " ")[0] }
        #expect(present == ["process_max_fds", "process_virtual_memory_max_bytes"])
    }

    private func number(_ exposition: Exposition, _ name: String) -> Double? {
        exposition.value(name).flatMap { Double($0) }
    }
}
