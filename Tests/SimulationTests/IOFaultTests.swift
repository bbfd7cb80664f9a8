import TestSupport
import Testing

@testable import Hookline

/// Every call of the store to its disk fails, one after another, as in SQLite's own tests
/// (https://sqlite.org/testing.html#i_o_error_testing). Afterwards the database is whole, whatever
/// was answered 200 is delivered, and nothing is delivered that was not sent.
@Suite struct IOFaultTests {
    /// Calls without a fault, up to the end of each phase.
    private static let ends = Simulation(seed: 1, Simulation.scriptOptions)
        .live(failingAt: 0, FaultWay.all[0])

    /// The phase of a call.
    private func phase(_ call: UInt64) -> StorePhase? {
        StorePhase.allCases.first { call <= Self.ends[$0] ?? 0 }
    }

    @Test(arguments: FaultWay.all)
    func `R9 X1 no failed call loses what was answered 200`(way: FaultWay) throws {
        var calls: [StorePhase: Int] = [:]
        var report = SimulationReport()
        let last = try #require(Self.ends[.recover])
        // Every call in `make torture`; other ones in each way in `make test`.
        let stride = UInt64(Torture.count(97, torture: 1))
        let first = UInt64(FaultWay.all.firstIndex { $0.testDescription == way.testDescription }!)
        for call in Swift.stride(from: 1 + first % stride, through: last, by: Int(stride)) {
            let simulation = Simulation(seed: 1, Simulation.scriptOptions)
            _ = simulation.live(failingAt: call, way)
            let end = simulation.runCalm()
            #expect(end.violations == [], "call \(call), \(phase(call)!): \(way.testDescription)")
            report = report + end
            calls[phase(call)!, default: 0] += 1
        }
        let figures = StorePhase.allCases.map { "\($0) \(calls[$0] ?? 0)" }
        print("\(way.testDescription): calls failed: \(figures.joined(separator: ", "))")
        if stride == 1 { #expect(calls.count == StorePhase.allCases.count) }
        #expect(report.acknowledged > report.seeds)
    }
}
