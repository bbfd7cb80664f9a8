/// A message (https://www.twilio.com/docs/messaging/api/message-resource).
public struct MessageResource: Sendable, Equatable {
    /// `SM…` or `MM…`.
    public var sid: String
    /// `inbound`, `outbound-api`, `outbound-reply` …
    public var direction: String
    /// `queued`, `sent`, `received` …
    public var status: String
    /// Who sent it.
    public var from: String
    /// Who gets it.
    public var to: String
    /// Its text.
    public var body: String
    /// The service that sent it; nil for none.
    public var messagingServiceSID: String?
    /// How many media it has.
    public var mediaCount: Int
    /// How many SMS it is made of.
    public var segmentCount: Int
    /// Why it failed; nil when it did not.
    public var errorCode: Int?
    /// When Twilio made it, in milliseconds since 1970; nil when the answer says nothing readable.
    public var createdMilliseconds: Int64?
    /// Whose it is.
    public var accountSID: String

    /// Reads it; nil when the answer is none.
    public init?(_ json: JSON) {
        guard let sid = json["sid"]?.text else { return nil }
        self.sid = sid
        direction = json["direction"]?.text ?? ""
        status = json["status"]?.text ?? ""
        from = json["from"]?.text ?? ""
        to = json["to"]?.text ?? ""
        body = json["body"]?.text ?? ""
        messagingServiceSID = json["messaging_service_sid"]?.text
        mediaCount = json["num_media"]?.integer ?? 0
        segmentCount = json["num_segments"]?.integer ?? 0
        errorCode = json["error_code"]?.integer
        createdMilliseconds = json["date_created"]?.text.flatMap(APIDate.milliseconds)
        accountSID = json["account_sid"]?.text ?? ""
    }
}

/// A message that Twilio is asked to send.
public struct MessageRequest: Sendable, Equatable {
    /// The account that sends it.
    public var accountSID: String
    /// Who gets it.
    public var to: String
    /// The number, or a name; nil when the messaging service chooses.
    public var from: String?
    /// The service that sends it; nil for none.
    public var messagingServiceSID: String?
    /// The text; empty for media alone.
    public var body: String
    /// Where Twilio fetches pictures and other files.
    public var mediaURLs: [String] = []
    /// Where Twilio reports what becomes of it.
    public var statusCallback: String?

    /// A message of an account.
    public init(accountSID: String, to: String, from: String?, body: String) {
        self.accountSID = accountSID
        self.to = to
        self.from = from
        self.body = body
    }
}

extension APICall {
    /// Sends a message. It is never repeated by itself when it may have been done: Twilio has no
    /// key that tells two such calls from one.
    public static func send(_ message: MessageRequest) -> APICall {
        var parameters: [Parameter] = [(name: "To", value: message.to)]
        if let from = message.from { parameters.append((name: "From", value: from)) }
        if let service = message.messagingServiceSID {
            parameters.append((name: "MessagingServiceSid", value: service))
        }
        if !message.body.isEmpty { parameters.append((name: "Body", value: message.body)) }
        parameters += message.mediaURLs.map { (name: "MediaUrl", value: $0) }
        if let url = message.statusCallback {
            parameters.append((name: "StatusCallback", value: url))
        }
        return .post(
            .messages, .api, APIList.messagesPath(message.accountSID), parameters,
            isRepeatable: false)
    }
}

extension APIList {
    static func messagesPath(_ account: String) -> String {
        "/2010-04-01/Accounts/\(APICall.segment(account))/Messages.json"
    }

    /// Messages of an account, newest first: sent or received since a moment, which Twilio takes
    /// to the second, to or from somebody.
    public static func messages(
        account: String, to: String? = nil, from: String? = nil, since milliseconds: Int64? = nil
    ) -> APIList {
        var parameters: [APICall.Parameter] = []
        if let to { parameters.append((name: "To", value: to)) }
        if let from { parameters.append((name: "From", value: from)) }
        if let milliseconds {
            parameters.append((name: "DateSent>", value: APIDate.text(milliseconds: milliseconds)))
        }
        return APIList(
            call: .get(.messages, .api, messagesPath(account), parameters), key: "messages")
    }
}
