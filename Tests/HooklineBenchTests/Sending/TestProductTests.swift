import Curl
import Foundation
import OpenSSL
import Testing
import TwilioSignature

@testable import HooklineBench

/// What `hookline send` makes for each product.
@Suite struct TestProductTests {
    private static let hook = "https://hooks.example.com/webhook/any"
    private let key: HMACKey

    init() throws { key = HMACKey(Array("12345".utf8)) }

    private func request(_ webhook: TestWebhook, to url: String = hook) -> TransferRequest {
        let signer = TestRequestSigner(
            url: url, signedURL: nil, key: key, agent: "test", timeoutMilliseconds: 1000)
        return signer.request(for: webhook)
    }

    private func header(_ name: String, _ request: TransferRequest) -> String? {
        request.headers.map { String(decoding: $0, as: UTF8.self) }
            .first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.utf8.count + 2)) }
    }

    private func isForm(_ request: TransferRequest) -> Bool {
        header("Content-Type", request) == "application/x-www-form-urlencoded; charset=UTF-8"
    }

    /// What the receiver says of it.
    private func verdict(_ request: TransferRequest) throws -> SignatureVerdict {
        let url = request.url
        let target = try #require(url.dropFirst("https://".utf8.count).firstIndex(of: 0x2f))
        let signed = SignedRequest(
            origin: Array(url[..<target])[...], target: Array(url[target...])[...],
            body: request.body,
            parameters: isForm(request)
                ? try FormParameters(parsing: request.body, parametersMax: 100) : nil,
            signature: Array(try #require(header("X-Twilio-Signature", request)).utf8)[...])
        return WebhookSignature.verify(signed, keys: [key])
    }

    /// Its parameters, in order.
    private func fields(_ webhook: TestWebhook) throws -> [(name: String, value: String)] {
        guard case .form(let form) = webhook.body else {
            Issue.record("not a form")
            return []
        }
        return form.decoded.map {
            (String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self))
        }
    }

    private func json(_ webhook: TestWebhook) throws -> Any {
        guard case .json(let bytes) = webhook.body else {
            Issue.record("not JSON")
            return 0
        }
        return try JSONSerialization.jsonObject(with: Data(bytes))
    }

    private func sid(_ kind: String, _ text: String?) -> Bool {
        guard let text else { return false }
        return text.hasPrefix(kind) && text.dropFirst(kind.count).count == 32
            && text.dropFirst(kind.count).allSatisfy { "0123456789abcdef".contains($0) }
    }

    @Test(
        arguments: TestProduct.allCases,
        [hook, hook + "?tenant=7", hook + "#rc=3&rp=all", hook + "?tenant=7#rc=3"])
    func `every product's webhook is genuine, whatever the URL`(
        product: TestProduct, url: String
    ) throws {
        let request = request(product.webhook(TestMessageOptions()), to: url)
        guard case .match = try verdict(forged(request, "")) else {
            Issue.record("\(product) is not genuine at \(url)")
            return
        }
        #expect(try verdict(forged(request, "x")) != verdict(forged(request, "")))
        #expect(isForm(request) || header("Content-Type", request) == "application/json")
        let sent = String(decoding: request.url, as: UTF8.self)
        #expect(isForm(request) != sent.contains("bodySHA256="))
        #expect(isForm(request) || !sent.contains("#"))
        #expect(header("I-Twilio-Idempotency-Token", request)?.isEmpty == false)
    }

    /// The request as it is sent, a fragment is not, with something behind its body.
    private func forged(_ request: TransferRequest, _ suffix: String) -> TransferRequest {
        var sent = request
        sent.url = Array(request.url.prefix { $0 != UInt8(ascii: "#") })
        sent.body += Array(suffix.utf8)
        return sent
    }

    @Test(arguments: TestProduct.allCases)
    func `no event is sent by two calls`(product: TestProduct) {
        let webhooks = (0..<50).map { _ in product.webhook(TestMessageOptions()) }
        let tokens = Set(webhooks.map(\.idempotencyToken))
        let bodies = Set(webhooks.map { request($0).body })
        #expect(tokens.count == 50 && bodies.count == 50)
    }

    @Test(arguments: TestProduct.allCases)
    func `an event sent again is the same, but for the count of retries`(
        product: TestProduct
    ) throws {
        let webhook = product.webhook(TestMessageOptions())
        #expect(webhook.again.idempotencyToken == webhook.idempotencyToken)
        guard product == .conversations else {
            #expect(request(webhook.again).body == request(webhook).body)
            return
        }
        let (first, second) = (try fields(webhook), try fields(webhook.again))
        #expect(first.map(\.name) == second.map(\.name))
        let changed = zip(first, second).filter { $0.value != $1.value }
        #expect(changed.map(\.0.name) == ["RetryCount"])
        #expect(changed.map(\.0.value) == ["0"] && changed.map(\.1.value) == ["1"])
        #expect(try fields(webhook.again.again).contains { $0 == ("RetryCount", "2") })
        guard case .match = try verdict(request(webhook.again)) else {
            Issue.record("the repetition is not genuine")
            return
        }
    }

    @Test func `a message of Conversations has the fields of one that was captured`() throws {
        var options = TestMessageOptions()
        options.text = "grüße +"
        let pairs = try fields(TestProduct.conversations.webhook(options))
        #expect(
            pairs.map(\.name) == [
                "EventType", "Attributes", "DateCreated", "Index", "MessageSid", "AccountSid",
                "Source", "ClientIdentity", "RetryCount", "Author", "ParticipantSid", "Body",
                "ConversationSid",
            ])
        let values = Dictionary(uniqueKeysWithValues: pairs.map { ($0.name, $0.value) })
        #expect(values["EventType"] == "onMessageAdded" && values["RetryCount"] == "0")
        #expect(values["Body"] == "grüße +" && values["AccountSid"] == options.accountSID)
        #expect(sid("IM", values["MessageSid"]) && sid("CH", values["ConversationSid"]))
        #expect(sid("MB", values["ParticipantSid"]))
        #expect(
            values["DateCreated"]?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }

    @Test func `Event Streams sends an array with one CloudEvent`() throws {
        var options = TestMessageOptions()
        options.text = "\"quoted\"\n"
        let batch = try #require(
            try json(TestProduct.eventStreams.webhook(options)) as? [[String: Any]])
        #expect(batch.count == 1)
        let event = try #require(batch.first)
        #expect(event["specversion"] as? String == "1.0" && sid("EZ", event["id"] as? String))
        #expect(
            Set(event.keys) == [
                "specversion", "type", "source", "id", "dataschema", "datacontenttype", "time",
                "data",
            ])
        let data = try #require(event["data"] as? [String: Any])
        #expect(data["body"] as? String == options.text)
        #expect(data["accountSid"] as? String == options.accountSID)
        #expect(sid("SM", data["messageSid"] as? String))
        let source = try #require(event["source"] as? String)
        #expect(source.hasSuffix("\(data["messageSid"] as? String ?? "-").json"))
    }

    @Test func `a call's status callback has a number in its sequence`() throws {
        let pairs = try fields(TestProduct.voiceStatus.webhook(TestMessageOptions()))
        let values = Dictionary(uniqueKeysWithValues: pairs.map { ($0.name, $0.value) })
        #expect(sid("CA", values["CallSid"]) && values["CallStatus"] == "completed")
        #expect(values["CallbackSource"] == "call-progress-events")
        #expect(values["SequenceNumber"] == "3" && values["To"] == "+15005550006")
        #expect(
            values["Timestamp"]?.wholeMatch(
                of: /[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000/) != nil)
        #expect(values["ConferenceSid"] == nil && values["RecordingSid"] == nil)
    }

    @Test func `an event of Verify has the names of Twilio's table`() throws {
        let pairs = try fields(TestProduct.verify.webhook(TestMessageOptions()))
        #expect(
            pairs.map(\.name) == [
                "uuid", "type", "account_sid", "service_sid", "entity_identity", "factor_sid",
                "factor_type",
            ])
        #expect(sid("VA", pairs[3].value) && sid("YF", pairs[5].value))
        #expect(pairs[0].value.wholeMatch(of: /\w{8}-\w{4}-\w{4}-\w{4}-\w{12}/) != nil)
    }

    @Test func `an event of TaskRouter has a SID of its own`() throws {
        let pairs = try fields(TestProduct.taskRouter.webhook(TestMessageOptions()))
        let values = Dictionary(uniqueKeysWithValues: pairs.map { ($0.name, $0.value) })
        #expect(sid("EV", values["Sid"]) && sid("WS", values["WorkspaceSid"]))
        #expect(values["EventType"] == "task.created")
        #expect(sid("WT", values["TaskSid"]) && values["TaskSid"] == values["ResourceSid"])
        let (seconds, milliseconds) = (values["Timestamp"] ?? "", values["TimestampMs"] ?? "")
        #expect(milliseconds.hasPrefix(seconds) && milliseconds.count == seconds.count + 3)
    }

    @Test func `a click names the message that has the link`() throws {
        let click = try #require(
            try json(TestProduct.click.webhook(TestMessageOptions())) as? [String: String])
        #expect(click["event_type"] == "click" && sid("SM", click["sms_sid"]))
        #expect(click["to"] == "whatsapp:+15005550006" && click["link"]?.isEmpty == false)
    }
}
