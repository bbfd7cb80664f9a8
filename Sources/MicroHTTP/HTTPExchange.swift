import Synchronization

/// A complete request that waits for its one answer, now or later, from any thread.
///
/// What crosses threads is a slot number and its generation, never a pointer: the connection
/// lives in its loop's table, so a late answer to a connection that is gone is harmless.
/// An exchange that is dropped without an answer answers 503 and is counted by the handler's
/// `dropped`.
public final class HTTPExchange: Sendable {
    /// The request, complete.
    public let request: HTTPRequest
    /// The number of the event loop that received it; usable as a metric shard.
    public let loop: Int

    private let slot: Int32
    private let generation: UInt32
    private let mailbox: Mailbox
    private let answered = Atomic<Bool>(false)

    init(request: HTTPRequest, loop: Int, slot: Int32, generation: UInt32, mailbox: Mailbox) {
        self.request = request
        self.loop = loop
        self.slot = slot
        self.generation = generation
        self.mailbox = mailbox
    }

    deinit {
        guard !isAnswered else { return }
        let response = HTTPResponse(status: 503, fields: [HTTPField("Retry-After", "1")])
        post(response, observer: nil, dropped: true, silently: false)
    }

    /// True once an answer was given.
    public var isAnswered: Bool { answered.load(ordering: .acquiring) }

    /// Gives the answer; the first call wins and returns true, any later one changes nothing.
    ///
    /// Any thread. With `silently` the loop is not woken: a thread that answers many exchanges
    /// calls `EventLoop.deliverAnswers()` once after them. `observer` is told on the loop's thread
    /// when the last byte of the reply was handed to the kernel, or when the connection was found
    /// gone.
    @discardableResult
    public func answer(
        _ response: HTTPResponse, observer: (any HTTPCompletionObserver)? = nil,
        silently: Bool = false
    ) -> Bool {
        // Acquire and release: whoever sees `true` also sees what the winner did before.
        let exchange = answered.exchange(true, ordering: .acquiringAndReleasing)
        guard !exchange else { return false }
        post(response, observer: observer, dropped: false, silently: silently)
        return true
    }

    private func post(
        _ response: HTTPResponse, observer: (any HTTPCompletionObserver)?, dropped: Bool,
        silently: Bool
    ) {
        mailbox.post(
            Mailbox.Answer(
                slot: slot, generation: generation, response: response, observer: observer,
                startedNanoseconds: request.startedNanoseconds,
                completedNanoseconds: request.completedNanoseconds, dropped: dropped),
            silently: silently)
    }
}

/// Told once how an exchange ended.
public protocol HTTPCompletionObserver: Sendable {
    /// Called on the loop's thread; must not block.
    func completed(_ completion: HTTPCompletion)
}

/// How one exchange ended; all times are nanoseconds of the monotonic clock.
public struct HTTPCompletion: Sendable {
    /// The event loop's number.
    public var loop: Int
    /// The status that was sent, or was to be sent.
    public var status: UInt16
    /// When the request line was complete.
    public var startedNanoseconds: UInt64
    /// When the last byte of the request was there.
    public var completedNanoseconds: UInt64
    /// When the last byte of the reply was handed to the kernel, or the connection found gone.
    public var finishedNanoseconds: UInt64
    /// True when the client was gone before it had the whole reply.
    public var aborted: Bool
}
