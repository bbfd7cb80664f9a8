import Glibc
import SQLite
import TestSupport

@testable import Hookline

/// A receiver, its disk, Twilio and the application in time of their own: all that happens follows
/// from the seed.
///
/// The receiver's threads take turns in any order: where one would wait, it gives way. While the
/// disk syncs, the store's thread stands still, and everybody else goes on.
final class Simulation: @unchecked Sendable {
    // Unchecked: one of all threads runs at a time.

    let seed: UInt64
    let options: Options
    let clock = SimulatedClock()
    let disk: Disk
    let damage = SimulatedDamage()
    var random: SeededRandom
    var ledger = Ledger()
    var report = SimulationReport()
    var application = SimulatedApplication()
    /// How long a sync takes, in milliseconds.
    var syncMilliseconds: ClosedRange<Double> = 0.05...4
    /// How much a power cut keeps of what was not synced, in thousandths; nil for any amount.
    var keepOfCut: UInt32?
    /// When the wall clock was set back last: the time without a process is not counted then, and
    /// an event without a name may be taken for a repetition of an older one.
    var steppedBack: UInt64 = 0
    /// True when nothing goes wrong any more.
    var isCalm = false
    private(set) var receiver: SimulatedReceiver?
    private let settings: SimulatedReceiver.Settings
    private var events = EventList()
    private let began: UInt64
    private var isOver = false
    /// False when the power goes with the process.
    private var keepsPower = true
    private var nextTick: UInt64 = 0
    private var turns = 0
    /// The setting `--shutdown-deadline`.
    private static let stopNanoseconds: UInt64 = 5_000_000_000

    init(seed: UInt64, _ options: Options = Options()) {
        self.seed = seed
        self.options = options
        random = SeededRandom(seed: seed)
        disk = Disk(seed: random.next())
        began = clock.now
        settings = options.fixed ?? options.settings(&random)
        disk.onSync { [unowned self] in sync() }
    }

    /// Runs it all: faults for some time, then none, and in the end the oracle.
    func run() -> SimulationReport {
        ledger.toleratesRepetitions = options.kinds.contains(.bitRot)
        start()
        planMessages()
        planFaults()
        advance(to: began + options.faultsNanoseconds)
        return runCalm()
    }

    /// Nothing goes wrong any more: everything is delivered, and the oracle looks.
    func runCalm() -> SimulationReport {
        endFaults()
        advance(to: clock.now + options.calmNanoseconds)
        if damage.bytes > 0 { isServing() }
        finish()
        report.count(ledger)
        (report.changedBytes, report.setAside) = (damage.bytes, damage.setAside)
        report.corrupt = damage.corrupt
        receiver?.unwind()
        return report
    }

    /// Says what happens, when `HOOKLINE_SIMULATION_TRACE` is set.
    func trace(_ what: @autoclosure () -> String) {
        guard Self.isTraced else { return }
        let milliseconds = Double(elapsed / 1000) / 1000
        print("\(milliseconds) ms: \(what())")
    }

    private static let isTraced = getenv("HOOKLINE_SIMULATION_TRACE") != nil

    // MARK: Time

    /// The time since the beginning, in nanoseconds.
    var elapsed: UInt64 { clock.now - began }

    /// Something happens at a time since now.
    func after(_ nanoseconds: UInt64, _ action: @escaping () -> Void) {
        events.add(at: clock.now + nanoseconds, action)
    }

    private enum Actor { case event, store, worker, timer }

    /// Lets everybody work until a time.
    func advance(to end: UInt64) {
        while ledger.violations.isEmpty {
            // A fault may have ended the process within a call.
            if disk.isStopped, let receiver, !receiver.isDead { kill(withPower: true) }
            if let receiver, receiver.isDead || receiver.store.isEnded { bury(receiver) }
            let ready = actors()
            if ready.isEmpty {
                let next = nextTime
                guard next <= end else { return clock.move(to: end) }
                clock.move(to: next)
                continue
            }
            act(random.pick(ready))
        }
    }

    private func actors() -> [Actor] {
        var ready: [Actor] = []
        let now = clock.now
        if let next = events.nextTime, next <= now { ready.append(.event) }
        guard let receiver else { return ready }
        if receiver.store.isReady(at: now) { ready.append(.store) }
        if receiver.isOpen, receiver.forwarding.isReady(at: now) { ready.append(.worker) }
        if isTimed(receiver), nextTick <= now { ready.append(.timer) }
        return ready
    }

    private var nextTime: UInt64 {
        var next = events.nextTime ?? .max
        guard let receiver else { return next }
        next = min(next, receiver.store.due)
        if receiver.isOpen { next = min(next, receiver.forwarding.due) }
        return isTimed(receiver) ? min(next, nextTick) : next
    }

    /// Nothing is late when nobody waits.
    private func isTimed(_ receiver: SimulatedReceiver) -> Bool {
        receiver.isOpen && (!receiver.fallback.isIdle || !receiver.unanswered.isEmpty)
    }

    private func act(_ actor: Actor) {
        switch actor {
        case .event: events.removeFirst()()
        case .store:
            turns += 1
            if turns > 100_000 { ledger.violated("the store thread turns without end") }
            receiver?.store.turn()
            clock.move(to: clock.now + 20_000)
        case .worker:
            receiver?.forwarding.turn()
            if receiver?.forwarding.isEnded == true { receiver?.queue.stop() }
        case .timer:
            nextTick = clock.now + 10_000_000
            receiver?.fallback.tick(at: clock.now)
            checkAnswers()
        }
    }

    /// The disk syncs: others go on meanwhile. The store's thread.
    private func sync() {
        report.syncs += 1
        let time = random.time(random.chance(0.95) ? syncMilliseconds : 3...40)
        receiver?.store.pause(.waiting(isWoken: { false }, until: clock.now + time))
    }

    // MARK: Processes

    func start() {
        guard receiver == nil else { return }
        report.starts += 1
        trace("a process starts")
        let draws = Draws(random.next())
        let receiver = SimulatedReceiver(
            on: disk, damage, clock, SimulatedDestination(self), settings, random: { draws.next() })
        nextTick = clock.now
        receiver.broken = { [unowned self, unowned receiver] in
            guard !receiver.isDead else { return }
            report.broken += 1
            trace("a sync has failed")
            // Not within the store's turn.
            after(0) { [unowned self] in stop() }
        }
        self.receiver = receiver
    }

    /// A graceful stop: requests that wait are answered first. What takes too long is killed.
    func stop() {
        guard let receiver, receiver.isServing else { return }
        trace("stop")
        receiver.refuse()
        let deadline = clock.now + Self.stopNanoseconds
        events.add(at: deadline) { [weak self, weak receiver] in
            if let self, let receiver, self.receiver === receiver { kill(withPower: true) }
        }
        drain(receiver, until: deadline - 2_000_000_000)
    }

    private func drain(_ receiver: SimulatedReceiver, until deadline: UInt64) {
        guard self.receiver === receiver, !receiver.isDead else { return }
        if receiver.unanswered.isEmpty || clock.now >= deadline {
            return receiver.stopForwarding(until: deadline + 1_000_000_000)
        }
        after(5_000_000) { [unowned self] in drain(receiver, until: deadline) }
    }

    /// The process ends at once, or the machine does.
    func kill(withPower: Bool) {
        trace(withPower ? "kill" : "power cut")
        keepsPower = keepsPower && withPower
        if let receiver { return receiver.kill() }
        if !withPower { loseDisk() }
        keepsPower = true
    }

    private func bury(_ ended: SimulatedReceiver) {
        let isClean = !ended.isDead && ended.isOpen && !ended.queue.status.isBroken
        if let failure = ended.failure, !ended.isDead {
            report.failedStarts += 1
            trace("it cannot start: \(failure)")
        }
        trace("the process has ended\(isClean ? "" : ", not cleanly")")
        if ended.isDead { report.kills += 1 } else { report.stops += 1 }
        if !isClean || ended.destination.underWay > 0 { ledger.processEnded() }
        // Twilio's connections end with the process.
        ended.unwind()
        receiver = nil
        loseDisk()
        keepsPower = true
        after(random.time(10...1500)) { [unowned self] in if !isOver { start() } }
    }

    /// The disk as the next process finds it.
    private func loseDisk() {
        disk.stop()
        if keepsPower { return disk.restart() }
        report.powerCuts += 1
        disk.cutPower(keep: keepOfCut ?? random.pick([0, 200, 500, 800, 1000]))
    }

    /// A number from 0 up to 1, again and again.
    private final class Draws: @unchecked Sendable {
        // Unchecked: one of all threads runs at a time.
        private var random: SeededRandom
        init(_ seed: UInt64) { random = SeededRandom(seed: seed) }
        func next() -> Double { random.fraction() }
    }

    // MARK: The end

    /// Something that comes now is delivered, whatever happened before.
    private func isServing() {
        let numbers = (0..<3).map { _ in newMessage() }
        send(numbers, times: 4)
        advance(to: clock.now + 10_000_000_000)
        guard numbers.allSatisfy({ ledger.entries[$0].taken == 0 }) else { return }
        ledger.violated("nothing is delivered any more")
    }

    private func finish() {
        let killsBefore = report.kills
        isOver = true
        stop()
        advance(to: clock.now + Self.stopNanoseconds + 1_000_000_000)
        guard ledger.violations.isEmpty else { return }
        if receiver != nil || report.kills > killsBefore {
            ledger.violated("a stop without faults does not end")
        }
        do throws(SQLiteError) {
            let state = try StoredState(disk)
            report.dead = state.dead.count
            guard damage.bytes > 0 else {
                if let fault = state.fault { ledger.violated("the database is damaged: \(fault)") }
                return ledger.finish(dead: state.dead, owed: state.owed)
            }
            // Damage that nobody has read yet is found when it is.
            if state.fault != nil { return }
            ledger.finish(
                dead: state.dead.union(state.owed), owed: [], reportedLost: damage.reported)
        } catch {
            guard damage.bytes == 0 else { return }
            ledger.violated("the database cannot be read: \(error)")
        }
    }
}
