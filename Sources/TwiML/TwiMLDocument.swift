import Expat

/// What a TwiML document for messages says, in its order.
///
/// https://www.twilio.com/docs/messaging/twiml
public struct TwiMLDocument: Sendable, Equatable {
    /// One thing to do.
    public enum Instruction: Sendable, Equatable {
        /// A message is sent.
        case message(TwiMLMessage)
        /// Where the document goes on. Nothing follows it.
        case redirect(TwiMLRedirect)
    }

    /// What to do, in order; a redirect is the last.
    public var instructions: [Instruction] = []
    /// The names of the verbs that do nothing with a message, in order, at most `unknownMax`.
    public var unknownVerbs: [String] = []
    /// How many there were: verbs of other products, misspelled ones, and text outside of a verb.
    public var unknownCount = 0
    /// Verbs behind a redirect: Twilio does not look at them either.
    public var unreachableCount = 0

    /// Unknown verbs that are named.
    public static let unknownMax = 8

    /// A document without a verb.
    public init() {}

    /// Reads a document. `encoding` is what `Content-Type` says of it, nil if it says nothing.
    public init(
        parsing bytes: [UInt8], encoding: String? = nil, limits: XMLLimits = XMLLimits()
    ) throws(TwiMLError) {
        let root: XMLElement
        do throws(XMLError) {
            root = try XMLParser.root(of: bytes, encoding: encoding, limits: limits)
        } catch {
            throw .xml(error)
        }
        guard root.name == "Response" else { throw .root }
        for node in root.nodes {
            switch node {
            case .text(let text):
                if !text.trimmed.isEmpty { noteUnknown("text") }
            case .element(let element):
                add(element)
            }
        }
    }

    private mutating func add(_ element: XMLElement) {
        if case .redirect = instructions.last {
            unreachableCount += 1
            return
        }
        switch element.name {
        // `Sms` is the name that `Message` had before (https://www.twilio.com/docs/errors/14110).
        case "Message", "Sms": instructions.append(.message(TwiMLMessage(element)))
        case "Redirect": instructions.append(.redirect(TwiMLRedirect(element)))
        default: noteUnknown(element.name)
        }
    }

    private mutating func noteUnknown(_ name: String) {
        unknownCount += 1
        if unknownVerbs.count < Self.unknownMax { unknownVerbs.append(name) }
    }
}

/// The method that a URL in a document is asked with; POST unless the document says GET.
public enum TwiMLMethod: String, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"

    /// Twilio warns of any other word (https://www.twilio.com/docs/errors/14104) and takes POST.
    init(_ text: String?) {
        self = text?.uppercased() == "GET" ? .get : .post
    }
}

/// `<Redirect>`.
public struct TwiMLRedirect: Sendable, Equatable {
    /// Where the document goes on, absolute or relative to this one; empty is this one again.
    public var url: String
    /// How it is asked.
    public var method: TwiMLMethod

    /// A redirect from its parts.
    public init(url: String, method: TwiMLMethod = .post) {
        self.url = url
        self.method = method
    }

    init(_ element: XMLElement) {
        self.init(
            url: element.text.trimmed, method: TwiMLMethod(element.value("method")))
    }
}
