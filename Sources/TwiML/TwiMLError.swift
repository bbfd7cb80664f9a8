import Expat

/// Why an answer of an application cannot be carried out.
///
/// No case holds text of the answer: it may be a message to a customer.
public enum TwiMLError: Error, Sendable, Equatable {
    /// The answer is XML that cannot be read.
    case xml(XMLError)
    /// The answer has more bytes than this.
    case tooLarge(bytesMax: Int)
    /// A plain answer is not UTF-8, or names another encoding.
    case encoding
    /// The root element is not `<Response>`.
    case root
    /// Twilio reads no answer of this `Content-Type` (https://www.twilio.com/docs/errors/12300).
    case contentType

    /// A fixed word for the case, usable as a metric label.
    public var reason: String {
        switch self {
        case .tooLarge, .xml(.tooLarge): "too_large"
        case .xml(.tooDeep): "too_deep"
        case .xml(.tooManyElements), .xml(.tooManyAttributes): "too_many_nodes"
        case .encoding, .xml(.encoding): "encoding"
        case .xml(.doctype): "doctype"
        case .xml(.syntax), .xml(.memory): "syntax"
        case .root: "root"
        case .contentType: "content_type"
        }
    }
}

extension TwiMLError: CustomStringConvertible {
    /// One sentence for people.
    public var description: String {
        switch self {
        case .xml(let fault): "the answer cannot be read as XML: \(fault)"
        case .tooLarge(let limit): "the answer is longer than \(limit) bytes"
        case .encoding: "the answer is not UTF-8"
        case .root: "the root element is not <Response>"
        case .contentType:
            "the Content-Type is none of text/xml, application/xml, text/html and text/plain"
        }
    }
}
