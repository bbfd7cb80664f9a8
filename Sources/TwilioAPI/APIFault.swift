import Curl

/// Why a call did not bring what was asked for.
public enum APIFault: Error, Sendable, Equatable {
    /// Twilio says no: nothing was done, and the same call gets the same answer.
    case refused(APIRefusal)
    /// Twilio says "not now" to every attempt: nothing was done.
    case throttled
    /// Nothing was done, or it does no harm to do it again: libcurl's words, or the status.
    case unavailable(String)
    /// The request was sent and there is no telling whether it was done.
    case unknown(String)
    /// The answer is not what Twilio's documents say; of a call that may be repeated.
    case malformed(String)
    /// The call could not be made at all.
    case library(String)

    /// A fixed word for the case.
    public var reason: String {
        switch self {
        case .refused: "refused"
        case .throttled: "throttled"
        case .unavailable: "unavailable"
        case .unknown: "unknown"
        case .malformed: "malformed"
        case .library: "library"
        }
    }
}

extension APIFault: CustomStringConvertible {
    /// One sentence for people. It holds Twilio's words, which may name a number.
    public var description: String {
        switch self {
        case .refused(let refusal): refusal.description
        case .throttled: "Twilio answers 429: too many requests of this account at once"
        case .unavailable(let words): "Twilio's API is not available: \(words)"
        case .unknown(let words): "it is not known whether Twilio has done it: \(words)"
        case .malformed(let words): "Twilio's answer cannot be read: \(words)"
        case .library(let words): "cannot ask Twilio: \(words)"
        }
    }
}

/// What Twilio says when it refuses (https://www.twilio.com/docs/usage/twilios-response).
public struct APIRefusal: Sendable, Equatable {
    /// The status, 300 to 499.
    public var status: Int
    /// Twilio's code, such as 21610; nil when the answer has none.
    public var code: Int?
    /// Twilio's words, at most `messageBytesMax` bytes; empty when it has none.
    public var message: String

    /// Bytes of a message that are kept.
    public static let messageBytesMax = 500

    /// A refusal from its parts.
    public init(status: Int, code: Int? = nil, message: String = "") {
        self.status = status
        self.code = code
        self.message = message
    }

    /// The refusal that an answer tells.
    init(status: Int, body: [UInt8]) {
        let answer = JSON(body)
        let words = answer?["message"]?.text ?? ""
        let kept = words.utf8.count <= Self.messageBytesMax ? words[...] : Self.shortened(words)
        self.init(status: status, code: answer?["code"]?.integer, message: String(kept))
    }

    private static func shortened(_ text: String) -> Substring {
        var end = text.utf8.index(text.startIndex, offsetBy: messageBytesMax)
        while end > text.startIndex, end.samePosition(in: text) == nil {
            end = text.utf8.index(before: end)
        }
        return text[..<end]
    }

    /// True for a fault of the credentials or of the account, not of the call.
    public var isAboutCaller: Bool { status == 401 || status == 403 || status == 404 }
}

extension APIRefusal: CustomStringConvertible {
    /// One sentence for people.
    public var description: String {
        if (300..<400).contains(status) {
            return "Twilio's API answers \(status), a redirect, which is not followed"
        }
        let code = code.map { ", code \($0)" } ?? ""
        return "Twilio answers \(status)\(code)" + (message.isEmpty ? "" : ": \(message)")
    }
}
