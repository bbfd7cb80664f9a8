/// A messaging service: a pool of numbers with common settings
/// (https://www.twilio.com/docs/messaging/api/service-resource).
public struct MessagingServiceResource: Sendable, Equatable {
    /// `MG…`.
    public var sid: String
    /// What people call it.
    public var friendlyName: String
    /// Called for a message to any of its numbers; nil drops such messages.
    public var inboundRequestURL: String?
    /// How: `GET` or `POST`.
    public var inboundMethod: String
    /// Called when the first cannot be.
    public var fallbackURL: String?
    /// Told what becomes of messages.
    public var statusCallback: String?
    /// The URLs of each number count, not those of the service.
    public var usesNumbersURL: Bool

    /// Reads it; nil when the answer is none.
    public init?(_ json: JSON) {
        guard let sid = json["sid"]?.text else { return nil }
        self.sid = sid
        friendlyName = json["friendly_name"]?.text ?? ""
        inboundRequestURL = json["inbound_request_url"]?.text
        inboundMethod = json["inbound_method"]?.text ?? "POST"
        fallbackURL = json["fallback_url"]?.text
        statusCallback = json["status_callback"]?.text
        usesNumbersURL = json["use_inbound_webhook_on_number"]?.bool ?? false
    }
}

extension APICall {
    /// Sets properties of a messaging service, such as `InboundRequestUrl`.
    public static func setMessagingService(_ sid: String, _ parameters: [Parameter]) -> APICall {
        .post(
            .messagingServices, .messaging, "/v1/Services/\(segment(sid))", parameters,
            isRepeatable: true)
    }
}

extension APIList {
    /// The messaging services of the account of the credentials.
    public static let messagingServices = APIList(
        call: .get(.messagingServices, .messaging, "/v1/Services"), key: "services")

    /// The numbers of a service: each row has the `sid` of the number.
    public static func phoneNumbers(ofService sid: String) -> APIList {
        APIList(
            call: .get(
                .messagingServices, .messaging,
                "/v1/Services/\(APICall.segment(sid))/PhoneNumbers"), key: "phone_numbers")
    }
}
