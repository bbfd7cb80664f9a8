import OpenSSL
import Testing
import TwilioSignature

@testable import HooklineBench

@Suite struct SignedWebhooksTests {
    private let key: HMACKey

    init() throws { key = HMACKey(Array("12345".utf8)) }

    private func signer(_ url: String, signedURL: String? = nil) -> TestRequestSigner {
        TestRequestSigner(
            url: url, signedURL: signedURL, key: key, agent: "test", timeoutMilliseconds: 1000)
    }

    private func header(_ name: String, _ headers: [String]) -> String {
        headers.first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
            ?? ""
    }

    private static let kinds: [TestMessageOptions] = {
        var media = TestMessageOptions()
        media.media = true
        var status = TestMessageOptions()
        status.status = "delivered"
        return [TestMessageOptions(), media, status]
    }()

    @Test(arguments: kinds)
    func `every webhook that was signed ahead is genuine and like none before`(
        message: TestMessageOptions
    ) throws {
        let signer = signer("http://127.0.0.1:1/webhook/whatsapp?tenant=7")
        let webhooks = SignedWebhooks(count: 300, message: message, signer: signer)
        #expect(webhooks.count == 300)
        var sids: Set<String> = []
        for index in 0..<webhooks.count {
            let request = webhooks.request(index)
            let parameters = try FormParameters(parsing: request.body, parametersMax: 100)
            let signature = header(
                "X-Twilio-Signature", request.headers.map { String(decoding: $0, as: UTF8.self) })
            let signed = SignedRequest(
                origin: Array("http://127.0.0.1:1".utf8)[...],
                target: Array("/webhook/whatsapp?tenant=7".utf8)[...], body: request.body,
                parameters: parameters, signature: Array(signature.utf8)[...])
            guard case .match = WebhookSignature.verify(signed, keys: [key]) else {
                Issue.record("request \(index) is not genuine")
                return
            }
            let sid = String(decoding: parameters[.messageSID] ?? [], as: UTF8.self)
            #expect(sid == webhooks.sid(index))
            sids.insert(sid)
        }
        #expect(sids.count == 300)
        let other = SignedWebhooks(count: 1, message: message, signer: signer)
        #expect(!sids.contains(other.sid(0)))
    }

    @Test func `what was signed ahead is what the sender sends one by one`() {
        let signer = signer("http://127.0.0.1:1/hook", signedURL: "https://hooks.example.com/hook")
        let webhooks = SignedWebhooks(count: 20, message: TestMessageOptions(), signer: signer)
        let message = TestMessage(TestMessageOptions(), sid: webhooks.sid(19))
        let one = signer.request(for: message)
        let ahead = webhooks.request(19)
        #expect(ahead.url == Array("http://127.0.0.1:1/hook".utf8))
        #expect(ahead.body == one.body)
        #expect(ahead.headers == one.headers)
    }

    @Test func `the other of the two WhatsApp paths is found and no other`() {
        let other = BenchSigners.otherPath
        #expect(other("http://h/webhook/whatsapp") == "http://h/webhook/whatsapp-optimized")
        #expect(other("http://h/webhook/whatsapp-optimized") == "http://h/webhook/whatsapp")
        #expect(
            other("http://h/t/webhook/whatsapp?a=/b#c")
                == "http://h/t/webhook/whatsapp-optimized?a=/b#c")
        #expect(other("http://h/webhook/sms") == nil)
        #expect(other("http://h/x?/webhook/whatsapp") == nil)
    }
}
