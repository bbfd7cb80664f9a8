import TestSupport
import Testing

@testable import Deflate

struct GzipEncoderTests {
    /// What gzip(1) makes of it, which knows the format better than we do.
    private func decoded(_ bytes: [UInt8]) throws -> (status: Int32, text: String) {
        let result = try ChildProcess.run("gzip", ["-dc"], input: bytes)
        return (result.status, result.output)
    }

    @Test(.startsPrograms) func `gzip reads what is written, message after message`() throws {
        let encoder = try GzipEncoder(level: 1)
        var compressed: [UInt8] = []
        for size in [0, 1, 100, 100_000, 3] {
            let text = String(repeating: "hookline_x_total 1\n", count: size)
            try encoder.encode(Array(text.utf8), into: &compressed)
            let result = try decoded(compressed)
            #expect(result.status == 0)
            #expect(result.text == text)
            #expect(size < 100 || compressed.count < text.utf8.count / 10)
        }
    }

    @Test(.startsPrograms) func `what does not compress fits too`() throws {
        let encoder = try GzipEncoder(level: 9)
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<70_000).map { _ in UInt8.random(in: 32...126, using: &generator) }
        var compressed: [UInt8] = []
        try encoder.encode(noise, into: &compressed)
        #expect(try decoded(compressed).text == String(decoding: noise, as: UTF8.self))
    }

    @Test func `a level that there is not is an error`() {
        #expect(throws: DeflateError(operation: "make a compressor of level 77")) {
            try GzipEncoder(level: 77)
        }
    }

    @Test func `the library says its version`() {
        #expect(DeflateLibrary.version.hasPrefix("1."))
    }
}
