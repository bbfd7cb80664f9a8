/// What is wrong with the head of a request; the raw value is a fixed word, usable as a label.
public enum FramingFault: String, Sendable, CaseIterable {
    /// The version is neither HTTP/1.0 nor HTTP/1.1.
    case version
    /// The method is no token.
    case method
    /// The target is no path, or has control characters in it.
    case target
    /// There is no `Host`, or more than one, or it is no host.
    case host
    /// `Content-Length` or `Transfer-Encoding` is repeated, or beside the other, or not of the
    /// one form that is taken.
    case length
    /// A field's name is no token; white space before the colon is this too.
    case fieldName = "field_name"
    /// A field's value has a control character in it.
    case fieldValue = "field_value"
    /// Folded lines, NUL, bare LF, doubled spaces: the head is not made of its parts alone.
    case layout
}
