@testable import Hookline

/// What Twilio hears.
enum SimulatedAnswer {
    /// 200.
    case accepted
    /// 503.
    case unavailable
    /// The connection ended without an answer.
    case nothing
}

/// Twilio waiting for an answer.
final class SimulatedReceipt: WebhookReceipt, @unchecked Sendable {
    // Unchecked: one of all threads runs at a time.
    private unowned let receiver: SimulatedReceiver
    let sentNanoseconds: UInt64
    /// Called once.
    private var answer: ((SimulatedAnswer) -> Void)?

    init(
        _ receiver: SimulatedReceiver, at nanoseconds: UInt64,
        answer: @escaping (SimulatedAnswer) -> Void
    ) {
        self.receiver = receiver
        sentNanoseconds = nanoseconds
        self.answer = answer
    }

    /// True until there is an answer.
    var isOpen: Bool { answer != nil }

    func validated() {}
    func known() { leave(.accepted) }
    func stored(in store: StoreName) { receiver.gather { [self] in leave(.accepted) } }
    func duplicate(in store: StoreName) { receiver.gather { [self] in leave(.accepted) } }
    func deferred() { receiver.gather { [self] in leave(.accepted) } }
    func taken() { leave(.accepted) }
    func unavailable(_ cause: UnavailableCause) { leave(.unavailable) }

    /// The process is gone.
    func cut() {
        let answer = answer
        self.answer = nil
        answer?(.nothing)
    }

    private func leave(_ what: SimulatedAnswer) {
        guard !receiver.isDead else { return }
        let answer = answer
        self.answer = nil
        answer?(what)
    }
}
