import Testing

@testable import TwiML

@Suite struct TwiMLAnswerTests {
    private func read(_ type: String?, _ body: String) throws(TwiMLError) -> TwiMLDocument {
        try TwiMLAnswer.read(contentType: type, body: Array(body.utf8))
    }

    private func texts(_ type: String, _ body: String) throws -> [String] {
        try read(type, body).instructions.map { instruction in
            guard case .message(let message) = instruction else { return "redirect" }
            return message.body
        }
    }

    @Test(arguments: [
        "text/xml", "application/xml", "text/html", "Text/XML; charset=utf-8",
        "text/html;charset=\"UTF-8\"", "application/xml ; charset=us-ascii",
    ])
    func `XML is TwiML`(type: String) throws {
        #expect(try texts(type, "<Response><Message>Hi</Message></Response>") == ["Hi"])
    }

    @Test func `plain text is a message to the sender`() throws {
        #expect(try texts("text/plain", " Hello <b> &amp;\r\nyou\n") == ["Hello <b> &amp;\nyou"])
        #expect(try texts("text/plain; charset=utf-8", "Grüße") == ["Grüße"])
        #expect(try texts("text/plain", " \n") == [])
        #expect(throws: TwiMLError.encoding) {
            try TwiMLAnswer.read(contentType: "text/plain", body: [0xff])
        }
    }

    @Test func `no body says nothing, whatever its type`() throws {
        for type in [nil, "", "text/plain", "application/json", "text/xml"] {
            #expect(try read(type, "") == TwiMLDocument())
        }
    }

    @Test func `any other type is refused as Twilio refuses it`() {
        for type in [nil, "", "application/json", "text/xmlx", "audio/mpeg"] {
            #expect(throws: TwiMLError.contentType) { try read(type, "<Response/>") }
        }
    }

    @Test func `a charset that the type names is taken, and one that nobody knows refused`() throws
    {
        let latin =
            Array("<Response><Message>Gr".utf8) + [0xfc] + Array("n</Message></Response>".utf8)
        let type = "text/xml; charset=ISO-8859-1"
        let document = try TwiMLAnswer.read(contentType: type, body: latin)
        #expect(document.instructions == [.message(TwiMLMessage(body: "Grün"))])
        #expect(throws: TwiMLError.xml(.encoding)) {
            try read("text/xml; charset=klingon", "<Response/>")
        }
        #expect(throws: TwiMLError.encoding) { try read("text/plain;charset=utf-16", "Hi") }
    }

    @Test func `a body over the limit is refused whatever its type`() {
        let body = [UInt8](repeating: 0x61, count: 65_537)
        for type in ["text/plain", "text/xml"] {
            #expect(throws: TwiMLError.tooLarge(bytesMax: 65_536)) {
                try TwiMLAnswer.read(contentType: type, body: body)
            }
        }
        #expect(throws: Never.self) {
            try TwiMLAnswer.read(contentType: "text/plain", body: body.dropLast())
        }
    }
}
