import Synchronization
import Testing

@testable import Hookline

@Suite struct OriginNoticeTests {
    private final class Lines: Sendable {
        let text = Mutex("")
    }

    /// What is logged for these headers, noted at these seconds.
    private func lines(
        _ notes: [(OriginHeader, UInt64)], _ configuration: Configuration = Configuration()
    ) throws -> [Substring] {
        let lines = Lines()
        let log = Log(format: .json, level: .info) { bytes in
            lines.text.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
        }
        try log.start()
        let notice = OriginNotice(configuration, log: log)
        for (header, second) in notes { notice.note(header, at: 1 + second * 1_000_000_000) }
        log.stop()
        return lines.text.withLock { $0 }.split(separator: "\n")
    }

    @Test func `every header has a line that names it and says what helps`() throws {
        let lines = try lines(OriginHeader.allCases.map { ($0, 0) })
        #expect(lines.count == OriginHeader.allCases.count)
        for (line, header) in zip(lines, OriginHeader.allCases) {
            #expect(line.contains(#""level":"warning""#))
            #expect(line.contains("\(header.name) of a request cannot be read"))
            #expect(line.contains("set --public-url, or let the proxy"))
            #expect(line.contains(#""header":"\#(header.rawValue)""#))
        }
    }

    @Test func `one header has one line a minute`() throws {
        let notes: [(OriginHeader, UInt64)] = [
            (.host, 0), (.host, 59), (.forwarded, 59), (.host, 60), (.host, 61), (.host, 120),
        ]
        let lines = try lines(notes)
        #expect(lines.count { $0.contains(#""header":"host""#) } == 3)
        #expect(lines.count { $0.contains(#""header":"forwarded""#) } == 1)
    }

    @Test func `the line says which setting a public URL replaces`() throws {
        var configuration = Configuration()
        configuration.originFromHost = true
        let line = try lines([(.forwardedProto, 0)], configuration).first
        #expect(line?.contains("set --public-url in place of --origin-from-host, or") == true)
    }
}
