import MicroHTTP
import OpenSSL
import TwilioSignature

@testable import Hookline

/// A request of Twilio's, read as the receiver reads it.
struct SampleRequest {
    static let account = "AC" + String(repeating: "a", count: 32)

    var method = HTTPMethod.post
    var target = "/webhook/status"
    var contentType: String? = "application/x-www-form-urlencoded"
    var body = ""
    var fields: [(String, String)] = []

    /// A form of these parameters.
    init(_ parameters: KeyValuePairs<String, String>, target: String = "/webhook/status") {
        self.init(parameters.map { ($0.key, $0.value) }, target: target)
    }

    /// A form of these parameters.
    init(_ parameters: [(String, String)], target: String = "/webhook/status") {
        var form = FormBuilder()
        for (name, value) in parameters { form.append(name: name.utf8, value: value.utf8) }
        body = String(decoding: form.form.encoded, as: UTF8.self)
        self.target = target
    }

    /// A JSON body.
    init(json: String, contentType: String = "application/json") {
        body = json
        self.contentType = contentType
        target = "/webhook/status?bodySHA256=0"
    }

    /// A GET with these parameters.
    init(get parameters: KeyValuePairs<String, String>) {
        let form = SampleRequest(parameters)
        method = .get
        target = "/webhook/sms?" + form.body
        contentType = nil
    }

    /// The same request with one more header field.
    func with(_ name: String, _ value: String) -> SampleRequest {
        var request = self
        request.fields.append((name, value))
        return request
    }

    /// As it arrives.
    var http: HTTPRequest {
        var fields = HTTPFields()
        fields.append(name: "Host".utf8, value: "hooks.example.com".utf8)
        fields.append(name: "X-Twilio-Signature".utf8, value: "signature".utf8)
        if let contentType { fields.append(name: "Content-Type".utf8, value: contentType.utf8) }
        for (name, value) in self.fields { fields.append(name: name.utf8, value: value.utf8) }
        return HTTPRequest(
            method: method, target: Array(target.utf8), fields: fields, body: Array(body.utf8))
    }

    /// As the receiver reads it.
    func read(receivedMilliseconds: Int64 = 1_000_000) throws -> TwilioRequest {
        let http = http
        return try TwilioRequest(
            http, trace: TraceIDs().context(of: http.fields),
            origin: .configured(Array("https://hooks.example.com".utf8)), parametersMax: 512,
            receivedMilliseconds: receivedMilliseconds)
    }

    /// The webhook that it is once it is verified.
    func webhook(receivedMilliseconds: Int64 = 1_000_000) throws -> Webhook {
        try read(receivedMilliseconds: receivedMilliseconds).webhook(provedBy: 7)
    }

    /// What makes it one event.
    func identity() throws -> Identity { try webhook().identity }
}
