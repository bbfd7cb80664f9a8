import Synchronization

@testable import Hookline

/// The application that webhooks are forwarded to: it takes them, refuses them, is slow, hangs,
/// is not there, and loses its answers.
struct SimulatedApplication {
    /// How it is just now.
    enum Mood: CaseIterable {
        /// Takes nearly everything.
        case well
        /// Answers 500, or nothing.
        case ill
        /// Takes some seconds, more than the attempt has now and then.
        case slow
        /// Nobody takes a connection.
        case away
        /// Takes everything, and half its answers get lost.
        case forgetful
    }

    /// What comes of an attempt.
    struct Plan {
        /// When the application takes the webhook: nanoseconds after the attempt began; nil when
        /// it does not.
        var taking: UInt64?
        /// When the attempt ends.
        var ending: UInt64
        var outcome: AttemptOutcome
    }

    var mood = Mood.well
    /// Longest time of an attempt, in nanoseconds.
    static let limit: UInt64 = 5_000_000_000

    /// What it does with an attempt that may take `limit`.
    func plan(_ random: inout SeededRandom, limit: UInt64) -> Plan {
        var plan = Plan(taking: nil, ending: 0, outcome: AttemptOutcome(result: .success))
        let taking = random.time(mood == .slow ? 50...9000 : 0.2...80)
        let ending = taking + random.time(0.1...20)
        switch mood {
        case .well where random.chance(0.98), .slow:
            plan = Plan(
                taking: taking, ending: ending,
                outcome: AttemptOutcome(result: .success, status: 200))
        case .forgetful:
            plan = Plan(
                taking: taking, ending: ending,
                outcome: AttemptOutcome(result: .success, status: 200))
            if random.chance(0.5) {
                plan.outcome = AttemptOutcome(result: .receive)
                if random.chance(0.3) { plan.ending = .max }
            }
        case .away:
            plan.ending = ending
            plan.outcome = AttemptOutcome(result: .connect)
        case .well, .ill:
            plan.ending = ending
            plan.outcome =
                random.chance(0.02)
                ? AttemptOutcome(result: .gone, status: 410)
                : random.chance(0.5)
                    ? AttemptOutcome(result: .serverError, status: 500)
                    : AttemptOutcome(result: .connect)
            if random.chance(0.1) { plan.ending = .max }
        }
        if plan.ending > limit {
            plan.ending = limit
            plan.outcome = AttemptOutcome(result: .timeout)
        }
        return plan
    }
}

/// The way to the application, in one process of the receiver.
final class SimulatedDestination: Destination, OpenDestination, @unchecked Sendable {
    // Unchecked: one of all threads runs at a time.
    private unowned let simulation: Simulation
    private var ended: [AttemptEnd] = []
    private var isAwake = false
    /// The thread that waits for the ends of attempts.
    weak var thread: SimulatedThread?
    private(set) var underWay = 0

    init(_ simulation: Simulation) { self.simulation = simulation }

    func open(attemptsMax: Int) throws(DestinationError) -> any OpenDestination { self }

    var wake: @Sendable () -> Void { { [weak self] in self?.isAwake = true } }

    func begin(_ attempt: Attempt) {
        underWay += 1
        let limit = attempt.timeoutMilliseconds.map { UInt64($0) * 1_000_000 }
        simulation.attempted(
            attempt.webhook, isDirect: limit != nil,
            limit: min(limit ?? .max, SimulatedApplication.limit)
        ) { [weak self] outcome in
            guard let self else { return }
            underWay -= 1
            ended.append(AttemptEnd(tag: attempt.tag, outcome: outcome))
        }
    }

    func wait(milliseconds: Int, into ends: inout [AttemptEnd]) throws(DestinationError) {
        let until = simulation.clock.now + UInt64(max(0, milliseconds)) * 1_000_000
        thread?.pause(
            .waiting(isWoken: { [unowned self] in isAwake || !ended.isEmpty }, until: until))
        isAwake = false
        ends += ended
        ended = []
    }
}
