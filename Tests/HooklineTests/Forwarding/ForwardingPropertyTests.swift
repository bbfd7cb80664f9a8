import Foundation
import OpenSSL
import TestSupport
import Testing
import TwilioSignature

@testable import Hookline

/// Whatever `--forward-to` accepts and whatever query Twilio may have called: an application that
/// puts its URL together from the request's first line and its `Host` field, and asks Twilio's
/// library, finds the signature right.
@Suite(.startsPrograms, .timeLimit(.minutes(5))) struct ForwardingPropertyTests {
    /// One destination and one webhook.
    private struct Case {
        var destination: String
        var target: [UInt8]
        var contentType = ForwardingBench.form
        var body: [UInt8]
    }

    /// Random cases; the seed is in the message of a failure.
    private struct Generator {
        var state: UInt64
        let port: UInt16
        let portOnIPv6: UInt16

        mutating func next(_ bound: Int) -> Int {
            state &+= 0x9e37_79b9_7f4a_7c15
            var bits = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
            bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
            return Int((bits ^ bits >> 31) % UInt64(bound))
        }

        mutating func pick<Element>(_ elements: [Element]) -> Element {
            elements[next(elements.count)]
        }

        mutating func text(_ pieces: [String], below count: Int) -> String {
            (0..<next(count)).map { _ in pick(pieces) }.joined()
        }

        private static let plain = ["a", "Z", "9", "~", "-", "_", "."]
        private static let odd = [
            "!", "$", "&", "'", "(", ")", "*", "+", ",", ";", "=", ":", "@", "\"", "<", ">", "\\",
            "^", "`", "{", "|", "}", "[", "]", "é", "語", "%2f", "%2F", "%41", "%c3%A9", "%00",
            "%", "%4", "%zz", "%%41", "%2e", "://",
        ]

        mutating func destination() -> String {
            let host = pick([
                "127.0.0.1", "localhost", "LocalHost", "127.1", "0x7F.1", "2130706433",
                "%6cocalhost", "%31%32%37.1", "１２７.0.0.1", "ⓛocalhost", "[::1]",
                "[0:0:0:0:0:0:0:1]", "[::0001]", "[::FFFF:127.0.0.1]",
            ])
            let number = host.hasSuffix("1]") && !host.hasSuffix(".1]") ? portOnIPv6 : port
            let authority = "\(host):\(pick(["", "", "0"]))\(number)"
            var path = ""
            for _ in 0..<next(5) {
                let segment = pick([
                    ".", "..", "%2e", "%2E%2e", ".%2e", "", "...",
                    text(Self.plain, below: 4), text(Self.plain + Self.odd, below: 5),
                    text(Self.odd, below: 4),
                ])
                path += "/" + segment
            }
            let query = pick([
                "", "", "?", "??", "?x=1", "?&", "?x={1}&k[]=%zz",
                "?" + text(Self.plain + Self.odd + ["&", "=", "?", "/"], below: 8),
            ])
            return "\(pick(["http", "http", "HTTP", "Http"]))://\(authority)\(path)\(query)"
        }

        /// What a request target may hold behind its question mark, with the bytes that count.
        mutating func query() -> [UInt8] {
            var query: [UInt8] = []
            for _ in 0..<next(12) {
                let byte = UInt8(0x21 + next(0x100 - 0x21))
                switch next(4) {
                case 0: query += Array(pick(Self.plain + Self.odd).utf8)
                case 1: query += Array(pick(["&", "=", "+", "#", "?", "a=1", "&b="]).utf8)
                default: query.append(byte == 0x7f ? 0x80 : byte)
                }
            }
            return query
        }

        mutating func some() -> Case {
            var target = Array(pick(["/webhook/sms", "/hooks/\u{e9}", "/a%2fb;c"]).utf8)
            if next(5) > 0 { target += [0x3f] + query() }
            if next(3) == 0 {
                let body = Array(#"{"text": "\#(next(1000)) é", "a": "b&c=d"}"#.utf8)
                target += [target.contains(0x3f) ? 0x26 : 0x3f] + Array("bodySHA256=".utf8)
                target += WebhookSignature.bodyDigest(body)
                return Case(
                    destination: destination(), target: target, contentType: "application/json",
                    body: body)
            }
            var form = FormBuilder()
            form.append(name: "AccountSid".utf8, value: ForwardingBench.account.utf8)
            for name in ["Body", "Body", "Ä b", "Zip"] where next(3) > 0 {
                form.append(name: name.utf8, value: text(Self.plain + Self.odd, below: 6).utf8)
            }
            return Case(destination: destination(), target: target, body: form.form.encoded)
        }
    }

    @Test func `an application on Twilio's library accepts every request at its own URL`() throws {
        let count = Torture.count(600, torture: 20_000)
        let seed = UInt64(Date().timeIntervalSince1970 / 86_400)
        var bench = try ForwardingBench()
        var random = Generator(
            state: seed, port: bench.application.port,
            portOnIPv6: bench.applicationOnIPv6.port)
        var cases: [Case] = []
        var input = ""
        for number in 0..<count {
            let one = random.some()
            cases.append(one)
            do {
                let arrived = try bench.forward(
                    target: one.target, contentType: one.contentType, body: one.body,
                    to: one.destination)
                let parts = [
                    Array(ForwardingBench.token.utf8), Array(one.destination.utf8), one.target,
                    arrived.head, arrived.body,
                ]
                input += parts.map { Hexadecimal.text($0) }.joined(separator: "\t") + "\n"
            } catch {
                Issue.record("seed \(seed), case \(number), to \(one.destination): \(error)")
                input += "\n"
            }
        }
        let verdicts = try SignatureOracle.lines(
            [], of: "forwarded_requests.py", input: Array(input.utf8))
        #expect(verdicts.count == count)
        for (number, (one, verdict)) in zip(cases, verdicts).enumerated() {
            let target = String(decoding: one.target, as: UTF8.self)
            #expect(
                verdict == ["valid"],
                "seed \(seed), case \(number): \(target) to \(one.destination)")
        }
    }
}
