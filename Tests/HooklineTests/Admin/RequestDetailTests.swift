import Foundation
import MicroHTTP
import Testing

@testable import Hookline

@Suite struct RequestDetailTests {
    private static let personal = [
        "15005550006", "secret text", "Ana", "Bearer", "signature 1", "203.0.113.9", "tenant7",
    ]

    private func request(body: [UInt8], type: String) -> HTTPRequest {
        var fields = HTTPFields()
        for (name, value) in [
            ("Host", "hooks.example.com"), ("Content-Type", type),
            ("X-Twilio-Signature", "signature 1"), ("Authorization", "Bearer abc"),
            ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"),
        ] { fields.append(name: name.utf8, value: value.utf8) }
        return HTTPRequest(
            method: .post, target: Array("/webhook/sms?tenant=tenant7&bodySHA256=ab".utf8),
            fields: fields, body: body)
    }

    private var form: [UInt8] {
        let sid = "SM" + String(repeating: "a", count: 32)
        return Array(
            ("AccountSid=15005550006&MessageSid=\(sid)&From=whatsapp%3A%2B15005550006"
                + "&ProfileName=Ana&Body=secret+text&NumMedia=2&SmsStatus=received").utf8)
    }

    private let formType = "application/x-www-form-urlencoded"

    @Test func `X13 a masked form shows names and lengths, and values that name nobody`() {
        let detail = RequestDetail(request(body: form, type: formType), reveal: false)
        let text =
            AdminDocument.show(nil, nil, detail) + AdminText.text(detail)
        for word in Self.personal { #expect(!text.contains(word), "\(word)") }
        #expect(detail.masked && detail.body == nil && detail.bodyBase64 == nil)
        #expect(detail.target == "/webhook/sms?tenant=…&bodySHA256=…")
        let parameters = detail.parameters ?? []
        #expect(parameters.map(\.name).contains("From"))
        let shown = parameters.filter { $0.value != nil }.map(\.name)
        #expect(shown == ["MessageSid", "NumMedia", "SmsStatus"])
        #expect(parameters.first { $0.name == "Body" }?.bytes == 11)
        let headers = detail.headers.filter { $0.value != nil }.map(\.name)
        #expect(headers == ["Host", "Content-Type", "X-Forwarded-Proto"])
    }

    @Test func `X13 a masked JSON body shows only how long it is`() {
        let body = Array(#"{"From":"+15005550006","Body":"secret text"}"#.utf8)
        let detail = RequestDetail(request(body: body, type: "application/json"), reveal: false)
        let text = AdminDocument.show(nil, nil, detail) + AdminText.text(detail)
        for word in Self.personal { #expect(!text.contains(word), "\(word)") }
        #expect(detail.parameters == nil && detail.bodyBytes == body.count)
    }

    @Test func `revealed, everything is there, byte for byte`() throws {
        let detail = RequestDetail(request(body: form, type: formType), reveal: true)
        let text = AdminText.text(detail)
        for word in Self.personal { #expect(text.contains(word), "\(word)") }
        #expect(detail.body == String(decoding: form, as: UTF8.self) && !detail.masked)
        let bytes: [UInt8] = [0x42, 0x3d, 0xff, 0x00]
        let binary = RequestDetail(request(body: bytes, type: formType), reveal: true)
        #expect(binary.body == nil)
        #expect(binary.bodyBase64.flatMap { Data(base64Encoded: $0) } == Data(bytes))
    }

    @Test func `X13 a masked delivery shows neither body nor number`() {
        let detail = RequestDetail(Genuine.webhook("SM1"), reveal: false)
        let text = AdminDocument.show(nil, nil, detail) + AdminText.text(detail)
        #expect(
            !text.contains("15005550006") && !text.contains("=hi") && !text.contains("tenant=7"))
        #expect(detail.idempotencyKey?.count == 32)
        #expect(detail.target == "https://hooks.example.com/webhook/whatsapp?tenant=…")
        let revealed = RequestDetail(Genuine.webhook("SM1"), reveal: true)
        #expect(revealed.body == "From=%2B15005550006&Body=hi")
    }

    @Test func `no control character reaches a terminal`() {
        let body = Array("Body=%1b%5b2J%0d%0aFrom&%1b]0;x=1".utf8)
        for reveal in [false, true] {
            let text = AdminText.text(
                RequestDetail(request(body: body, type: formType), reveal: reveal))
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        }
    }
}
