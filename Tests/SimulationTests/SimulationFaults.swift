import TestSupport

@testable import Hookline

extension Simulation {
    /// What may happen in a simulation.
    struct Options {
        /// How long faults happen, in nanoseconds.
        var faultsNanoseconds: UInt64 = 12_000_000_000
        /// How long there are none before everything must be delivered.
        var calmNanoseconds: UInt64 = 30_000_000_000
        var messages = 10...50
        var kinds = Set(Fault.allCases).subtracting([.bitRot])
        /// The settings of the receiver; nil for any.
        var fixed: SimulatedReceiver.Settings?
        var repliesBeforeCommit = false
        var synchronousOff = false
        var repeatMilliseconds = SimulatedReceiver.repeatMilliseconds

        /// The settings of the receiver: bounds so small that they are met.
        func settings(_ random: inout SeededRandom) -> SimulatedReceiver.Settings {
            SimulatedReceiver.Settings(
                batchRowsMax: random.pick([1, 4, 64]), waitingMax: random.pick([4, 64, 4096]),
                owedMax: random.pick([8, 64, 1_000_000]),
                checkpointBytes: random.pick([1, 60_000, 400_000]),
                concurrencyMax: random.pick([1, 4, 16]),
                repliesBeforeCommit: repliesBeforeCommit, synchronousOff: synchronousOff,
                repeatMilliseconds: repeatMilliseconds)
        }
    }

    /// What goes wrong, at one moment or for some time.
    enum Fault: CaseIterable {
        case kill, powerCut, stop, wallClock
        case readsFail, writesFail, syncsFail, callsFail, diskFull, slowDisk
        case applicationIll, applicationSlow, applicationForgetful
        /// Bytes of the database change.
        case bitRot
    }

    /// Plans when faults begin and end.
    func planFaults() {
        let kinds = Fault.allCases.filter(options.kinds.contains)
        guard !kinds.isEmpty else { return }
        var faults = (0..<random.pick(1...8)).map { _ in random.pick(kinds) }
        if kinds.contains(.bitRot) { faults.append(.bitRot) }
        for fault in faults {
            let time = random.time(0...Double(options.faultsNanoseconds) / 1e6)
            let duration = random.time(50...4000)
            after(time) { [unowned self] in
                begin(fault)
                after(duration) { [unowned self] in if !isCalm { end(fault) } }
            }
        }
    }

    private func begin(_ fault: Fault) {
        guard !isCalm else { return }
        trace("fault: \(fault)")
        let rate = random.pick([1_000, 20_000, 200_000, 1_000_000] as [UInt32])
        switch fault {
        case .kill: kill(withPower: true)
        case .powerCut: kill(withPower: false)
        case .stop: stop()
        case .wallClock:
            let step = Int64(random.pick(-100_000...100_000))
            if step < 0 { steppedBack = clock.now } else { ledger.clockJumped() }
            clock.stepWall(byMilliseconds: step)
            // Its own thread looks once a second.
            _ = receiver?.time.look()
        case .readsFail: disk.rates.read_fails = rate
        case .writesFail: disk.rates.write_fails = rate
        case .syncsFail: disk.rates.sync_fails = rate
        case .callsFail: disk.rates.other_fails = rate
        case .diskFull: disk.capacity = disk.used + UInt64(random.pick(0...60_000))
        case .slowDisk: syncMilliseconds = random.pick([20...400, 500...6000])
        case .bitRot: spoilSector()
        case .applicationIll: application.mood = .ill
        case .applicationSlow: application.mood = .slow
        case .applicationForgetful: application.mood = .forgetful
        }
    }

    /// Some bytes of one sector of the database, and often a start that reads them.
    private func spoilSector() {
        let name = SimulatedReceiver.database
        guard let size = disk.size(name), size > 0 else { return }
        let sector = random.pick(0...size - 1) / 512 * 512
        for _ in 0..<random.pick([1, 8, 64]) {
            let mask = UInt8(random.pick(1...255))
            guard disk.damage(name, at: sector + random.pick(0...511), mask: mask) else { continue }
            damage.bytes += 1
        }
        if random.chance(0.5) { kill(withPower: true) }
    }

    private func end(_ fault: Fault) {
        if !isCalm { trace("end of fault: \(fault)") }
        switch fault {
        case .kill, .powerCut, .stop, .wallClock, .bitRot: break
        case .readsFail: disk.rates.read_fails = 0
        case .writesFail: disk.rates.write_fails = 0
        case .syncsFail: disk.rates.sync_fails = 0
        case .callsFail: disk.rates.other_fails = 0
        case .diskFull: disk.capacity = .max
        case .slowDisk: syncMilliseconds = 0.05...4
        case .applicationIll, .applicationSlow, .applicationForgetful: application.mood = .well
        }
    }

    /// From now on nothing goes wrong.
    func endFaults() {
        for fault in Fault.allCases { end(fault) }
        isCalm = true
    }
}
