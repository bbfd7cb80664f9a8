/// Where webhooks are forwarded to. Nothing in it says how.
protocol Destination: Sendable {
    /// Gets ready for up to `attemptsMax` attempts at once. The thread that calls it is the only
    /// one that may use what it returns, but for `wake`.
    func open(attemptsMax: Int) throws(DestinationError) -> any OpenDestination
}

/// A destination that takes attempts; confined to the thread that opened it. Letting it go cuts
/// what is under way.
protocol OpenDestination: AnyObject {
    /// Ends `wait`, or the next one, from any thread. Harmless when the destination is gone.
    var wake: @Sendable () -> Void { get }
    /// Begins an attempt. `wait` brings its end, also when it could not be sent.
    func begin(_ attempt: Attempt)
    /// Waits until an attempt ends or `wake` is called, at most so long, and appends what ended.
    func wait(milliseconds: Int, into ends: inout [AttemptEnd]) throws(DestinationError)
}

/// One try to forward a webhook.
struct Attempt: Sendable {
    /// By which its end is told from others.
    var tag: UInt64
    /// What is forwarded.
    var webhook: Webhook
    /// Which try it is, from 1.
    var number: Int
    /// How long it may take, in milliseconds, if that is less than the destination's own limit.
    var timeoutMilliseconds: Int?
}

/// The end of an attempt.
struct AttemptEnd: Sendable {
    /// The attempt's own.
    var tag: UInt64
    /// What came of it.
    var outcome: AttemptOutcome
    /// How long it took.
    var durationNanoseconds: UInt64 = 0
}

/// What came of an attempt, in words that every destination has.
struct AttemptOutcome: Sendable, Equatable {
    /// The kind of end.
    var result: AttemptResult
    /// The status of the answer; nil without one.
    var status: Int?
    /// Why there is no answer: fixed words, which hold nothing of the message or the URL.
    var error: String?
    /// How long the destination asked to be left in peace; nil when it did not.
    var retryAfterMilliseconds: Int64?
    /// What the application answered; nil unless somebody wants it.
    var answer: ApplicationAnswer?
    /// The answer holds TwiML verbs.
    var carriesVerbs = false
    /// The destination has written a line of its own about it.
    var isLogged = false
}

/// A destination cannot work at all; attempts that fail end with an outcome instead.
struct DestinationError: Error, Sendable, CustomStringConvertible {
    /// For people; holds no URL.
    var description: String
}
