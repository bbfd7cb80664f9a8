import Curl
import TwiML
import TwilioSignature

/// What follows from an answer of the application.
struct ReplyPlan: Sendable, Equatable {
    /// In the order in which they have to leave.
    var replies: [NewOutbound] = []
    /// Why the answer cannot be read; nil when it can.
    var fault: TwiMLError?
    /// Verbs that do nothing with a message, and some of their names.
    var unknownCount = 0
    var unknownVerbs: [String] = []
}

/// Makes messages of TwiML, as Twilio would: the sender of the message that came gets them, from
/// the number that it came to (https://www.twilio.com/docs/messaging/twiml).
struct ReplyPlanner: Sendable {
    /// Documents that one answer may lead to, one after another.
    static let redirectsMax = 5

    /// The origin of the application, which alone is asked for documents.
    let application: [UInt8]
    let parametersMax: Int

    /// The replies to a message. `documentURL` is where the answer came from, `depth` how many
    /// redirects led there.
    func plan(
        _ answer: ApplicationAnswer, to webhook: Webhook, from documentURL: [UInt8], depth: Int = 0
    ) -> ReplyPlan {
        var plan = ReplyPlan()
        guard webhook.kind == .message, let parties = Parties(webhook, parametersMax) else {
            return plan
        }
        let document: TwiMLDocument
        do throws(TwiMLError) {
            if answer.isTruncated { throw .tooLarge(bytesMax: answer.body.count) }
            document = try TwiMLAnswer.read(contentType: answer.contentType, body: answer.body)
        } catch {
            plan.fault = error
            return plan
        }
        plan.unknownCount = document.unknownCount
        plan.unknownVerbs = document.unknownVerbs
        for instruction in document.instructions {
            switch instruction {
            case .message(let message):
                plan.replies.append(reply(message, parties, webhook))
            case .redirect(let redirect):
                plan.replies.append(
                    follow(redirect, parties, webhook, from: documentURL, depth: depth))
            }
        }
        return plan
    }

    private func reply(
        _ message: TwiMLMessage, _ parties: Parties, _ webhook: Webhook
    ) -> NewOutbound {
        var outbound = OutboundMessage(
            account: parties.account, to: message.to ?? parties.customer,
            from: message.from ?? parties.number, body: message.body)
        // Another sender need not be in the service's pool.
        if message.from == nil { outbound.service = parties.service }
        outbound.media = message.media.map { absolute($0, webhook) }
        outbound.statusCallback = message.reportURL.map { absolute($0, webhook) } ?? ""
        let reason: OutboundReason? =
            switch message.fault {
            case nil: nil
            case .empty: .empty
            case .bodyTooLong: .bodyTooLong
            case .tooManyMedia: .tooManyMedia
            }
        return NewOutbound(
            content: .message(outbound), conversation: parties.conversation, reason: reason)
    }

    private func follow(
        _ redirect: TwiMLRedirect, _ parties: Parties, _ webhook: Webhook, from base: [UInt8],
        depth: Int
    ) -> NewOutbound {
        let url = URLParts.resolve(Array(redirect.url.utf8), against: base)
        let isAllowed = depth < Self.redirectsMax && url.map(isOfApplication) == true
        let content = OutboundRedirect(
            url: url ?? [], isGet: redirect.method == .get, depth: depth + 1,
            head: webhook.head.bytes, body: webhook.body)
        return NewOutbound(
            content: .redirect(content), conversation: parties.conversation,
            reason: isAllowed ? nil : .redirect)
    }

    /// True for a URL of the application's origin.
    func isOfApplication(_ url: [UInt8]) -> Bool {
        guard let found = URLParts(url), let own = URLParts(application) else { return false }
        return found.scheme == own.scheme && found.host == own.host && found.port == own.port
    }

    /// A URL for Twilio: relative ones are relative to what Twilio called.
    private func absolute(_ url: String, _ webhook: Webhook) -> String {
        let base = Array(webhook[.origin]) + Array(webhook[.target])
        return URLParts.resolve(Array(url.utf8), against: base)
            .map { String(decoding: $0, as: UTF8.self) } ?? url
    }
}

/// Who writes to whom.
private struct Parties {
    let account: String
    let customer: String
    let number: String
    let service: String
    /// Replies to one customer from one number leave one after another.
    let conversation: [UInt8]

    /// Nil when the webhook does not say.
    init?(_ webhook: Webhook, _ parametersMax: Int) {
        let form =
            webhook.head.isGet
            ? Array(webhook[.target].drop { $0 != UInt8(ascii: "?") }.dropFirst()) : webhook.body
        // It was parsed within the same limit when it was received.
        guard let fields = try? FormParameters(parsing: form, parametersMax: parametersMax),
            let from = fields.first("From"), let to = fields.first("To"), !from.isEmpty, !to.isEmpty
        else { return nil }
        account = String(decoding: webhook[.account], as: UTF8.self)
        customer = String(decoding: from, as: UTF8.self)
        number = String(decoding: to, as: UTF8.self)
        service = String(decoding: fields.first("MessagingServiceSid") ?? [], as: UTF8.self)
        conversation = Array(webhook[.account]) + [0x0a] + from + [0x0a] + to
    }
}
