import Curl

/// What is asked of Twilio's API, as a label of metrics.
public enum APIResource: String, Sendable, CaseIterable {
    case accounts
    case phoneNumbers = "phone_numbers"
    case applications
    case messages
    case messagingServices = "messaging_services"
    case senders
    case alerts
    case conversations
}

/// One request to Twilio's API, before it is known where that is and who asks.
public struct APICall: Sendable {
    /// A name and a value; a name may come several times.
    public typealias Parameter = (name: String, value: String)

    /// How the parameters travel.
    enum Body: Sendable {
        /// Behind the question mark of a GET.
        case query
        /// As the form of a POST.
        case form
        /// A JSON text of a POST, in place of parameters.
        case json(String)
    }

    /// Of what kind it is.
    public let resource: APIResource
    /// Which host has it.
    let product: APIProduct
    /// Begins with a slash; SIDs in it are escaped.
    let path: String
    var parameters: [Parameter]
    let body: Body
    /// True when doing it twice is as good as doing it once.
    public let isRepeatable: Bool

    /// A GET.
    static func get(
        _ resource: APIResource, _ product: APIProduct, _ path: String,
        _ parameters: [Parameter] = []
    ) -> APICall {
        APICall(
            resource: resource, product: product, path: path, parameters: parameters, body: .query,
            isRepeatable: true)
    }

    /// A POST of a form.
    static func post(
        _ resource: APIResource, _ product: APIProduct, _ path: String, _ parameters: [Parameter],
        isRepeatable: Bool
    ) -> APICall {
        APICall(
            resource: resource, product: product, path: path, parameters: parameters, body: .form,
            isRepeatable: isRepeatable)
    }

    /// A POST of JSON that sets something, so that a second time changes nothing.
    static func set(
        _ resource: APIResource, _ product: APIProduct, _ path: String, json: String
    ) -> APICall {
        APICall(
            resource: resource, product: product, path: path, parameters: [], body: .json(json),
            isRepeatable: true)
    }

    /// The same at another place of the same list.
    func page(at target: String) -> APICall {
        APICall(
            resource: resource, product: product, path: target, parameters: [], body: .query,
            isRepeatable: true)
    }

    /// Escapes a SID or another word for a path.
    static func segment(_ text: String) -> String { FormText.escaped(text) }

    /// The request as libcurl sends it.
    func request(
        _ options: APIOptions, as credentials: APICredentials, timeoutMilliseconds: Int
    ) -> TransferRequest {
        var headers = [
            credentials.authorization, Array("Accept: application/json".utf8),
            Array("User-Agent: \(options.userAgent)".utf8),
        ]
        var url = options.address.origin(of: product) + path
        var bytes: [UInt8] = []
        switch body {
        case .query:
            if !parameters.isEmpty { url += "?" + FormText.encoded(parameters) }
        case .form:
            headers.append(Array("Content-Type: application/x-www-form-urlencoded".utf8))
            bytes = Array(FormText.encoded(parameters).utf8)
        case .json(let text):
            headers.append(Array("Content-Type: application/json".utf8))
            bytes = Array(text.utf8)
        }
        var isGet = false
        if case .query = body { isGet = true }
        var request = TransferRequest(
            url: Array(url.utf8), method: isGet ? .get : .post, headers: headers, body: bytes,
            connectTimeoutMilliseconds: min(timeoutMilliseconds, 5_000),
            timeoutMilliseconds: timeoutMilliseconds, responseBytesMax: options.answerBytesMax)
        // What may be done once only must not be sent again behind our back.
        request.usesNewConnection = !isRepeatable
        return request
    }
}
