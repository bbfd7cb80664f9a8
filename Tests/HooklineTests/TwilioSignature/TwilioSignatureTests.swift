import Foundation
import OpenSSL
import TestSupport
import Testing
import TwilioSignature

@testable import Hookline

@Suite struct TwilioSignatureTests {
    private let key: HMACKey

    init() throws { key = HMACKey(Array("12345".utf8)) }

    private func form(_ pairs: [(String, String)]) -> FormParameters {
        var form = FormBuilder()
        for (name, value) in pairs { form.append(name: name.utf8, value: value.utf8) }
        return form.form
    }

    private func verdict(
        _ origin: String, _ target: String, _ parameters: FormParameters?, body: String = "",
        signature: String, keys: [HMACKey]? = nil
    ) -> SignatureVerdict {
        WebhookSignature.verify(
            SignedRequest(
                origin: Array(origin.utf8)[...], target: Array(target.utf8)[...],
                body: Array(body.utf8),
                parameters: parameters, signature: Array(signature.utf8)[...]),
            keys: keys ?? [key])
    }

    /// Twilio's documentation and the tests of its libraries.
    @Test func `R5 the published vectors are accepted`() {
        let call = form([
            ("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675310"), ("Digits", "1234"),
            ("From", "+14158675310"), ("To", "+18005551212"),
        ])
        #expect(
            verdict(
                "https://example.com", "/myapp.php?foo=1&bar=2", call,
                signature: "L/OH5YylLD5NRKLltdqwSvS0BnU=")
                == .match(SignatureMatch(tokenPosition: 0, candidate: .received)))
        let other = form([
            ("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675309"), ("Digits", "1234"),
            ("From", "+14158675309"), ("To", "+18005551212"),
        ])
        let target = "/myapp.php?foo=1&bar=2"
        #expect(
            verdict(
                "https://mycompany.com", target, other, signature: "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
                == .match(SignatureMatch(tokenPosition: 0, candidate: .received)))
        #expect(
            verdict(
                "https://mycompany.com", target, other, signature: "kvajT1Ptam85bY51eRf/AJRuM3w=")
                == .match(SignatureMatch(tokenPosition: 0, candidate: .withDefaultPort)))
        #expect(
            verdict(
                "https://mycompany.com:443", target, other,
                signature: "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
                == .match(SignatureMatch(tokenPosition: 0, candidate: .withoutPort)))
    }

    @Test func `R5 repeated fields are sorted and each value counts once`() {
        let repeated = form([
            ("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"),
            ("Digits", "1234"),
        ])
        #expect(
            verdict(
                "https://mycompany.com", "/myapp.php?foo=1&bar=2", repeated,
                signature: "IK+Dwps556ElfBT0I3Rgjkr1wJU=")
                == .match(SignatureMatch(tokenPosition: 0, candidate: .received)))
    }

    @Test func `R5 a JSON body is covered by bodySHA256`() {
        let body = #"{"property": "value", "boolean": true}"#
        let digest = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
        let target = "/myapp.php?foo=1&bar=2&bodySHA256=" + digest
        let signature = "a9nBmqA0ju/hNViExpshrM61xv4="
        #expect(
            verdict("https://mycompany.com", target, nil, body: body, signature: signature)
                == .match(SignatureMatch(tokenPosition: 0, candidate: .received)))
        #expect(
            verdict("https://mycompany.com", target, nil, body: body + " ", signature: signature)
                == .bodyMismatch)
    }

    @Test func `X5 any of several tokens matches and its position is told`() throws {
        let old = HMACKey(Array("old".utf8))
        let parameters = form([("Body", "x")])
        let signature = WebhookSignature.sign(
            url: Array("https://h/".utf8), parameters: parameters, key: key)
        #expect(
            verdict(
                "https://h", "/", parameters, signature: String(decoding: signature, as: UTF8.self),
                keys: [old, key])
                == .match(SignatureMatch(tokenPosition: 1, candidate: .received)))
        #expect(
            verdict(
                "https://h", "/", parameters, signature: String(decoding: signature, as: UTF8.self),
                keys: [old]) == .mismatch)
    }

    /// 20,000 cases, 200,000 in `make torture`, unless `HOOKLINE_DIFFERENTIAL_CASES` says
    /// otherwise; the seed changes daily and is in the message of a failure.
    @Test(.startsPrograms)
    func `R5 there is no difference to Twilio's Python library on random requests`() throws {
        let environment = ProcessInfo.processInfo.environment
        let count =
            environment["HOOKLINE_DIFFERENTIAL_CASES"].flatMap { Int($0) }
            ?? Torture.count(20_000, torture: 200_000)
        let seed = Int(Date().timeIntervalSince1970 / 86_400)
        let lines = try SignatureOracle.lines(["cases", "\(count)", "\(seed)"])
        #expect(lines.count == count)
        var valid = 0
        for (number, line) in lines.enumerated() {
            let oracle = try #require(OracleCase(line))
            var isValid = false
            if case .match = try oracle.verify() { isValid = true }
            if isValid { valid += 1 }
            #expect(
                oracle.verdict == (isValid ? "valid" : "invalid"),
                "seed \(seed), case \(number): \(String(decoding: oracle.url, as: UTF8.self))")
        }
        // A generator whose cases were all refused would prove nothing.
        #expect(valid > count / 4 && valid < count * 3 / 4)
    }

    /// The list is in docs/signature.md, with the reasons.
    @Test(.startsPrograms) func `R5 we differ from Twilio's Python library where we mean to`()
        throws
    {
        let accepted: Set = [
            "question mark without a query", "scheme in capitals",
            "IPv6 address signed without its port", "user and password signed without the port",
            "bytes that are not UTF-8",
        ]
        let refused: Set = [
            "form with a wrong bodySHA256", "second bodySHA256 is wrong",
            "JSON without bodySHA256", "empty JSON body without bodySHA256",
        ]
        let document = try String(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../../docs/signature.md"), encoding: .utf8)
        let lines = try SignatureOracle.lines(["differences"])
        #expect(Set(lines.map { String($0[0]) }) == accepted.union(refused))
        for line in lines {
            let name = String(line[0])
            let oracle = try #require(OracleCase(Array(line.dropFirst())))
            var isValid = false
            if case .match = try oracle.verify() { isValid = true }
            #expect(isValid == accepted.contains(name), "\(name)")
            #expect(
                oracle.verdict != (isValid ? "valid" : "invalid"), "\(name): no difference any more"
            )
            #expect(document.contains("| \(name) |"), "\(name) is not documented")
        }
    }
}
