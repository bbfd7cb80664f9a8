import TestSupport
import Testing
import TwiML

@testable import Hookline

/// What Twilio would be asked to send for an answer.
@Suite struct ReplyPlannerTests {
    private let planner = ReplyPlanner(
        application: Array("http://127.0.0.1:3000/app".utf8), parametersMax: 100)
    private let document = Array("http://127.0.0.1:3000/app/reply?x=1".utf8)

    private func webhook(
        _ fields: [(String, String)] = [], kind: WebhookKind = .message
    ) -> Webhook {
        ReplySample.webhook(fields, kind: kind)
    }

    private func plan(
        _ inside: String, _ fields: [(String, String)] = [], depth: Int = 0
    ) -> ReplyPlan {
        let answer = ApplicationAnswer(
            contentType: "text/xml", body: Array("<Response>\(inside)</Response>".utf8))
        return planner.plan(answer, to: webhook(fields), from: document, depth: depth)
    }

    private func messages(_ plan: ReplyPlan) -> [OutboundMessage] {
        plan.replies.compactMap {
            if case .message(let message) = $0.content { message } else { nil }
        }
    }

    @Test func `the sender gets the reply, from the number that was written to`() {
        let plan = plan("<Message>Hi</Message>")
        #expect(
            messages(plan) == [
                OutboundMessage(
                    account: ReplySample.account, to: "+15550199", from: "+15550100", body: "Hi")
            ])
        #expect(plan.fault == nil && plan.unknownCount == 0)
    }

    @Test func `WhatsApp stays WhatsApp, and the service that the webhook names sends`() {
        let fields = [
            ("From", "whatsapp:+15550199"), ("To", "whatsapp:+15550100"),
            ("MessagingServiceSid", "MG1"),
        ]
        let found = messages(
            plan("<Message>Hi</Message><Message from='+15550111'>x</Message>", fields))
        #expect(found.map(\.to) == ["whatsapp:+15550199", "whatsapp:+15550199"])
        #expect(found.map(\.from) == ["whatsapp:+15550100", "+15550111"])
        #expect(found.map(\.service) == ["MG1", ""])
    }

    @Test func `URLs are absolute for Twilio, relative to what Twilio called`() {
        let inside =
            "<Message action='/status?a=1'><Body>x</Body><Media>pictures/1.png</Media>"
            + "<Media>https://cdn.example/2.png</Media></Message>"
        let found = messages(plan(inside))[0]
        #expect(found.statusCallback == "https://hooks.example.com/status?a=1")
        #expect(
            found.media == [
                "https://hooks.example.com/webhook/pictures/1.png", "https://cdn.example/2.png",
            ])
    }

    @Test func `a redirect is asked of the application alone, and five times at most`() {
        func redirect(_ url: String, depth: Int = 0) -> NewOutbound? {
            plan("<Redirect>\(url)</Redirect>", depth: depth).replies.first
        }
        func url(_ reply: NewOutbound?) -> String? {
            guard case .redirect(let redirect) = reply?.content else { return nil }
            return String(decoding: redirect.url, as: UTF8.self)
        }
        #expect(url(redirect("next")) == "http://127.0.0.1:3000/app/next")
        #expect(url(redirect("/next?a=b")) == "http://127.0.0.1:3000/next?a=b")
        #expect(redirect("next")?.reason == nil)
        #expect(url(redirect("")) == "http://127.0.0.1:3000/app/reply?x=1")
        for other in [
            "http://127.0.0.1:3001/x", "https://127.0.0.1:3000/x", "http://169.254.169.254/",
            "//evil.example/x", "file:///etc/passwd", "ht tp://x",
        ] {
            #expect(redirect(other)?.reason == .redirect, "\(other)")
        }
        #expect(redirect("next", depth: 4)?.reason == nil)
        #expect(redirect("next", depth: 5)?.reason == .redirect)
    }

    @Test func `what Twilio would not send is kept with its reason, and the rest is sent`() {
        let long = String(repeating: "x", count: 1_601)
        let media = String(repeating: "<Media>https://a.example/1</Media>", count: 11)
        let plan = plan(
            "<Message>\(long)</Message><Message/><Message>\(media)</Message><Message>ok</Message>")
        #expect(plan.replies.map(\.reason) == [.bodyTooLong, .empty, .tooManyMedia, nil])
    }

    @Test func `an answer that is no TwiML is told, and another kind of event has no reply`() {
        let bad = ApplicationAnswer(contentType: "text/xml", body: Array("<Response>".utf8))
        #expect(planner.plan(bad, to: webhook(), from: document).fault?.reason == "syntax")
        let json = ApplicationAnswer(contentType: "application/json", body: Array("{}".utf8))
        #expect(planner.plan(json, to: webhook(), from: document).fault == .contentType)
        let cut = ApplicationAnswer(
            contentType: "text/plain", body: Array("x".utf8), isTruncated: true)
        #expect(planner.plan(cut, to: webhook(), from: document).fault?.reason == "too_large")
        let good = ApplicationAnswer(contentType: "text/plain", body: Array("Hi".utf8))
        #expect(planner.plan(good, to: webhook(), from: document).replies.count == 1)
        for kind in WebhookKind.allCases where kind != .message {
            #expect(
                planner.plan(good, to: webhook(kind: kind), from: document) == ReplyPlan())
        }
    }

    @Test func `what is stored of a reply comes back, and what is damaged does not`() {
        let plan = plan(
            "<Message action='/s'>Grüße 😀<Media>https://a.example/1</Media></Message>"
                + "<Redirect method='GET'>n</Redirect>")
        for reply in plan.replies {
            let bytes = reply.content.bytes
            #expect(OutboundContent(code: reply.content.code, bytes: bytes) == reply.content)
            for count in [1, 3, bytes.count - 1] {
                #expect(
                    OutboundContent(code: reply.content.code, bytes: Array(bytes.prefix(count)))
                        == nil)
            }
            #expect(OutboundContent(code: 7, bytes: bytes) == nil)
        }
        #expect(plan.replies.count == 2)
    }
}

/// A message that came in, for the tests of replies.
enum ReplySample {
    static let account = TwilioStandIn.account

    static func webhook(
        _ changes: [(String, String)] = [], kind: WebhookKind = .message
    ) -> Webhook {
        var fields = [
            ("AccountSid", account), ("Body", "hello"), ("From", "+15550199"),
            ("MessageSid", "SM1"), ("SmsStatus", "received"), ("To", "+15550100"),
        ]
        for (name, value) in changes {
            fields.removeAll { $0.0 == name }
            fields.append((name, value))
        }
        let form = fields.map { "\($0.0)=\($0.1.replacing("+", with: "%2B"))" }
            .joined(separator: "&")
        let head = WebhookHead(sample: [
            "https://hooks.example.com", "/webhook/sms", "application/x-www-form-urlencoded", "s",
            "", account, "SM1",
        ])
        return Webhook(
            kind: kind, priority: .normal, identity: Identity(stored: []),
            receivedMilliseconds: 0, head: head, body: Array(form.utf8))
    }
}
