/// One response header field; the name is fixed text of ours.
public struct HTTPField: Sendable {
    /// A value is counted as a reference each time it is passed on, unless it is fixed text.
    enum Value: Sendable {
        case bytes([UInt8])
        case fixed(StaticString)
    }

    let name: StaticString
    let value: Value

    /// A field whose value is fixed text.
    public init(_ name: StaticString, _ value: StaticString) {
        self.name = name
        self.value = .fixed(value)
    }

    /// A field whose value is made; libmicrohttpd refuses CR and LF in it, and it ends at a NUL.
    public init(_ name: StaticString, bytes: [UInt8]) {
        self.name = name
        value = .bytes(bytes)
    }

    /// A field whose value is made; libmicrohttpd refuses CR and LF in it, and it ends at a NUL.
    public init(_ name: StaticString, text: String) {
        self.init(name, bytes: Array(text.utf8))
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
    /// True when it answers a request that was proved genuine: its connection is kept before others
    /// when connections run short.
    public var provesClient = false

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
