import Testing
import TwilioSignature

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
            "NumMedia", "SmsStatus", "SmsSid", "SmsMessageSid", "EventType", "CallSid",
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
        var builder = FormBuilder()
        builder.append(name: "Bödy &=+%".utf8, value: "a b\u{0}\r\n~*-._😀".utf8)
        builder.append(name: "".utf8, value: "".utf8)
        builder.append(name: "To".utf8, value: "+1500".utf8)
        let form = builder.form
        let parsed = try FormParameters(parsing: form.encoded, parametersMax: 10)
        #expect(parsed.signedSuffix == form.signedSuffix)
        #expect(parsed[.to] == form[.to])
    }

    /// Decodes byte by byte, as the rules are written.
    private func plainly(_ body: [UInt8]) -> [[UInt8]] {
        func text(_ part: ArraySlice<UInt8>) -> [UInt8] {
            var text: [UInt8] = []
            var rest = part
            while let byte = rest.popFirst() {
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                if byte == UInt8(ascii: "%"), digits.utf8.allSatisfy({ $0 != 0x2b && $0 != 0x2d }),
                    digits.utf8.count == 2, let escaped = UInt8(digits, radix: 16)
                {
                    text.append(escaped)
                    rest = rest.dropFirst(2)
                } else {
                    text.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                }
            }
            return text
        }
        return body.split(separator: UInt8(ascii: "&")).flatMap { segment in
            let parts = segment.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return [text(parts[0]), parts.count > 1 ? text(parts[1]) : []]
        }
    }

    @Test func `a body of any bytes and any length is decoded as the rules say`() throws {
        var random = SystemRandomNumberGenerator()
        let often = Array("&=+%%2bFf0aZ\u{7f}".utf8) + [0x00, 0x80, 0xa6, 0xab, 0xff]
        for round in 0..<20_000 {
            let body = (0..<round % 67).map { _ in
                Bool.random(using: &random)
                    ? often.randomElement(using: &random) ?? 0
                    : UInt8.random(in: 0...255, using: &random)
            }
            let form = try FormParameters(parsing: body, parametersMax: 100)
            let read = form.decoded.flatMap { [Array($0.name), Array($0.value)] }
            try #require(read == plainly(body), "\(body)")
        }
    }
}
