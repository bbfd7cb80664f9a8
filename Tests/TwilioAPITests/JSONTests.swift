import Foundation
import TestSupport
import Testing

@testable import TwilioAPI

@Suite struct JSONTests {
    private func read(_ text: String) -> JSON? { JSON(Array(text.utf8)) }

    @Test func `values of every kind are read`() {
        let json = read(
            #" {"a": [1, -2.5e3, "x\n\"\\\/é\u00e9\ud83d\ude00"], "b": true, "c": null} "#)
        #expect(json?["a"]?.items == [.number(1), .number(-2500), .text("x\n\"\\/éé😀")])
        #expect(json?["b"]?.bool == true && json?["c"] == .null && json?["d"] == nil)
        #expect(read("\"12\"")?.integer == 12 && read("12")?.integer == 12)
        #expect(read("\"\"")?.text == nil && read("1.5")?.integer == nil)
        #expect(read(#""\ud83dx""#)?.text == "\u{fffd}x")
        #expect(read(#"{"a": 1, "a": 2}"#)?["a"] == .number(2))
    }

    @Test(arguments: [
        "", " ", "{", "[", "{\"a\"}", "{\"a\":}", "[1,]", "{,}", "\"", "\"\\x\"", "\"\\u12\"",
        "\"\\u+123\"", "tru", "nul", "1 2", "+1", ".5", "--1", "1e999", "'a'", "\"\n\"", "{1: 2}",
        "[1",
    ])
    func `what is not JSON is not read`(text: String) {
        #expect(read(text) == nil)
    }

    @Test func `depth is bounded, at the limit and one beyond`() {
        let depth = JSON.depthMax
        func nested(_ count: Int) -> String {
            String(repeating: "[", count: count) + String(repeating: "]", count: count)
        }
        #expect(read(nested(depth)) != nil)
        #expect(read(nested(depth + 1)) == nil)
        #expect(read(nested(1_000_000)) == nil)
        #expect(JSON([0x22, 0xff, 0x22]) == nil)
    }

    @Test func `no input traps, and what Foundation reads is read`() {
        let pieces = [
            "{", "}", "[", "]", ":", ",", "\"", "\\", "u00e9", "1", "-", "e", ".", "true",
            "null", " ", "\"a\"", "é", "\\ud83d", "\u{1}",
        ]
        var state: UInt64 = 42
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        for _ in 0..<Torture.count(2_000, torture: 100_000) {
            let text = (0..<next(9)).map { _ in pieces[next(pieces.count)] }.joined()
            let other = try? JSONSerialization.jsonObject(
                with: Data(text.utf8), options: .fragmentsAllowed)
            if other != nil, read(text) == nil { Issue.record("\(text)") }
        }
    }
}
