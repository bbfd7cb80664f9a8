import MicroHTTP
import POSIX
import TwilioSignature

/// What a request says, read once: its parameters, what of it follows the URL in the signed text,
/// and the account that it claims to come from. Nothing of it is believed yet.
struct RequestContent: Sendable {
    /// The parameters of a form, or of a GET's query; nil for any other body.
    let parameters: FormParameters?
    /// What Twilio appends to the URL before it signs; nil when `bodySHA256` has to cover the body.
    let signedParameters: FormParameters?
    /// True for a GET without a body: its parameters stand in the URL, which is signed, and
    /// `bodySHA256` covers nothing (https://github.com/twilio/twilio-php/issues/861).
    let isBodyless: Bool
    /// What a JSON body says; nil for any other.
    let json: JSONFacts?
    /// The account that it claims to come from, empty when it names none.
    let account: ArraySlice<UInt8>
    /// True when the account's tokens are the only ones that can have signed it. A form's
    /// `AccountSid` is that account; one that JSON or a click event names may be another's, which
    /// the signer's own events tell of.
    let isAccountSigner: Bool

    /// Reads a request; throws when there are more than `parametersMax` parameters.
    init(
        method: HTTPMethod, target: [UInt8], contentType: ArraySlice<UInt8>?, body: [UInt8],
        parametersMax: Int
    ) throws(FormFault) {
        // A GET with a body is a POST whose method something changed: the body says what it is.
        isBodyless = (method == .get || method == .head) && body.isEmpty
        let isForm = !isBodyless && MediaType(contentType).isForm
        if isForm {
            parameters = try FormParameters(parsing: body, parametersMax: parametersMax)
        } else if isBodyless {
            let query = target.drop { $0 != UInt8(ascii: "?") }.dropFirst()
            parameters = try FormParameters(parsing: Array(query), parametersMax: parametersMax)
        } else {
            parameters = nil
        }
        signedParameters = isForm ? parameters : isBodyless ? .empty : nil
        json = parameters == nil ? JSONFacts(body) : nil
        if let named = parameters?[.accountSID] {
            account = named
            isAccountSigner = true
        } else {
            let named = parameters?.first("account_sid") ?? json?.account[...] ?? []
            account = AccountSID.isValid(named) ? named : []
            isAccountSigner = false
        }
    }

    /// Reads a request as it arrived, or as it was stored.
    init(_ request: borrowing HTTPRequest, parametersMax: Int) throws(FormFault) {
        try self.init(
            method: request.method, target: request.target,
            contentType: request.fields.first("content-type"), body: request.body,
            parametersMax: parametersMax)
    }
}
