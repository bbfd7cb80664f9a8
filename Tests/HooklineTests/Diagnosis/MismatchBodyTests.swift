import OpenSSL
import Testing
import TwilioSignature

@testable import Hookline

/// X6: bodies that something on the way changed.
@Suite struct MismatchBodyTests {
    private func explained(
        _ call: SimulatedCall, _ change: (inout SimulatedRequest) -> Void
    ) throws -> MismatchExplanation {
        var request = try call.signed()
        change(&request)
        return try request.explained()
    }

    private func form(_ values: [(String, String)]) -> SimulatedCall {
        SimulatedCall(form: [("AccountSid", SimulatedCall.account)] + values)
    }

    @Test func `a form that is only escaped otherwise still matches`() throws {
        let explanation = try explained(form([("Body", "é 2+2"), ("From", "+1")])) {
            $0.body = Array(
                "From=%2b1&Body=%c3%a9%202%2b2&AccountSid=\(SimulatedCall.account)".utf8)
        }
        #expect(explanation.change == MismatchChange())
    }

    @Test(arguments: [
        ("Body=hello", "Body=hello%0A", "adds white space"),
        ("Body=hello%0A", "Body=hello", "takes the line feed from its end"),
        ("Body=hello+&From=1", "Body=hello&From=1", "trims the text"),
        ("Body=a%0Ab", "Body=a%0D%0Ab", "writes CR LF for line feeds"),
        ("Body=a%0D%0Ab", "Body=a%0Ab", "writes line feeds for CR LF"),
        ("Body=%C3%A9", "Body=%E9", "converts it from UTF-8 to ISO 8859-1"),
        ("Body=%C3%A9", "Body=%C3%83%C2%A9", "takes its UTF-8 for ISO 8859-1"),
        ("Body=%E2%80%99", "Body=%C3%A2%E2%82%AC%E2%84%A2", "takes its UTF-8 for Windows-1252"),
        ("From=%2B1500&Body=a+b", "From=+1500&Body=a+b", "does not escape +"),
        ("From=whatsapp:%2B1500&Body=a+b", "From=whatsapp:+1500&Body=a+b", "does not escape +"),
        ("Body=a%26b", "Body=a%26amp%3Bb", "writes entities such as &amp;"),
        ("Body=50%25", "Body=50%2525", "encodes it a second time"),
        ("Body=%2525", "Body=%25", "decodes it once"),
        ("Body=&From=1", "From=1", "drops empty parameters"),
        ("From=1", "From=1&Empty=", "adds a parameter"),
        ("From=1", "From=1&Proxy=nginx", "adds a parameter"),
        ("Body=a", "%EF%BB%BFBody=a", "adds a byte order mark"),
    ])
    func `what became of a form is told`(signed: String, arrived: String, words: String) throws {
        let original = try FormParameters(parsing: Array(signed.utf8), parametersMax: 10)
        let call = SimulatedCall(
            form: original.decoded.map {
                (
                    String(decoding: $0.name, as: UTF8.self),
                    String(decoding: $0.value, as: UTF8.self)
                )
            })
        let explanation = try explained(call) { $0.body = Array(arrived.utf8) }
        #expect(explanation.hint == .body)
        #expect(explanation.sentence.contains(words))
        let proof = try #require(explanation.proof)
        let proven = try FormParameters(parsing: proof.body, parametersMax: 10)
        #expect(proven.signedSuffix == original.signedSuffix)
        for word in ["hello", "1500"] { #expect(!explanation.sentence.contains(word)) }
    }

    @Test func `a content type that was changed is told`() throws {
        let explanation = try explained(SimulatedCall()) { $0.contentType = "application/json" }
        #expect(explanation.hint == .body)
        #expect(explanation.sentence.contains("it changes Content-Type"))
        #expect(explanation.proof?.isForm == true)
        let other = try explained(SimulatedCall()) { $0.contentType = "text/plain" }
        #expect(other.sentence.contains("it changes Content-Type"))
    }

    @Test(arguments: [
        (#"{"a": [1, 2]}"#, "{\"a\": [1, 2]}\n", "adds white space to its end"),
        (#"{"a":[1,2]}"#, #"{"a": [1, 2]}"#, "rewrites the JSON"),
        (#"{"a": [1, 2], "b\"": ": "}"#, #"{"a":[1,2],"b\"":": "}"#, "rewrites the JSON"),
        (#"{"a": "é"}"#, #"{"a": "Ã©"}"#, "takes its UTF-8 for ISO 8859-1"),
    ])
    func `what became of JSON is told and proven by bodySHA256`(
        sent: String, arrived: String, words: String
    ) throws {
        var call = SimulatedCall()
        call.json = sent
        let explanation = try explained(call) { $0.body = Array(arrived.utf8) }
        #expect(explanation.hint == .body)
        #expect(explanation.sentence.contains(words))
        #expect(explanation.proof?.body == Array(sent.utf8))
    }

    @Test func `JSON that cannot be restored proves its URL and no more`() throws {
        var call = SimulatedCall()
        call.json = #"{"a": 1}"#
        let explanation = try explained(call) { $0.body = Array(#"{"b": 2}"#.utf8) }
        #expect(explanation.hint == .body)
        #expect(explanation.proof == nil)
        #expect(
            explanation.sentence == "this request would match with another body: let the proxy "
                + "pass the body on byte for byte as it came")
    }

    @Test func `a bodySHA256 that a proxy dropped is told`() throws {
        var call = SimulatedCall(target: "/webhook/status")
        call.json = "{}"
        let explanation = try explained(call) { $0.target = "/webhook/status" }
        #expect(explanation.hint == .path)
        #expect(explanation.sentence.contains("let the proxy keep bodySHA256 in the query"))
        #expect(explanation.proof != nil)
    }

    @Test func `JSON that nothing covers is not proven`() throws {
        let explanation = try explained(SimulatedCall(form: [])) {
            $0.contentType = "application/json"
            $0.body = Array("{}".utf8)
        }
        #expect(explanation.proof == nil)
        #expect(explanation.hint == .body)
    }
}
