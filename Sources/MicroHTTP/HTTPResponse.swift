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

/// One answer: status, fields and a body that is copied when it is sent.
public struct HTTPResponse: Sendable {
    /// The status code, 200 to 599.
    public var status: UInt16
    /// The fields besides `Date`, `Content-Length` and `Connection`, which are the engine's.
    public var fields: [HTTPField]
    /// The body.
    public var body: [UInt8]
    /// True when the connection is to be closed after this answer.
    public var closesConnection: Bool

    /// An answer from its parts.
    public init(
        status: UInt16, fields: [HTTPField] = [], body: [UInt8] = [],
        closesConnection: Bool = false
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.closesConnection = closesConnection
    }
}
