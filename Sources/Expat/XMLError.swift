/// Why a document was not read. No case holds text of the document.
public enum XMLError: Error, Sendable, Equatable {
    /// It has more bytes than this.
    case tooLarge(bytesMax: Int)
    /// More elements lie within each other than this.
    case tooDeep(depthMax: Int)
    /// It has more elements than this.
    case tooManyElements(elementsMax: Int)
    /// An element has more attributes than this.
    case tooManyAttributes(attributesMax: Int)
    /// It has a document type declaration, where entities could be declared.
    case doctype(line: Int)
    /// It names an encoding that expat does not know, or is not in the one that it names.
    case encoding
    /// It is not well-formed: the line, counted from 1, and expat's words.
    case syntax(line: Int, String)
    /// There was no memory for expat.
    case memory
}

extension XMLError: CustomStringConvertible {
    /// One sentence for people, without a capital and a full stop.
    public var description: String {
        switch self {
        case .tooLarge(let limit): "it is longer than \(limit) bytes"
        case .tooDeep(let limit): "more than \(limit) elements lie within each other"
        case .tooManyElements(let limit): "it has more than \(limit) elements"
        case .tooManyAttributes(let limit): "an element has more than \(limit) attributes"
        case .doctype(let line): "line \(line): there is a document type declaration"
        case .encoding: "it is not in the encoding that it names, or nobody knows that encoding"
        case .syntax(let line, let words): "line \(line): \(words)"
        case .memory: "there was no memory to read it"
        }
    }
}
