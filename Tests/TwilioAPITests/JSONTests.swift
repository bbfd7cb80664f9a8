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
        #expect(read("1")?.bool == nil && read("true")?.integer == nil)
    }

    @Test(arguments: ["", " ", "{", "{\"a\"}", "tru", "1 2", "'a'", "{1: 2}", "1e999"])
    func `what is not JSON is not read`(text: String) {
        #expect(read(text) == nil)
    }

    @Test func `depth is bounded, and bytes that are not UTF-8 are refused`() {
        #expect(read(String(repeating: "[", count: 1_000_000)) == nil)
        let deep = String(repeating: "[", count: 1_000) + String(repeating: "]", count: 1_000)
        #expect(read(deep) == nil)
        #expect(JSON([0x22, 0xff, 0x22]) == nil)
    }
}
