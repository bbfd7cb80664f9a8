import Foundation
import Fuzz
import OpenSSL
import TestSupport
import Testing
import TwilioSignature

@testable import Hookline

/// Bad input: no trap anywhere, and the limits at n and n + 1. `scripts/fuzz` looks further.
@Suite struct HostileInputTests {
    private static let pieces: [[UInt8]] =
        [
            "", "&", "=", "%", "%4", "%zz", "%00", "+", "?", "/", "//", "#", ";", ",", ":", "@",
            "[",
            "]", "\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", "POST ", "GET ", " HTTP/1.1", "Host: h",
            "Host: [::1]:8", "X-Forwarded-Host: a,b", "X-Forwarded-Port: 99999", "bodySHA256=",
            "X-Forwarded-Prefix: /a/", "X-Original-URI: /a?b", "Forwarded: host=\"a:1\"",
            "Content-Type: application/json", "Content-Type: application/x-www-form-urlencoded",
            "Content-Length: 3", "Content-Length: 9999999999999999999999",
            "X-Twilio-Signature: s", "X-Twilio-Webhooks-Signature-Settings: key=key,algorithm=x",
            "AccountSid=AC00000000000000000000000000000000", "MessageSid=SM1", "Body=hello",
            "{\"a\": [1, \"\\\"\"]}", "é", "&amp;", "&#x27;", "https://", "http://a", "www.",
        ].map { Array($0.utf8) } + [
            [0], [0xff], [0xc3], [0xe2, 0x82], [0xef, 0xbb, 0xbf], [0x80],
        ]

    /// Bounded; the seed is in the message of a failure.
    @Test func `no input traps, none is genuine, and no explanation goes over its bound`() throws {
        let seed = UInt64(Date().timeIntervalSince1970 / 86_400)
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        let hostile = try HostileInput()
        for number in 0..<400 {
            var bytes: [UInt8] = []
            for _ in 0..<next(24) {
                bytes += next(4) == 0 ? [UInt8(next(256))] : Self.pieces[next(Self.pieces.count)]
            }
            if let fault = hostile.examine(bytes) {
                Issue.record("seed \(seed), number \(number): \(fault): \(bytes)")
            }
        }
    }

    /// Bounded; the seed is in the message of a failure.
    @Test(arguments: FramingInput.Part.allCases)
    func `however requests are cut into pieces, the same ones are read`(
        _ part: FramingInput.Part
    ) throws {
        let seed = UInt64(Date().timeIntervalSince1970 / 86_400)
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        let input = FramingInput(part)
        let cases = try HTTPCorpus().cases.map(\.bytes).filter { $0.count < 400 }
        for number in 0..<Torture.count(600, torture: 20_000) {
            var bytes = cases[next(cases.count)]
            if part == .chunks {
                bytes = Array(
                    bytes[(bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? 0)...])
            }
            if next(2) == 0 { bytes += cases[next(cases.count)] }
            for _ in 0..<next(4) where !bytes.isEmpty {
                let place = next(bytes.count)
                switch next(4) {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = UInt8(next(256))
                case 2: bytes.insert(bytes[next(bytes.count)], at: place)
                default: bytes.insert(contentsOf: [0x0d, 0x0a], at: place)
                }
            }
            if let fault = input.examine(bytes) {
                Issue.record("seed \(seed), number \(number): \(fault): \(bytes)")
            }
        }
    }

    @Test func `the limit of parameters is taken and one more is refused`() throws {
        for (count, isTaken) in [(512, true), (513, false)] {
            var call = SimulatedCall()
            call.form = (0..<count).map { ("p\($0)", "x") }
            let request = try call.signed()
            var table = TokenTable()
            table.anyAccount = [HMACKey(Array(call.token.utf8))]
            #expect(try request.report(tokens: table).isMatch == isTaken)
            let explanation = try request.explained(tokens: table)
            #expect(explanation.sentence.contains("--parameters-max") == !isTaken)
        }
    }

    @Test func `any bytes that Twilio may sign are verified as they are`() throws {
        let bodies: [[UInt8]] = [
            Array("=".utf8), Array("=x&y".utf8), Array("&&&".utf8), Array("a=%&b=%4&c=%zz".utf8),
            Array("a=%00&%00=b".utf8), [0x61, 0x3d, 0xff, 0xfe], [0x00], [0xff],
            Array("a=b=c&a==".utf8), Array(repeating: UInt8(ascii: "%"), count: 65_536),
            Array(repeating: UInt8(ascii: "&"), count: 65_536), [],
        ]
        let key = HMACKey(Array("12345".utf8))
        for body in bodies {
            let form = try FormParameters(parsing: body, parametersMax: 512)
            let signature = WebhookSignature.sign(
                url: Array("https://hooks.example.com/h".utf8), parameters: form, key: key)
            var request = try SimulatedCall(target: "/h").signed()
            request.body = body
            request.signature = String(decoding: signature, as: UTF8.self)
            var table = TokenTable()
            table.anyAccount = [key]
            #expect(try request.report(tokens: table).isMatch)
            // One bit less, and it is not.
            request.signature = "A" + request.signature.dropFirst()
            if Array(request.signature.utf8) != signature {
                #expect(try !request.report(tokens: table).isMatch)
            }
        }
    }
}
