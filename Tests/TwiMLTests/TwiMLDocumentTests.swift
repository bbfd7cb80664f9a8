import Testing

@testable import TwiML

@Suite struct TwiMLDocumentTests {
    private func document(_ inside: String) throws(TwiMLError) -> TwiMLDocument {
        try TwiMLDocument(parsing: Array("<Response>\(inside)</Response>".utf8))
    }

    private func message(_ inside: String) throws -> TwiMLMessage {
        let instruction = try document(inside).instructions.first
        guard case .message(let message) = instruction else { throw TwiMLError.root }
        return message
    }

    @Test func `text alone, a body and media are one message`() throws {
        #expect(
            try message("<Message>Hello &amp; bye</Message>") == TwiMLMessage(body: "Hello & bye"))
        #expect(try message("<Message><Body>Hello</Body></Message>") == TwiMLMessage(body: "Hello"))
        let media = ["https://a.example/1.png", "https://a.example/2.png?a=1&b=2"]
        #expect(
            try message(
                """
                <Message>
                  <Body>Hello
                there</Body>
                  <Media> \(media[0]) </Media>
                  <Media>https://a.example/2.png?a=1&amp;b=2</Media><Media/>
                </Message>
                """) == TwiMLMessage(body: "Hello\nthere", media: media))
        #expect(
            try message("<Message>\n  Store: 1 Main St.\n  <Media>\(media[0])</Media>\n</Message>")
                == TwiMLMessage(body: "Store: 1 Main St.", media: [media[0]]))
        #expect(try message("<Message> a <Body>b </Body></Message>").body == "a\nb")
    }

    @Test func `the attributes of a message are read`() throws {
        let found = try message(
            "<Message to=' +15550101 ' from='+15550100' action='/a?b=1&amp;c=2' method='get' "
                + "statusCallback='/s' other='x'>Hi</Message>")
        #expect(
            found
                == TwiMLMessage(
                    body: "Hi", to: "+15550101", from: "+15550100", action: "/a?b=1&c=2",
                    method: .get, statusCallback: "/s"))
        #expect(found.reportURL == "/a?b=1&c=2")
        #expect(try message("<Message statusCallback='/s'>Hi</Message>").reportURL == "/s")
        #expect(try message("<Message to='' method='PUT'>Hi</Message>") == TwiMLMessage(body: "Hi"))
    }

    @Test func `verbs are kept in order, and nothing behind a redirect`() throws {
        let found = try document(
            "<Message>1</Message><Sms>2</Sms><Redirect method='GET'> next?a=1 </Redirect>"
                + "<Message>3</Message><Say>4</Say>")
        #expect(
            found.instructions == [
                .message(TwiMLMessage(body: "1")), .message(TwiMLMessage(body: "2")),
                .redirect(TwiMLRedirect(url: "next?a=1", method: .get)),
            ])
        #expect(found.unreachableCount == 2)
        #expect(found.unknownCount == 0)
    }

    @Test func `unknown verbs are counted, some are named, and none stops the rest`() throws {
        let found = try document(
            "<Say>Hello</Say>loose<message>x</message><Message>Hi</Message>"
                + String(repeating: "<Pause/>", count: 20))
        #expect(found.instructions == [.message(TwiMLMessage(body: "Hi"))])
        #expect(found.unknownCount == 23)
        #expect(found.unknownVerbs.count == TwiMLDocument.unknownMax)
        #expect(found.unknownVerbs.prefix(4) == ["Say", "text", "message", "Pause"])
        #expect(try message("<Message><Bodi>x</Bodi>y</Message>").unknownNouns == ["Bodi"])
    }

    @Test func `a document without a verb says nothing, and another root is none`() throws {
        #expect(try document("") == TwiMLDocument())
        #expect(try document("<!-- nothing -->\n") == TwiMLDocument())
        for text in ["<response/>", "<html><body>OK</body></html>", "<x:Response/>"] {
            #expect(throws: TwiMLError.root) { try TwiMLDocument(parsing: Array(text.utf8)) }
        }
    }

    @Test func `what Twilio would not send is told, at the limit and one beyond`() {
        #expect(TwiMLMessage(body: "").fault == .empty)
        #expect(TwiMLMessage(body: "", media: ["u"]).fault == nil)
        #expect(TwiMLMessage(body: String(repeating: "é", count: 1_600)).fault == nil)
        #expect(TwiMLMessage(body: String(repeating: "é", count: 1_601)).fault == .bodyTooLong)
        let media = Array(repeating: "u", count: 10)
        #expect(TwiMLMessage(body: "", media: media).fault == nil)
        #expect(TwiMLMessage(body: "", media: media + ["u"]).fault == .tooManyMedia)
    }

    @Test func `each fault has words, and none holds text of the document`() {
        let secret = "telephone 555"
        let errors: [TwiMLError] = [
            "<a>&\(secret);</a>", "<Response><a \(secret)></Response>", "<\(secret)>",
        ].compactMap { text in
            do throws(TwiMLError) {
                _ = try TwiMLDocument(parsing: Array(text.utf8))
                return nil
            } catch {
                return error
            }
        }
        #expect(errors.count == 3)
        for error in errors + [
            .encoding, .root, .contentType, .tooLarge(bytesMax: 1), .xml(.doctype(line: 1)),
            .xml(.encoding), .xml(.tooDeep(depthMax: 1)), .xml(.tooManyElements(elementsMax: 1)),
            .xml(.tooManyAttributes(attributesMax: 1)), .xml(.tooLarge(bytesMax: 1)),
            .xml(.memory),
        ] {
            #expect(!error.description.contains("555") && !error.description.isEmpty)
            #expect(!error.reason.isEmpty)
        }
        for fault in [TwiMLMessageFault.empty, .bodyTooLong, .tooManyMedia] {
            #expect(!fault.description.isEmpty)
        }
    }
}
