import TestSupport
import Testing

@testable import Hookline

/// A life of the receiver in which the store does everything that it can do, one phase after
/// another, always the same.
enum StorePhase: CaseIterable {
    /// The first start, on an empty disk.
    case create
    /// Messages come, and are claimed with their append; the application is away.
    case append
    /// They are tried again in vain.
    case retry
    /// The application takes them.
    case complete
    /// So much comes that the log is copied into the database.
    case checkpoint
    /// Identities grow old.
    case prune
    /// A graceful stop, and a start after it.
    case stop
    /// A kill while something is owed, and a start that recovers the log.
    case recover
}

/// A way for a call to fail.
struct FaultWay: CustomTestStringConvertible {
    var fault: Disk.Fault
    var isPersistent: Bool
    /// At the end the power is cut, and so much of what was not synced is kept, in thousandths;
    /// nil for a kill of the process alone.
    var keep: UInt32?

    var testDescription: String {
        "\(fault)\(isPersistent ? " from then on" : " once"), then "
            + (keep.map { "a power cut that keeps \($0 / 10) %" } ?? "a kill")
    }

    static let all =
        [Disk.Fault.fails, .isFull].flatMap { fault in
            [true, false].flatMap { isPersistent in
                [nil, 0, 500].map { FaultWay(fault: fault, isPersistent: isPersistent, keep: $0) }
            }
        } + [nil, 0, 500].map { FaultWay(fault: .stops, isPersistent: true, keep: $0) }
}

extension Simulation {
    /// What no chance changes.
    static let scriptOptions: Options = {
        var options = Options()
        options.kinds = []
        options.fixed = SimulatedReceiver.Settings(checkpointBytes: 100_000, concurrencyMax: 4)
        return options
    }()

    /// Goes through all phases while the call number `call` fails; 0 for none. Returns how many
    /// calls there were up to the end of each phase.
    func live(failingAt call: UInt64, _ way: FaultWay) -> [StorePhase: UInt64] {
        var ends: [StorePhase: UInt64] = [:]
        disk.fail(at: call, way.fault, persistent: way.isPersistent)
        for phase in StorePhase.allCases {
            live(phase)
            ends[phase] = disk.calls
        }
        if way.fault == .stops || !way.isPersistent { disk.count() }
        keepOfCut = way.keep
        kill(withPower: way.keep == nil)
        disk.count()
        return ends
    }

    private func live(_ phase: StorePhase) {
        let wait = { [self] (milliseconds: UInt64) in
            advance(to: clock.now + milliseconds * 1_000_000)
        }
        switch phase {
        case .create:
            start()
            wait(100)
        case .append:
            application.mood = .away
            send((0..<4).map { _ in newMessage() }, times: 1)
            wait(30)
        case .retry:
            wait(400)
        case .complete:
            application.mood = .well
            wait(3000)
        case .checkpoint:
            for _ in 0..<4 {
                send((0..<12).map { _ in newMessage() }, times: 1)
                wait(200)
            }
        case .prune:
            wait(20_000)
        case .stop:
            stop()
            wait(4000)
        case .recover:
            application.mood = .away
            send((0..<3).map { _ in newMessage() }, times: 1)
            wait(40)
            kill(withPower: true)
            wait(2500)
            application.mood = .well
        }
    }
}
