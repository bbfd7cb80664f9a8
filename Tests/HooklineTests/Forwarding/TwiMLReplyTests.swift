import Testing

@testable import Hookline

@Suite struct TwiMLReplyTests {
    @Test(arguments: [
        "<Response><Message>hi</Message></Response>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            + "<Response>\n  <Redirect>/x</Redirect></Response>",
        "\u{feff}<!-- a --><Response x=\"1\"><!-- b --><Message/></Response>",
        "<!DOCTYPE Response><Response><message/></Response>",
    ])
    func `a verb is found`(body: String) {
        #expect(TwiMLReply.carriesVerbs(Array(body.utf8)))
    }

    @Test(arguments: [
        "", "ok", "<Response/>", "<Response></Response>", "<Response />",
        "<Response>text</Response>",
        "<?xml version=\"1.0\"?><Response><!-- <Message/> --></Response>", "{\"Response\":1}",
        "<html><Response><Message/></Response></html>", "<Response", "<Response><",
        "<!-- <Response>",
        "<?xml",
    ])
    func `an answer without one is none`(body: String) {
        #expect(!TwiMLReply.carriesVerbs(Array(body.utf8)))
    }
}
