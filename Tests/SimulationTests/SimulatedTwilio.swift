@testable import Hookline

/// Twilio: it sends each message once, again when it has no good answer, and now and then to the
/// fallback URL too.
extension Simulation {
    /// Plans when messages are sent.
    func planMessages() {
        var left = random.pick(options.messages)
        while left > 0 {
            let count = min(left, random.chance(0.2) ? random.pick(2...12) : 1)
            left -= count
            after(random.time(0...Double(options.faultsNanoseconds) / 1e6)) { [unowned self] in
                send((0..<count).map { _ in newMessage() }, times: 1)
            }
        }
    }

    /// A message that is new, though its content may be an earlier one's.
    func newMessage() -> Int {
        let number = ledger.entries.count
        let isNamed = random.chance(0.8)
        // Twilio has given up the earlier ones by then, and the receiver tells them apart.
        let before = clock.now - 10_000_000_000
        let young = Set(
            ledger.entries.filter { $0.sentNanoseconds >= before }.map(\.message.identity))
        let earlier = ledger.entries.last {
            !$0.message.isNamed && !young.contains($0.message.identity)
                && $0.sentNanoseconds > steppedBack
        }
        ledger.add(
            Message(
                seed: seed, number: number, isNamed: isNamed,
                repeating: isNamed ? nil : earlier?.message), at: clock.now)
        return number
    }

    /// Sends messages at one moment, each for the time number `times`.
    func send(_ numbers: [Int], times: Int) {
        report.requests += numbers.count
        trace("Twilio sends \(numbers), time \(times)")
        guard let receiver, receiver.isServing else {
            // Nobody takes the connection.
            report.unanswered += numbers.count
            for number in numbers { sendAgain(number, times) }
            return
        }
        receiver.receive(
            numbers.map { number in
                (
                    ledger.entries[number].message,
                    { [unowned self] answer in heard(answer, number, times) }
                )
            })
    }

    private func heard(_ answer: SimulatedAnswer, _ number: Int, _ times: Int) {
        trace("message \(number): \(answer)")
        switch answer {
        case .accepted:
            report.acknowledged += 1
            ledger.acknowledged(number)
            // The fallback URL is asked too.
            if random.chance(0.05) { sendAgain(number, times) }
        case .unavailable:
            report.refused += 1
            sendAgain(number, times)
        case .nothing:
            report.unanswered += 1
            sendAgain(number, times)
        }
    }

    /// Sends a message again soon, unless it was sent often: an event without a name only while
    /// the receiver takes it for the same.
    private func sendAgain(_ number: Int, _ times: Int) {
        let isNamed = ledger.entries[number].message.isNamed
        guard times < (isNamed ? 4 : 2), !random.chance(0.2) else { return }
        after(random.time(20...(isNamed ? 3000 : 1500))) { [unowned self] in
            send([number], times: times + 1)
        }
    }

    /// Every request has its answer in time, as long as the process lives.
    func checkAnswers() {
        guard let receiver, !receiver.isDead else { return }
        for receipt in receiver.unanswered
        where clock.now > receipt.sentNanoseconds + 2_000_000_000 {
            return ledger.violated("a request has no answer after 2 s")
        }
    }

    /// Tries to deliver a webhook, on the way or directly; `ended` hears of its end.
    func attempted(
        _ webhook: Webhook, isDirect: Bool, limit: UInt64, ended: @escaping (AttemptOutcome) -> Void
    ) {
        report.attempts += 1
        // The store is late or fails, and cannot say that the message is a repetition. (In front
        // of it the validation cache can, for most; it is no part of this simulation.)
        if isDirect { ledger.attemptFails(webhook) }
        let plan = application.plan(&random, limit: limit)
        if plan.outcome.result != .success { ledger.attemptFails(webhook) }
        let number = Message.number(of: webhook) ?? -1
        trace("attempt for \(number): \(plan.outcome.result), taken: \(plan.taking != nil)")
        if let taking = plan.taking {
            after(taking) { [unowned self] in
                trace("taken: \(number)")
                ledger.taken(webhook)
            }
        }
        after(plan.ending) { ended(plan.outcome) }
    }
}
