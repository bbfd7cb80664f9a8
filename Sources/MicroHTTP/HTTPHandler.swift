/// What a server does with requests; one value serves all loops.
public protocol HTTPHandler: AnyObject, Sendable {
    /// Takes one complete request on its loop's thread; must not block.
    func receive(_ exchange: HTTPExchange)
    /// Told of a request that the engine answered itself, after the reply left.
    func refused(_ request: HTTPRefusedRequest, _ completion: HTTPCompletion)
    /// Told that an exchange was dropped without an answer (it was answered 503).
    func dropped(loop: Int)
    /// Told after each turn in which requests may have been received: the time to pass them on
    /// together. On the loop's thread; must not block.
    func turnEnded(loop: Int)
    /// Told once a turn of a loop how late it turned, in nanoseconds.
    func turned(loop: Int, lagNanoseconds: UInt64)
    /// Told of a connection that ended without a request that was answered, or while one was
    /// coming. On the loop's thread; must not block.
    func ended(_ end: HTTPConnectionEnd, peer: [UInt8], loop: Int)
    /// A message of libmicrohttpd, which is fixed text without a client's bytes.
    func engineMessage(_ message: String, loop: Int)
}
