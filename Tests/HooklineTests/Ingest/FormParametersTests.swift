import Testing

@testable import Hookline

@Suite struct FormParametersTests {
    private func parse(_ body: String, max: Int = 100) throws -> FormParameters {
        try FormParameters(parsing: Array(body.utf8), parametersMax: max)
    }

    private func suffix(_ body: String) throws -> String {
        String(decoding: try parse(body).signedSuffix, as: UTF8.self)
    }

    @Test(arguments: [
        ("", "", 0), ("&&", "", 0), ("a", "a", 1), ("a=", "a", 1), ("=a", "a", 1), ("=", "", 1),
        ("a=b=c", "ab=c", 1), ("b=1&a=2", "a2b1", 2), ("a+b=%20+", "a b  ", 1),
        ("a=%", "a%", 1), ("a=%4", "a%4", 1), ("a=%zz", "a%zz", 1), ("a=%4&1=2", "12a%4", 2),
        ("%41=%61", "Aa", 1), ("a=2&a=1&a=2", "a1a2", 3), ("B=1&a=2", "B1a2", 2),
        ("a=;b", "a;b", 1),
    ])
    func `a body is split and decoded`(body: String, expected: String, count: Int) throws {
        #expect(try suffix(body) == expected)
        #expect(try parse(body).count == count)
    }

    @Test func `names are sorted by bytes, not as text`() throws {
        // As text, "é" in one scalar and in two are equal; as bytes they are two names.
        #expect(try suffix("%C3%A9=1&e%CC%81=2&z=3") == "e\u{301}2z3\u{e9}1")
    }

    @Test func `bytes that are not UTF-8 stay`() throws {
        #expect(try parse("a=%ff%FE").signedSuffix == [0x61, 0xff, 0xfe])
    }

    @Test func `the limit is taken and one more is refused`() throws {
        #expect(try parse("a&b&c", max: 3).count == 3)
        #expect(throws: FormFault.tooManyParameters(max: 3)) { try parse("a&b&c&d", max: 3) }
    }

    @Test func `every field is found by its exact name`() throws {
        let names = [
            "AccountSid", "MessageSid", "Body", "From", "To", "MessageStatus", "ErrorCode",
            "NumMedia",
        ]
        let form = try parse(names.enumerated().map { "\($1)=v\($0)" }.joined(separator: "&"))
        for (index, field) in WebhookField.allCases.enumerated() {
            #expect(form[field].map { String(decoding: $0, as: UTF8.self) } == "v\(index)")
        }
        let others = try parse(names.map { $0.lowercased() + "=x" }.joined(separator: "&"))
        for field in WebhookField.allCases { #expect(others[field] == nil) }
    }

    @Test func `only two different values of one field are ambiguous`() throws {
        #expect(try parse("Body=a&Body=a&From=b").ambiguous == nil)
        #expect(try parse("Body=a&From=b&Body=c").ambiguous == .body)
        #expect(try parse("Other=a&Other=b").ambiguous == nil)
    }

    @Test func `what is encoded is parsed back`() throws {
        var form = FormParameters()
        form.append(name: "Bödy &=+%".utf8, value: "a b\u{0}\r\n~*-._😀".utf8)
        form.append(name: "".utf8, value: "".utf8)
        form.append(name: "To".utf8, value: "+1500".utf8)
        let parsed = try FormParameters(parsing: form.encoded, parametersMax: 10)
        #expect(parsed.signedSuffix == form.signedSuffix)
        #expect(parsed[.to] == form[.to])
    }
}
