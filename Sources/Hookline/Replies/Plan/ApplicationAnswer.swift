/// What the application answered to a webhook.
struct ApplicationAnswer: Sendable, Equatable {
    var contentType: String?
    var body: [UInt8]
    /// The body was longer than what is read of it.
    var isTruncated = false
}
