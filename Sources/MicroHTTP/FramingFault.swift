/// What is wrong with how a request is written; the raw value is a fixed word, usable as a label.
public enum FramingFault: String, Sendable, CaseIterable {
    /// The version is neither HTTP/1.0 nor HTTP/1.1.
    case version
    /// The method is no token, or `CONNECT`, or longer than any that there is.
    case method
    /// The target has none of the forms that there are, or a byte in it that may not be there.
    case target
    /// There is no `Host`, or more than one, or it is no host, or the target names another.
    case host
    /// `Content-Length` or `Transfer-Encoding` is repeated, or beside the other, or not of the
    /// one form that is taken.
    case length
    /// A field's name is no token; white space before the colon is this too.
    case fieldName = "field_name"
    /// A field's value has a control character in it.
    case fieldValue = "field_value"
    /// Folded lines, bare CR or LF, doubled spaces: there is more between the parts than there may
    /// be.
    case layout
    /// The size of a chunk, its extensions, or what stands behind its data.
    case chunk
    /// A trailer is no field line, or a field that may not be a trailer.
    case trailer
    /// Somebody speaks TLS to a port without it.
    case tls
}

/// Why a request cannot be taken, found while it is read.
struct RequestFault: Error, Equatable {
    /// What a handler is told.
    let reason: HTTPRefusal
    /// What is wrong with its framing; nil for another reason.
    let fault: FramingFault?
    /// The status of the answer.
    let status: UInt16

    /// A fault of the framing.
    init(_ fault: FramingFault, status: UInt16 = 400) {
        reason = .framing
        self.fault = fault
        self.status = status
    }

    /// Another reason.
    init(_ reason: HTTPRefusal, status: UInt16) {
        self.reason = reason
        fault = nil
        self.status = status
    }
}
