import Testing

@testable import MicroHTTP

@Suite struct HTTPFieldsTests {
    @Test func `one search finds how often a field is there, and its first value`() {
        var fields = HTTPFields()
        for (name, value) in [("Via", "a"), ("via", "b"), ("X", ""), ("Vi", "c")] {
            fields.append(name: name.utf8, value: value.utf8)
        }
        #expect(fields.occurrences(of: "via").count == 2)
        #expect(fields.occurrences(of: "via").first.map(Array.init) == Array("a".utf8))
        #expect(fields.occurrences(of: "x").first.map(Array.init) == [])
        #expect(fields.occurrences(of: "v").count == 0)
        #expect(fields.occurrences(of: "v").first == nil)
    }
}
