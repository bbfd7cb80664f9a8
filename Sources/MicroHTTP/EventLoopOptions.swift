/// The limits of one event loop; every one is enforced by this target.
public struct EventLoopOptions: Sendable {
    /// The loop's number, given to every exchange.
    public var number: Int
    /// Connections of this loop, at most; above nine tenths of it requests are answered 503.
    public var connectionsMax: Int
    /// Bytes of request line and fields together, with the empty line behind them, at most; above
    /// it the answer is 414 or 431.
    public var headerBytesMax: Int
    /// Bytes of a body, at most; above it the answer is 413.
    public var bodyBytesMax: Int
    /// From the connection, or the request line, to the end of the fields.
    public var headerTimeoutNanoseconds: UInt64
    /// From the request line to the last byte of the body.
    public var bodyTimeoutNanoseconds: UInt64
    /// Between two requests of one connection.
    public var idleTimeoutNanoseconds: UInt64
    /// How long a request waits for its answer before its connection leaves libmicrohttpd's
    /// lists; until then it costs a look in each turn, and the loop turns a thousand times a
    /// second.
    public var heldNanosecondsMax: UInt64
    /// In a graceful stop: how long no connection came before the listening socket closes. Two
    /// round trips of a distant client fit: a handshake under way is one.
    public var handshakeNanoseconds: UInt64
    /// In a graceful stop: how long a connection that was used says nothing before our side of it
    /// closes.
    public var silenceNanoseconds: UInt64
    /// The same for a connection that had no request yet: its client made it to send one.
    public var firstRequestNanoseconds: UInt64
    /// How long a connection that is closed on our side waits for the client to close it too.
    public var lingerNanoseconds: UInt64

    /// Limits with the values that suit a webhook.
    public init(
        number: Int, connectionsMax: Int = 1024, headerBytesMax: Int = 16 * 1024,
        bodyBytesMax: Int = 64 * 1024, headerTimeoutNanoseconds: UInt64 = 5_000_000_000,
        bodyTimeoutNanoseconds: UInt64 = 10_000_000_000,
        idleTimeoutNanoseconds: UInt64 = 60_000_000_000,
        heldNanosecondsMax: UInt64 = 20_000_000, handshakeNanoseconds: UInt64 = 300_000_000,
        silenceNanoseconds: UInt64 = 300_000_000,
        firstRequestNanoseconds: UInt64 = 2_000_000_000, lingerNanoseconds: UInt64 = 200_000_000
    ) {
        self.number = number
        self.connectionsMax = connectionsMax
        self.headerBytesMax = headerBytesMax
        self.bodyBytesMax = bodyBytesMax
        self.headerTimeoutNanoseconds = headerTimeoutNanoseconds
        self.bodyTimeoutNanoseconds = bodyTimeoutNanoseconds
        self.idleTimeoutNanoseconds = idleTimeoutNanoseconds
        self.heldNanosecondsMax = heldNanosecondsMax
        self.handshakeNanoseconds = handshakeNanoseconds
        self.silenceNanoseconds = silenceNanoseconds
        self.firstRequestNanoseconds = firstRequestNanoseconds
        self.lingerNanoseconds = lingerNanoseconds
    }
}
