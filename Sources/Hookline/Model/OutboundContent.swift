/// A message that the application's TwiML asks for, as Twilio's API is asked to send it.
struct OutboundMessage: Sendable, Equatable {
    /// The account that sends it.
    var account: String
    var to: String
    var from: String
    /// The messaging service that the webhook names; empty for none.
    var service = ""
    /// The text; empty for media alone.
    var body: String
    var media: [String] = []
    /// Where Twilio reports what becomes of it; empty for nowhere.
    var statusCallback = ""
}

/// A document that the application's TwiML goes on with.
struct OutboundRedirect: Sendable, Equatable {
    /// Absolute, of the application's own origin.
    var url: [UInt8]
    var isGet: Bool
    /// How many redirects led here, this one included.
    var depth: Int
    /// The head and the body of the webhook that is answered: the application gets them again.
    var head: [UInt8]
    var body: [UInt8]
}

/// What is to be done for an answer of the application, as it is stored.
enum OutboundContent: Sendable, Equatable {
    case message(OutboundMessage)
    case redirect(OutboundRedirect)

    /// The number in the database; never renumber.
    var code: Int64 {
        switch self {
        case .message: 0
        case .redirect: 1
        }
    }

    /// Every part behind its length in four bytes, the most significant first.
    var bytes: [UInt8] {
        let parts: [[UInt8]]
        switch self {
        case .message(let message):
            parts =
                [
                    message.account, message.to, message.from, message.service, message.body,
                    message.statusCallback,
                ].map { Array($0.utf8) } + message.media.map { Array($0.utf8) }
        case .redirect(let redirect):
            parts = [
                redirect.url, [redirect.isGet ? 1 : 0], [UInt8(clamping: redirect.depth)],
                redirect.head, redirect.body,
            ]
        }
        var bytes: [UInt8] = []
        for part in parts {
            let count = UInt32(part.count)
            bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> UInt32($0)) } + part
        }
        return bytes
    }

    /// Reads what was stored; nil when it is damaged.
    init?(code: Int64, bytes: [UInt8]) {
        var parts: [[UInt8]] = []
        var position = 0
        while position < bytes.count {
            guard position + 4 <= bytes.count else { return nil }
            let count = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            position += 4
            guard count <= bytes.count - position else { return nil }
            parts.append(Array(bytes[position..<position + count]))
            position += count
        }
        switch code {
        case 0:
            guard parts.count >= 6 else { return nil }
            let texts = parts.map { String(decoding: $0, as: UTF8.self) }
            var message = OutboundMessage(
                account: texts[0], to: texts[1], from: texts[2], body: texts[4])
            message.service = texts[3]
            message.statusCallback = texts[5]
            message.media = Array(texts.dropFirst(6))
            self = .message(message)
        case 1:
            guard parts.count == 5, let method = parts[1].first, let depth = parts[2].first else {
                return nil
            }
            self = .redirect(
                OutboundRedirect(
                    url: parts[0], isGet: method == 1, depth: Int(depth), head: parts[3],
                    body: parts[4]))
        default: return nil
        }
    }
}

/// Why a reply was given up, as commands and metrics name it.
enum OutboundReason: String, CaseIterable, Sendable {
    /// Twilio refused it for good.
    case refused
    /// It could not be sent within the retry window.
    case expired
    /// Neither text nor media.
    case empty
    /// More text than Twilio takes.
    case bodyTooLong = "body_too_long"
    /// More media than Twilio takes.
    case tooManyMedia = "too_many_media"
    /// The document that it goes on with is not the application's, or too many lead there.
    case redirect
    /// It is not what was written.
    case corrupt
}

/// A reply that is to be stored with the completion of the delivery that it answers.
struct NewOutbound: Sendable, Equatable {
    var content: OutboundContent
    /// Replies with the same key leave one after another.
    var conversation: [UInt8]
    /// It is kept as given up from the beginning; nil for what is to be sent.
    var reason: OutboundReason?
}

/// A reply as it was claimed.
struct OutboundRow: Sendable, Equatable {
    var id: Int64
    var content: OutboundContent
    var conversation: [UInt8]
    /// Which try the next one is, from 1.
    var attempt: Int
    /// How often Twilio's list was looked at since the last try; nil when its outcome is known.
    var looks: Int?
    /// When the last try began, by the wall clock.
    var startedMilliseconds: Int64
    /// Since when it is owed, by the store's clock.
    var owedMilliseconds: Int64
}

/// What became of a claimed reply; one transaction writes several.
enum OutboundChange: Sendable, Equatable {
    /// Twilio has it, under this SID.
    case sent(id: Int64, sid: String)
    /// Nothing was done: it is owed again at this time of the store's clock.
    case retry(id: Int64, dueMilliseconds: Int64, error: String)
    /// Nobody knows whether Twilio has it: its list is looked at from this time on.
    case unknown(id: Int64, dueMilliseconds: Int64, looks: Int, error: String)
    /// Given up, with Twilio's code and words.
    case deadLetter(id: Int64, reason: OutboundReason, code: Int, words: String)
    /// Twilio's list was looked at: these may be it, the oldest first. When none of them is, the
    /// list is looked at again at this time, or the reply is owed once more.
    case looked(id: Int64, candidates: [String], again: Look?)
    /// A redirect was fetched: these take its place.
    case replaced(id: Int64, by: [NewOutbound])
    /// A stop came before anything was done.
    case unclaim(id: Int64)
}

/// When Twilio's list is looked at again.
struct Look: Sendable, Equatable {
    var dueMilliseconds: Int64
    /// How often it was looked at by then.
    var count: Int
}

/// What looks at Twilio's list brought.
struct LookCounts: Sendable, Equatable {
    /// Replies that Twilio has.
    var found = 0
    /// Replies that are sent once more.
    var repeated = 0
}
