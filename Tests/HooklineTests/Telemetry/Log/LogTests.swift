import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Hookline

@Suite struct LogTests {
    @Test func `a line is one JSON object whatever is in it`() throws {
        let nasty = "\u{0}\"\\\n\r\t\u{7f}\u{85}\u{2028}😀 é"
        let line = LogLine(.info, nasty).with("a", nasty).with("b", 7)
            .with("c", nanoseconds: 1_000_500).with("d", bytes: [0xff, 0x0a, 0x41])
        let json = line.json(timestamp: "t")
        #expect(json.count { $0 == 0x0a } == 1 && json.last == 0x0a)
        let read = try #require(
            try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
        #expect(read["msg"] as? String == nasty)
        #expect(read["a"] as? String == nasty)
        #expect(read["b"] as? Int == 7)
        #expect(read["c"] as? Double == 0.001)
        #expect(read["d"] as? String == "\u{fffd}\nA")
        let text = line.text(timestamp: "t")
        #expect(text.count { $0 == 0x0a } == 1 && text.last == 0x0a)
    }

    @Test func `lines below the level are not made, and requests are sampled`() throws {
        let written = Written()
        let log = Log(format: .json, level: .info, write: { written.add($0) })
        try log.start()
        log.write(LogLine(.debug, "hidden"))
        log.writeSampled(.debug) {
            Issue.record("made")
            return LogLine(.debug, "")
        }
        for _ in 0..<20_000 { log.writeSampled(.info) { LogLine(.info, "request") } }
        for _ in 0..<20_000 {
            log.writeSampled(.info, of: .refused) { LogLine(.info, "refused") }
        }
        log.write(LogLine(.warning, "always"))
        log.stop()
        let lines = written.text.split(separator: "\n")
        #expect(lines.filter { $0.contains("hidden") }.isEmpty)
        #expect(lines.filter { $0.contains("always") }.count == 1)
        let requests = lines.filter { $0.contains("request") }.count
        let refusals = lines.filter { $0.contains("refused") }.count
        #expect(requests >= 1 && requests + refusals + Int(log.dropped) == 40_000)
        // What a stranger can cause has its own, small share, which leaves the others theirs.
        #expect(refusals >= 1 && refusals < requests)
        #expect(log.dropped > 0)
    }

    private final class Written: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        func add(_ more: [UInt8]) { bytes.withLock { $0 += more } }
        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
    }
}
