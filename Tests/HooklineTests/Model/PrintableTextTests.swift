import Testing

@testable import Hookline

@Suite struct PrintableTextTests {
    @Test func `what moves a cursor, breaks a line or turns the writing is not printed`() {
        let hidden = [0x00, 0x1b, 0x7f, 0x85, 0x9f, 0x2028, 0x202a, 0x202e, 0x2066, 0x2069]
        for value in hidden {
            let scalar = Character(UnicodeScalar(UInt32(value)) ?? " ")
            #expect(PrintableText.of("a\(scalar)b") == "a\u{fffd}b", "\(value)")
        }
        #expect(PrintableText.of("a b\u{a0}ü😀") == "a b\u{a0}ü😀")
    }

    @Test func `a line of the text log and a table of a command show the same`() {
        let evil = "a\u{202e}b\u{2066}c"
        let line = LogLine(.info, evil).with("x", evil).text(timestamp: "t")
        let shown = String(decoding: line, as: UTF8.self)
        #expect(!shown.contains("\u{202e}") && !shown.contains("\u{2066}"))
    }
}
