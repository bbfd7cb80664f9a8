import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Hookline

/// The receiver from the commit to the application, under every fault at once, in time of its
/// own. One seed makes one history; `HOOKLINE_SIMULATION_SEED=7 swift test --filter
/// SimulationTests` runs that one alone.
@Suite struct SimulationTests {
    /// The seeds of this run.
    private static var seeds: ClosedRange<UInt64> {
        if let one = number("HOOKLINE_SIMULATION_SEED") { return one...one }
        let first = number("HOOKLINE_SIMULATION_FIRST") ?? 1
        let count = number("HOOKLINE_SIMULATION_SEEDS")
        return first...(first + (count ?? UInt64(Torture.count(250, torture: 200_000))) - 1)
    }

    private static func number(_ variable: String) -> UInt64? {
        getenv(variable).flatMap { UInt64(String(cString: $0)) }
    }

    @Test func `R9 X1 what was answered 200 is delivered, under every fault at once`() {
        let began = ContinuousClock.now
        let report = Self.run(Self.seeds)
        for violation in report.violations { Issue.record("\(violation)") }
        let minutes = (ContinuousClock.now - began) / .seconds(60)
        print("simulation: \(report); \(Int(Double(report.seeds) / minutes)) seeds a minute")
    }

    /// Runs seeds, on every processor; no more of them once ten were violated.
    private static func run(
        _ seeds: ClosedRange<UInt64>, _ options: Simulation.Options = Simulation.Options()
    ) -> SimulationReport {
        let next = Atomic<UInt64>(seeds.lowerBound)
        let sum = Mutex(SimulationReport())
        let workers = min(ProcessInfo.processInfo.activeProcessorCount, seeds.count)
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            while true {
                let seed = next.add(1, ordering: .relaxed).oldValue
                guard seed <= seeds.upperBound,
                    sum.withLock({ $0.violations.count }) < 10
                else { return }
                var one = Simulation(seed: seed, options).run()
                one.violations = one.violations.map { "HOOKLINE_SIMULATION_SEED=\(seed): \($0)" }
                sum.withLock { $0 = $0 + one }
            }
        }
        return sum.withLock { $0 }
    }

    /// Bytes of the database change besides: what is missing at the end was said to be lost, and
    /// nothing that is altered is delivered.
    @Test func `R9 what a disk damages is reported, and never delivered altered`() {
        var options = Simulation.Options()
        options.kinds.insert(.bitRot)
        let count =
            Self.number("HOOKLINE_SIMULATION_SEEDS") ?? UInt64(Torture.count(60, torture: 20_000))
        let one = Self.number("HOOKLINE_SIMULATION_SEED")
        let report = Self.run(one.map { $0...$0 } ?? 1...count, options)
        for violation in report.violations { Issue.record("\(violation)") }
        print("damage: \(report)")
    }

    @Test func `one seed has one history`() {
        for seed in 1...5 as ClosedRange<UInt64> {
            let (one, other) = (Simulation(seed: seed).run(), Simulation(seed: seed).run())
            #expect(one.description == other.description)
        }
    }

    @Test func `control: a repetition that is none is found`() throws {
        var options = Simulation.Options()
        options.repeatMilliseconds = 60_000
        let seed = try #require(firstViolation(options))
        print("simulation: an event that is taken for a repetition is found with seed \(seed)")
    }

    /// The first seed that finds a violation.
    private func firstViolation(_ options: Simulation.Options) -> UInt64? {
        (1...1000).first { !Simulation(seed: $0, options).run().violations.isEmpty }
    }

    @Test func `control: a reply before the commit is found`() throws {
        var options = Simulation.Options()
        options.repliesBeforeCommit = true
        let seed = try #require(firstViolation(options))
        print("simulation: a reply before the commit is found with seed \(seed)")
    }

    @Test func `control: without syncs a power cut is found`() throws {
        var options = Simulation.Options()
        options.synchronousOff = true
        let seed = try #require(firstViolation(options))
        print("simulation: commits without a sync are found with seed \(seed)")
    }
}
