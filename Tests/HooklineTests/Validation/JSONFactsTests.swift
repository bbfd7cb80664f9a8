import Foundation
import Testing

@testable import Hookline

@Suite struct JSONFactsTests {
    private let account = SampleRequest.account

    private func facts(_ text: String) -> JSONFacts? { JSONFacts(Array(text.utf8)) }

    private func ids(_ text: String) -> [String] {
        (facts(text)?.eventIDs ?? []).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `the ids of CloudEvents are found, sorted and each once`() {
        let a = #"{"specversion":"1.0","id":"a"}"#
        let b = #"{"id":"b","data":{"id":"x","list":[1,-2.5e3,null,true,{}]},"specversion":"1.0"}"#
        #expect(ids("[\(b),\(a),\(b)]") == ["a", "b"])
        #expect(ids(" \n\t[ \(a) , \(b) ]\r\n ") == ["a", "b"])
        #expect(ids(a) == ["a"])
        #expect(ids(#"[{"specversion":"1.0","id":"a\"b"}]"#) == [#"a\"b"#])
    }

    @Test(arguments: [
        "[]", "{}", "[1]", #"["id"]"#, #"[{"id":"a"}]"#, #"[{"specversion":"1.0"}]"#,
        #"[{"specversion":"1.0","id":""}]"#, #"[{"specversion":"1.0","id":7}]"#,
        #"[{"specversion":"1.0","id":"a","id":"b"}]"#, #"[{"specversion":"1.0","id":"a"}"#,
        #"[{"specversion":"1.0","id":"a"}]x"#, #"[{"specversion":"1.0","id":"a"},]"#,
        #"[{"specversion":"1.0","id":"a"},{"id":"b"}]"#, #"{"specversion":"1.0","id":"a""#,
        #"[{"specversion":"1.0","id":"a" "x":1}]"#, #"[{"specversion":"1.0","id":"a\"#,
        #"[{"data":{"specversion":"1.0","id":"a"}}]"#, "[{\"specversion\":\"1.0\",\"id\":\"a\n\"}]",
    ])
    func `what is no list of CloudEvents names no event`(text: String) {
        #expect(ids(text) == [])
    }

    @Test func `the first account that is named is found wherever it stands`() {
        let other = "AC" + String(repeating: "f", count: 32)
        for key in ["accountSid", "account_sid", "AccountSid"] {
            for text in [
                "{\"\(key)\":\"\(account)\"}", "[{\"data\":{\"x\":[{\"\(key)\":\"\(account)\"}]}}]",
                "{\"\(key)\":7,\"y\":{\"\(key)\":\"\(account)\"}}",
                "{\"\(key)\":\"AC1\",\"y\":{\"\(key)\":\"\(account)\"}}",
                "{\"\(key)\":\"\(account)\",\"accountSid\":\"\(other)\"}",
            ] {
                #expect(facts(text)?.account == Array(account.utf8), "\(text)")
            }
        }
        #expect(facts("{\"sid\":\"\(account)\"}")?.account == [])
        #expect(facts("\"\(account)\"") == nil)
        #expect(facts("") == nil)
    }

    @Test func `nesting is bounded`() {
        let deep = { (count: Int) in
            "{\"specversion\":\"1.0\",\"id\":\"a\",\"d\":" + String(repeating: "[", count: count)
                + String(repeating: "]", count: count) + "}"
        }
        #expect(ids(deep(60)) == ["a"])
        #expect(ids(deep(70)) == [])
        #expect(ids(deep(200_000)) == [])
    }

    /// Whatever is cut off or put in: no trap, and never an event that Foundation does not see.
    @Test func `damaged JSON names no event that is not there`() throws {
        let text = Array(
            #"""
            [{"specversion":"1.0","id":"a","data":{"b":[1,"c",null]}},\#
            {"id":"d","specversion":"1"}]
            """#.utf8)
        var random = SplitMix(state: 7)
        for _ in 0..<5000 {
            var damaged = text
            switch random.below(3) {
            case 0: damaged.removeSubrange(random.below(text.count)...)
            case 1: damaged.remove(at: random.below(text.count))
            default:
                damaged.insert(
                    Array("{}[],:\"\\a 1".utf8)[random.below(11)], at: random.below(text.count))
            }
            guard let facts = JSONFacts(damaged), !facts.eventIDs.isEmpty else { continue }
            // Ours does not look into numbers and words, so it may take more for JSON; not this.
            let object = try? JSONSerialization.jsonObject(with: Data(damaged))
            let events = object as? [[String: Any]] ?? (object as? [String: Any]).map { [$0] }
            guard let events else { continue }
            #expect(events.allSatisfy { $0["id"] is String && $0["specversion"] is String })
            #expect(Set(events.map { $0["id"] as? String }).count == facts.eventIDs.count)
        }
    }
}
