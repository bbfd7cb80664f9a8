import Testing

@testable import MicroHTTP

@Suite struct HTTPFieldsTests {
    @Test func `what is written fits exactly, and one byte more does not`() {
        for (room, fits) in [(9, true), (8, false), (0, false)] {
            let fields = HTTPFields(bytesMax: room) { writer in
                let isWritten = [("Host", "h"), ("Via", ""), ("X", "")].map { name, value in
                    Array(name.utf8).withUnsafeBytes { name in
                        Array(value.utf8).withUnsafeBytes { writer.append(name: name, value: $0) }
                    }
                }
                #expect(isWritten == (room == 0 ? [false, false, false] : [true, true, fits]))
            }
            #expect(fields.count == (room == 0 ? 0 : fits ? 3 : 2))
            guard room > 0 else { continue }
            #expect(fields.first("host").map(Array.init) == Array("h".utf8))
            #expect(fields.first("via").map(Array.init) == [])
            #expect(fields.contentBytes == (fits ? 9 : 8))
        }
    }

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
