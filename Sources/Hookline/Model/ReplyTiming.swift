import MicroHTTP

/// The times of one answered webhook in nanoseconds; the three phases add up to the duration.
struct ReplyTiming: Sendable {
    /// The loop that served it, which is its metrics' shard.
    let shard: Int
    /// The request line to the last byte of the request: a slow sender's time.
    let receive: UInt64
    /// The last byte of the request to the verdict on it.
    let validation: UInt64
    /// The verdict to the receipt of the commit.
    let acknowledgement: UInt64
    /// The receipt to the last byte of the reply.
    let response: UInt64
    /// The last byte of the request to the receipt.
    var receipt: UInt64 { validation + acknowledgement }
    /// The last byte of the request to the last byte of the reply.
    var duration: UInt64 { receipt + response }
}

extension ReplyTiming {
    init(completion: HTTPCompletion, validatedNanoseconds: UInt64, receiptNanoseconds: UInt64) {
        let received = completion.completedNanoseconds
        let validated = max(validatedNanoseconds, received)
        let receipt = max(receiptNanoseconds, validated)
        shard = completion.loop
        receive = received - min(completion.startedNanoseconds, received)
        validation = validated - received
        acknowledgement = receipt - validated
        response = max(completion.finishedNanoseconds, receipt) - receipt
    }
}
