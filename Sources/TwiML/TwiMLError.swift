/// Why an answer of an application cannot be carried out.
///
/// No case holds text of the answer: it may be a message to a customer.
public enum TwiMLError: Error, Sendable, Equatable {
    /// The answer has more bytes than this.
    case tooLarge(bytesMax: Int)
    /// More elements lie within each other than this.
    case tooDeep(depthMax: Int)
    /// The document has more elements, or an element more attributes, than this.
    case tooManyNodes(nodesMax: Int)
    /// The answer says, or begins as if, it were in another encoding than UTF-8.
    case encoding
    /// The bytes are not UTF-8.
    case notUTF8
    /// There is a document type declaration. TwiML has none, and entities are declared there.
    case doctype
    /// A reference to an entity that XML itself does not define.
    case entity(line: Int)
    /// The document is not well-formed; the line is counted from 1.
    case syntax(line: Int, SyntaxFault)
    /// The root element is not `<Response>`.
    case root
    /// Twilio reads no answer of this `Content-Type` (https://www.twilio.com/docs/errors/12300).
    case contentType

    /// A fixed word for the case, usable as a metric label.
    public var reason: String {
        switch self {
        case .tooLarge: "too_large"
        case .tooDeep: "too_deep"
        case .tooManyNodes: "too_many_nodes"
        case .encoding, .notUTF8: "encoding"
        case .doctype: "doctype"
        case .entity: "entity"
        case .syntax: "syntax"
        case .root: "root"
        case .contentType: "content_type"
        }
    }
}

/// What is not well-formed.
public enum SyntaxFault: String, Sendable, CaseIterable {
    case attribute = "an attribute is not name=\"value\""
    case cdata = "a CDATA section has no end, or stands outside of the root element"
    case character = "a character that XML does not allow"
    case closing = "an end tag does not match its start tag"
    case comment = "a comment has no end, or two hyphens within"
    case declaration = "the XML declaration is wrong, or not the first thing"
    case end = "the document ends before its root element does"
    case instruction = "a processing instruction has no name or no end"
    case name = "a name is missing, or holds what TwiML's names do not"
    case outside = "there is text outside of the root element, or a second one"
    case reference = "an ampersand begins no reference"
    case sameAttribute = "an element has an attribute twice"
    case tag = "a tag has no end"
}

extension TwiMLError: CustomStringConvertible {
    /// One sentence for people.
    public var description: String {
        switch self {
        case .tooLarge(let limit): "the answer is longer than \(limit) bytes"
        case .tooDeep(let limit): "more than \(limit) elements lie within each other"
        case .tooManyNodes(let limit): "there are more than \(limit) elements, or attributes of one"
        case .encoding: "the answer is in another encoding than UTF-8"
        case .notUTF8: "the answer is not UTF-8"
        case .doctype: "the document has a document type declaration, which TwiML has not"
        case .entity(let line): "line \(line): an entity that XML does not define"
        case .syntax(let line, let fault): "line \(line): \(fault.rawValue)"
        case .root: "the root element is not <Response>"
        case .contentType:
            "the Content-Type is none of text/xml, application/xml, text/html and text/plain"
        }
    }
}
