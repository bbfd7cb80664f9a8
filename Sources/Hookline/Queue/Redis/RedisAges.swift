import POSIX
import Synchronization

/// How old claimed deliveries are by the queue's time, which each claim tells and the monotonic
/// clock carries on. Any thread.
final class RedisAges: Sendable {
    private struct Told: Sendable {
        var presentMilliseconds: Int64
        var atNanoseconds: UInt64
    }

    private let told = Mutex<Told?>(nil)

    /// Redis said what the queue's time is.
    func note(_ presentMilliseconds: Int64) {
        let now = MonotonicClock.now()
        told.withLock {
            $0 = Told(presentMilliseconds: presentMilliseconds, atNanoseconds: now)
        }
    }

    /// For how many milliseconds a delivery has been owed; not below 0. What an earlier version
    /// appended is as old as the wall clock says.
    func age(of lease: RedisLease) -> Int64 {
        guard let owed = lease.owedMilliseconds else {
            let received = lease.webhook?.receivedMilliseconds ?? .max
            return max(0, WallClock.nowMilliseconds() - received)
        }
        guard let told = told.withLock({ $0 }) else { return 0 }
        let passed = Int64((MonotonicClock.now() - told.atNanoseconds) / 1_000_000)
        return max(0, told.presentMilliseconds + passed - owed)
    }
}
