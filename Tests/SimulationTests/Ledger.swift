@testable import Hookline

/// What Twilio sent and was answered, and what the application took: the oracle compares them.
struct Ledger {
    /// What is known of one message.
    struct Entry {
        let message: Message
        /// When it was sent first.
        let sentNanoseconds: UInt64
        /// A 200 has left for it.
        var isAcknowledged = false
        /// How often the application took it.
        var taken = 0
        /// How often it may be taken again: attempts and processes that ended without anybody
        /// knowing whether the application has it.
        var excuses = 0
    }

    private(set) var entries: [Entry] = []
    /// True when identities may get lost with a damaged database.
    var toleratesRepetitions = false
    /// Messages that are missing and were said to be.
    private(set) var reportedMissing = 0
    private(set) var violations: [String] = []
    /// Times that the application took a message again, with a reason.
    private(set) var repeated = 0

    mutating func add(_ message: Message, at nanoseconds: UInt64) {
        entries.append(Entry(message: message, sentNanoseconds: nanoseconds))
    }

    mutating func acknowledged(_ number: Int) { entries[number].isAcknowledged = true }

    /// The application took a webhook.
    mutating func taken(_ webhook: Webhook) {
        guard let number = Message.number(of: webhook), entries.indices.contains(number) else {
            return violated("a message was delivered that nobody sent")
        }
        let message = entries[number].message
        guard webhook.identity == message.identity, webhook.body == message.body else {
            return violated("message \(number) was altered")
        }
        entries[number].taken += 1
        guard entries[number].taken > 1 else { return }
        repeated += 1
        if !toleratesRepetitions, entries[number].taken > 1 + entries[number].excuses {
            violated("message \(number) was delivered again without a reason")
        }
    }

    /// An attempt to deliver it fails, whatever the application does.
    mutating func attemptFails(_ webhook: Webhook) {
        guard let number = Message.number(of: webhook) else { return }
        entries[number].excuses += 1
    }

    /// A process ended without writing down what it knew.
    mutating func processEnded() {
        for number in entries.indices { entries[number].excuses += 1 }
    }

    /// The wall clock was set forward: if the process ends now, more time is counted than passed,
    /// up to an hour. An identity may be forgotten that is kept for some seconds here, and for a
    /// week in production, and a repetition is a new message.
    mutating func clockJumped() {
        for number in entries.indices { entries[number].excuses += 1 }
    }

    /// The end: every message with a 200 was delivered, or is one of `dead`, and none is owed; but
    /// as many may be missing as were said to be lost.
    mutating func finish(dead: Set<Int>, owed: Set<Int>, reportedLost: Int64 = 0) {
        if let number = owed.min() {
            violated("message \(number) is still owed long after the faults")
        }
        for entry in entries where entry.isAcknowledged && entry.taken == 0 {
            let number = entry.message.number
            if dead.contains(number) { continue }
            if reportedMissing < reportedLost {
                reportedMissing += 1
                continue
            }
            violated("message \(number) was answered 200 and is lost")
        }
    }

    mutating func violated(_ what: String) { violations.append(what) }
}
