/// An account (https://www.twilio.com/docs/iam/api/account).
public struct AccountResource: Sendable, Equatable {
    /// `AC…`.
    public var sid: String
    /// What people call it.
    public var friendlyName: String
    /// `active`, `suspended` or `closed`.
    public var status: String
    /// The account that it belongs to; itself for a main account.
    public var ownerSID: String

    /// Reads it; nil when the answer is none.
    public init?(_ json: JSON) {
        guard let sid = json["sid"]?.text else { return nil }
        self.sid = sid
        friendlyName = json["friendly_name"]?.text ?? ""
        status = json["status"]?.text ?? ""
        ownerSID = json["owner_account_sid"]?.text ?? sid
    }
}

extension APICall {
    /// One account. The answer tells whether the credentials are that account's.
    public static func account(_ sid: String) -> APICall {
        .get(.accounts, .api, "/2010-04-01/Accounts/\(segment(sid)).json")
    }
}

extension APIList {
    /// The account of the credentials and its sub-accounts.
    public static let accounts = APIList(
        call: .get(.accounts, .api, "/2010-04-01/Accounts.json"), key: "accounts")
}
