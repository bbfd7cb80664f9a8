import OpenSSL
import Testing
import TwilioSignature

@testable import Hookline

/// The facts in the tests of Twilio's own libraries, as they stood in 2026: twilio-python 9.11.0
/// (`test_request_validator.py`), twilio-node 6.0.2 (`validation.spec.js`, `webhooks.spec.js`),
/// twilio-go 1.30.9 (`request_validator_test.go`), twilio-php 8.12.0, twilio-ruby 7.11.1 (both
/// specs), twilio-java 12.0.0 and twilio-csharp 7.14.9 (`RequestValidatorTest`).
@Suite struct PublishedVectorTests {
    /// One fact: this URL with this content has this signature, or has it not.
    struct Vector: Sendable, CustomTestStringConvertible {
        var source: String
        var url: String
        var content: Content
        var signature: String
        var isValid = true
        var token = "12345"

        var testDescription: String { "\(source): \(url)" }
    }

    enum Content: Sendable {
        case form([(String, String)])
        case json(String)
    }

    private static let site = "https://mycompany.com/myapp.php?foo=1&bar=2"
    private static let hash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
    private static let json = Content.json(#"{"property": "value", "boolean": true}"#)
    private static let call = Content.form([
        ("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675309"), ("Digits", "1234"),
        ("From", "+14158675309"), ("To", "+18005551212"),
    ])
    private static let conference = Content.form([
        ("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675309"), ("Digits", "1234"),
        ("From", "+14158675309"), ("To", "+18005551212"), ("ReasonConferenceEnded", "test"),
        ("Reason", "Participant"),
    ])

    static let ports = [
        Vector(source: "all", url: site, content: call, signature: "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        Vector(
            source: "all, port removed", url: "https://mycompany.com:1234/myapp.php?foo=1&bar=2",
            content: call, signature: "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        Vector(
            source: "all, http port kept", url: "http://mycompany.com:1234/myapp.php?foo=1&bar=2",
            content: call, signature: "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        Vector(
            source: "all, 443 added", url: site, content: call,
            signature: "kvajT1Ptam85bY51eRf/AJRuM3w="),
        Vector(
            source: "all, 80 added", url: "http://mycompany.com/myapp.php?foo=1&bar=2",
            content: call, signature: "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        Vector(
            source: "csharp, https port kept",
            url: "https://mycompany.com:1234/myapp.php?foo=1&bar=2",
            content: call, signature: "CYn1h0gLBdNxDGkKJg6hYohgeD8="),
        Vector(
            source: "go", url: "https://mycompany.com:1234/myapp.php?foo=1&bar=2",
            content: conference, signature: "vOEb5UThFn24KEfnOFLQY2AE5FY="),
        Vector(
            source: "go, http", url: "http://mycompany.com:1234/myapp.php?foo=1&bar=2",
            content: conference, signature: "n2xBNyzSW7rfYStDtOFiFMv7qNo="),
        Vector(
            source: "java, doubled slash", url: "https://mycompany.com:443//myapp.php?foo=1&bar=2",
            content: call, signature: "A9lH3u16NjyiiM/+wylw5rirFUs="),
        Vector(
            source: "csharp, capitals", url: "https://MyCompany.com/myapp.php?foo=1&bar=2",
            content: call, signature: "g9IN/x4Cft2g517EjYvEvM/W7LU="),
        Vector(
            source: "csharp, capitals and port",
            url: "https://MyCompany.com:1234/myapp.php?foo=1&bar=2", content: call,
            signature: "PCqOZm8cnu/L6+u5i5fuEd+Iac4="),
        Vector(
            source: "csharp, capitals and http", url: "http://MyCompany.com/myapp.php?foo=1&bar=2",
            content: call, signature: "XY7AlKOKL6im4yWyX84gldUrtis="),
        Vector(
            source: "csharp, capitals are not folded",
            url: "https://MyCompany.com/myapp.php?foo=1&bar=2", content: call,
            signature: "RSOYDt4T1cUTdK1PDd93/VVr8B8=", isValid: false),
    ]

    static let users = [
        Vector(
            source: "node, php", url: "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2",
            content: call, signature: "CukzLTc1tT5dXEDIHm/tKBanW10="),
        Vector(
            source: "node, php, ruby", url: "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2",
            content: call, signature: "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
        Vector(
            source: "node, php", url: "https://user@mycompany.com/myapp.php?foo=1&bar=2",
            content: call, signature: "2YRLlVAflCqxaNicjMpJcSTgzSs="),
        Vector(
            source: "ruby", url: "https://user@mycompany.com/myapp.php?foo=1&bar=2",
            content: call, signature: "aZfj4hyX1MLZhSS6QIL18Vn2/RA="),
        Vector(
            source: "csharp", url: "http://username:password@MyCompany.com/myapp.php?foo=1&bar=2",
            content: call, signature: "PJ08CxXr7KLPjEQCTc8LkUSMwSM="),
        Vector(
            source: "csharp", url: "HTTP://username:password@MyCompany.com/myapp.php?foo=1&bar=2",
            content: call, signature: "hy/l8pca+LFms4cvRdv8uiP6NGc="),
        Vector(
            source: "csharp", url: "http://Username:Password@MyCompany.com/myapp.php?foo=1&bar=2",
            content: call, signature: "SkTSKyDJH9kUlhItI0slbgZ1UsI="),
    ]

    static let forms = [
        Vector(
            source: "python, node, php: repeated values", url: site,
            content: .form([
                ("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"),
                ("Digits", "1234"),
            ]), signature: "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        Vector(
            source: "node: two values", url: site,
            content: .form([
                ("MessagingBinding.Address", "+1415xxxxxxx"),
                ("MessagingBinding.Address", "+1325xxxxxxx"),
            ]), signature: "83O6e2vORAoJHUNzJjDWN1jz+BA="),
        Vector(
            source: "node: a quote in the query", url: site + "&Body=It%27s+amazing", content: call,
            signature: "TfZzewPq8wqrGlMfyAud8+/IvJ0="),
        Vector(
            source: "node accepts this spelling too", url: site + "&Body=It's+amazing",
            content: call, signature: "TfZzewPq8wqrGlMfyAud8+/IvJ0=", isValid: false),
        Vector(
            source: "go: form body", url: site,
            content: .form([("property", "value"), ("boolean", "true")]),
            signature: "NBdBDr/T/lgjI+tlgpXjKZQZs/k="),
        Vector(
            source: "go: a longer name sorts after the shorter", url: site, content: conference,
            signature: "95+Bu0JVPi0r/SsESZCVf0dWAjw=", isValid: false),
        Vector(
            source: "java: no parameters", url: site, content: .form([]),
            signature: "zYQTYrRWXE7LtzbG4PfP7/bkkGo="),
        Vector(
            source: "java: no query", url: "https://mycompany.com/myapp.php", content: call,
            signature: "1xaxFBvyzXYvWplzNOSs28HWO94="),
        Vector(
            source: "java: every query parameter is signed",
            url: site + "&type=thiswontbeusedinthesignaturegeneratorandsoshouldbeignored",
            content: call, signature: "hYkNsTBttoNGkyCS0p+wWmQoRTg="),
        Vector(
            source: "java: escapes in the query",
            url: "https://mycompany.com/myapp.php?foo=hello%20world&bar=test%2Bvalue",
            content: call, signature: "er2tvAP1Wx+iuTTE2BPgvEaN1cs="),
        Vector(
            source: "java: punctuation and accents", url: site,
            content: .form([
                ("Message", "Hello & goodbye! @#$%^*()"), ("From", "+1 (415) 867-5309"),
                ("Special", "unicode: ñáéíóú"),
            ]), signature: "dCPiR4WtQ6QFN6pJh81CtlCcWLQ="),
        Vector(
            source: "java: empty values", url: site,
            content: .form([
                ("Digits", ""), ("CallSid", "CA1234567890ABCDE"), ("EmptyParam", ""),
            ]), signature: "9HHp/OqQMEwdrVebHDdA/+tqjX8="),
        Vector(
            source: "java: values that are null", url: site,
            content: .form([
                ("Digits", ""), ("CallSid", "CA1234567890ABCDE"), ("NullParam", ""),
            ]), signature: "L9lTTwIlxM1xGAtLRwhOSZggRhM="),
        Vector(
            source: "java: names are sorted", url: site,
            content: .form([
                ("Zebra", "last"), ("Alpha", "first"), ("Beta", "second"), ("Gamma", "third"),
            ]), signature: "enveUe73ZTVLAekHxez3Qx6JuuQ="),
        Vector(
            source: "java: names in other cases", url: site,
            content: .form([
                ("callSid", "lowercase"), ("CallSid", "uppercase"), ("CALLSID", "allcaps"),
            ]), signature: "jDK7WKT8wiNrwggd4ceTv4e1MJ4="),
        Vector(
            source: "java: accents in the URL",
            url: "https://mycompany.com/webhook/España?año=2023", content: call,
            signature: "G/Hx6mqqnjUNlPAoi2Sp9bGst0g="),
    ]

    static let bodies = [
        Vector(
            source: "all", url: site + "&bodySHA256=" + hash, content: json,
            signature: "a9nBmqA0ju/hNViExpshrM61xv4="),
        Vector(
            source: "node, go, ruby, java, csharp: nothing but the digest",
            url: "https://mycompany.com/myapp.php?bodySHA256=" + hash, content: json,
            signature: "y77kIzt2vzLz71DgmJGsen2scGs="),
        Vector(
            source: "node: an empty object",
            url: site
                + "&bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            content: .json("{}"), signature: "Ldidvp12m26NI7eqEvxnEpkd9Hc="),
        Vector(
            source: "node, go, php, ruby, java, csharp: no digest", url: site, content: json,
            signature: "RSOYDt4T1cUTdK1PDd93/VVr8B8=", isValid: false),
        Vector(
            source: "ruby: neither digest nor query", url: "https://mycompany.com/myapp.php",
            content: json, signature: "RSOYDt4T1cUTdK1PDd93/VVr8B8=", isValid: false),
        Vector(
            source: "node: a digest that lacks a digit",
            url: site + "&bodySHA256=" + hash.dropLast(), content: json,
            signature: "a9nBmqA0ju/hNViExpshrM61xv4=", isValid: false),
        Vector(
            source: "ruby, Rack",
            url: "https://example.com/test?bodySHA256="
                + "8d90d640c6ba47d595ac56203d7f5c6b511be80fdf44a2055acca75a119b9fd2",
            content: .json(#"{"message": "a post body"}"#),
            signature: "zR5Oq4f6cijN5oz5bisiVuxYnTU=", token: "qwerty"),
        Vector(
            source: "ruby, Rack: another body",
            url: "https://example.com/test?bodySHA256="
                + "79bfb0acaf0045fd30f13d48d4fe296b393d85a3bfbee881a0172b2bd574b11e",
            content: .json(#"{"message": "a post body that does not match the bodySHA256"}"#),
            signature: "+LYlbGr/VmN84YPJQCuWs+9UA7E=", isValid: false, token: "qwerty"),
    ]

    static let refused = [
        "", "FAIL", "WRONG_SIGNATURE", "WRONG SIGNATURE", "fake_signature",
        "NOTRSOYDt4T1cUTdK1PDd93/VVr8B8=",
        "IncorrectSignatureValue123=", "RSOYDt4T1cUTdK1PDd93/VVr8B8",
    ].map {
        Vector(source: "all: \"\($0)\"", url: site, content: call, signature: $0, isValid: false)
    }

    @Test(arguments: ports + users + forms + bodies + refused)
    func `R5 what the tests of Twilio's libraries state holds here`(vector: Vector) throws {
        let url = Array(vector.url.utf8)
        let slashes = try #require(url.firstRange(of: Array("://".utf8))).upperBound
        let start = url[slashes...].firstIndex(of: UInt8(ascii: "/")) ?? url.count
        var parameters: FormParameters?
        var body: [UInt8] = []
        switch vector.content {
        case .form(let pairs):
            var form = FormBuilder()
            for (name, value) in pairs { form.append(name: name.utf8, value: value.utf8) }
            // Through the body, as a request brings it.
            body = form.form.encoded
            parameters = try FormParameters(parsing: body, parametersMax: 100)
        case .json(let text): body = Array(text.utf8)
        }
        let verdict = WebhookSignature.verify(
            SignedRequest(
                origin: url[..<start], target: url[start...], body: body,
                parameters: parameters, signature: Array(vector.signature.utf8)[...]),
            keys: [HMACKey(Array(vector.token.utf8))])
        var isValid = false
        if case .match = verdict { isValid = true }
        #expect(isValid == vector.isValid)
    }

    /// twilio-node also accepts a signature over another spelling of the query; we do not, because
    /// the bytes that arrived are what is forwarded. docs/signature.md says so.
    @Test(arguments: [
        ("/path?test=param%27WithQuote", "/path?test=param'WithQuote"),
        ("/path?test=param'WithQuote", "/path?test=param%27WithQuote"),
    ])
    func `R5 a signature over another spelling of the query is refused and explained`(
        arrived: String, signed: String
    ) throws {
        let token = "s3cr3t"
        let request = try SimulatedCall(target: signed, token: token).signed()
        var received = request
        received.target = arrived
        let explanation = try received.explained(token: token)
        #expect(explanation.hint == .path)
        #expect(explanation.sentence.contains("or without a proxy use a URL that needs no escapes"))
        #expect(try request.explained(token: token).change == MismatchChange())
    }
}
