/// One response header field; the name is fixed text of ours.
public struct HTTPField: Sendable {
    /// The field's name.
    public var name: StaticString
    /// The field's value; libmicrohttpd refuses CR and LF in it, and it ends at a NUL.
    public var value: [UInt8]

    /// A field from its parts.
    public init(_ name: StaticString, _ value: String) {
        self.init(name, Array(value.utf8))
    }

    /// A field from its parts.
    public init(_ name: StaticString, _ value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// One answer: status, fields and body.
public struct HTTPResponse: Sendable {
    /// The status code, 200 to 599.
    public var status: UInt16
    /// The fields besides `Date`, `Content-Length` and `Connection`, which are the engine's.
    public var fields: [HTTPField]
    /// True when the connection is to be closed after this answer.
    public var closesConnection: Bool

    /// A body of this answer is copied when it is sent, one of the program's text is not.
    enum Body: Sendable {
        case bytes([UInt8])
        case fixed(StaticString)
    }
    let body: Body

    /// An answer from its parts.
    public init(
        status: UInt16, fields: [HTTPField] = [], body: [UInt8] = [],
        closesConnection: Bool = false
    ) {
        self.status = status
        self.fields = fields
        self.body = .bytes(body)
        self.closesConnection = closesConnection
    }

    /// An answer whose body is fixed text.
    public init(status: UInt16, fields: [HTTPField], fixedBody: StaticString) {
        self.status = status
        self.fields = fields
        body = .fixed(fixedBody)
        closesConnection = false
    }
}
