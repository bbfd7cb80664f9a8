/// A number of an account, and what Twilio calls for it
/// (https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource).
public struct PhoneNumberResource: Sendable, Equatable {
    /// `PN…`.
    public var sid: String
    /// The account that it belongs to.
    public var accountSID: String
    /// With `+` and country code.
    public var phoneNumber: String
    /// It takes messages.
    public var takesMessages: Bool
    /// Called for a message; nil when nothing is.
    public var smsURL: String?
    /// How: `GET` or `POST`.
    public var smsMethod: String
    /// Called when the first cannot be.
    public var smsFallbackURL: String?
    /// The application whose URLs count in place of the number's.
    public var smsApplicationSID: String?
    /// Called for a call.
    public var voiceURL: String?
    /// Told what becomes of calls.
    public var statusCallback: String?
    /// How: `GET` or `POST`.
    public var statusCallbackMethod: String

    /// Reads it; nil when the answer is none.
    public init?(_ json: JSON) {
        guard let sid = json["sid"]?.text, let number = json["phone_number"]?.text,
            let account = json["account_sid"]?.text
        else { return nil }
        self.sid = sid
        accountSID = account
        phoneNumber = number
        let can = json["capabilities"]
        // Names in capitals in older answers.
        takesMessages =
            [can?["sms"], can?["mms"], can?["SMS"], can?["MMS"]].contains { $0?.bool == true }
        smsURL = json["sms_url"]?.text
        smsMethod = json["sms_method"]?.text ?? "POST"
        smsFallbackURL = json["sms_fallback_url"]?.text
        smsApplicationSID = json["sms_application_sid"]?.text
        voiceURL = json["voice_url"]?.text
        statusCallback = json["status_callback"]?.text
        statusCallbackMethod = json["status_callback_method"]?.text ?? "POST"
    }
}

extension APICall {
    /// Sets properties of a number, such as `SmsUrl`.
    public static func setPhoneNumber(
        _ sid: String, account: String, _ parameters: [Parameter]
    ) -> APICall {
        let path =
            "/2010-04-01/Accounts/\(segment(account))/IncomingPhoneNumbers/\(segment(sid)).json"
        return .post(.phoneNumbers, .api, path, parameters, isRepeatable: true)
    }
}

extension APIList {
    /// The numbers of an account.
    public static func phoneNumbers(account: String) -> APIList {
        APIList(
            call: .get(
                .phoneNumbers, .api,
                "/2010-04-01/Accounts/\(APICall.segment(account))/IncomingPhoneNumbers.json"),
            key: "incoming_phone_numbers")
    }
}
