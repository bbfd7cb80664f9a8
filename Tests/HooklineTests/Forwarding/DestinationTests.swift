import Foundation
import OpenSSL
import TestSupport
import Testing
import TwilioSignature

@testable import Hookline

@Suite(.timeLimit(.minutes(20))) struct DestinationTests {
    private static let allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?"

    private func sign(_ text: String) -> [UInt8] {
        Base64.encode(HMACKey(Array(ForwardingBench.token.utf8)).code(of: Array(text.utf8)))
    }

    private func escape(_ byte: UInt8) -> String {
        "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }

    @Test func `every byte that a request target can have arrives, signed as it is written`()
        throws
    {
        var bench = try ForwardingBench()
        let base = "http://127.0.0.1:\(bench.application.port)"
        for byte in UInt8(0x21)...0xff where byte != 0x7f && byte != UInt8(ascii: "?") {
            let path = Array("/hooks/".utf8) + [byte, 0x2f]
            let query = Array("a=".utf8) + [byte] + Array("0&b=".utf8) + [byte]
            let arrived = try bench.forward(
                target: path + [0x3f] + query, to: base + "/app?key=1")
            let isAllowed = Self.allowed.utf8.contains(byte)
            let text = isAllowed ? String(UnicodeScalar(byte)) : escape(byte)
            #expect(arrived.target == "/app?key=1&a=\(text)0&b=\(text)")
            let signature = sign("\(base)\(arrived.target)Bodyhi")
            #expect(arrived.field("X-Twilio-Signature") == signature, "\(byte)")
            let original = Array(ForwardingBench.origin.utf8) + path + [0x3f] + query
            #expect(arrived.field("Hookline-Original-URL") == original, "\(byte)")
        }
    }

    @Test
    func `every character of a destination's path and query arrives, signed as it is written`()
        throws
    {
        var bench = try ForwardingBench()
        let base = "http://127.0.0.1:\(bench.application.port)"
        let refused: Set<UnicodeScalar> = ["\u{7f}", "#"]
        for value in UInt8(0x21)...0xff where !refused.contains(UnicodeScalar(value)) {
            let character = String(UnicodeScalar(value))
            let arrived = try bench.forward(
                target: Array("/hooks?z".utf8), to: "\(base)/\(character)/?x=\(character)0")
            let text =
                Self.allowed.contains(character)
                ? character : character.utf8.map(escape).joined()
            // A question mark ends the path, and a segment that is a dot goes away.
            let seen =
                switch character {
                case "?": "/?/?x=?0&z"
                case ".": "/?x=.0&z"
                default: "/\(text)/?x=\(text)0&z"
                }
            #expect(arrived.target == seen)
            #expect(
                arrived.field("X-Twilio-Signature") == sign("\(base)\(arrived.target)Bodyhi"),
                "\(value)")
        }
    }

    @Test func `bytes that no request target can have are escaped too`() throws {
        let url = try DestinationURL("http://h")
        for byte in UInt8.min...0xff where byte <= 0x20 || byte >= 0x7f {
            #expect(url.appending([byte]) == Array("http://h/?\(escape(byte))".utf8))
        }
    }

    @Test(arguments: [
        ("application/x-www-form-urlencoded", true), ("", true),
        ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", true), ("application/json", false),
        ("application/json; charset=utf-8", false), ("text/plain", false),
        ("multipart/form-data; boundary=x", false), ("application/x-www-form-urlencoded2", false),
    ])
    func `only a form's fields are signed, and of any other body the URL alone`(
        contentType: String, isForm: Bool
    ) throws {
        let digest = String(
            decoding: WebhookSignature.bodyDigest(Array("b=2&a=1".utf8)), as: UTF8.self)
        let webhook = ForwardingBench.webhook(
            target: Array("/hooks?bodySHA256=\(digest)".utf8), contentType: contentType,
            body: Array("b=2&a=1".utf8))
        let request = try ForwardingBench.destination("http://h").request(for: webhook, attempt: 1)
        let url = "http://h/?bodySHA256=\(digest)"
        #expect(request.url == Array(url.utf8))
        #expect(request.method == .post)
        let signed = sign(url + (isForm ? "a1b2" : ""))
        #expect(request.headers.contains(Array("X-Twilio-Signature: ".utf8) + signed))
    }
}
