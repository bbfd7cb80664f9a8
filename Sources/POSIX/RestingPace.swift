import Glibc

/// Divides work that nobody waits for into slices, with a rest after each.
///
/// A thread that is woken while others compute may have to wait until the scheduler ends one of
/// their slices, which are milliseconds (Linux 6.6 and later, `RUN_TO_PARITY`). A niceness does
/// not change that much; a thread that rests by itself is never in the way for longer than its
/// own slice. Confined to one thread.
public struct RestingPace: Sendable {
    private let sliceNanoseconds: UInt64
    private let restNanoseconds: UInt64
    private var sliceEndNanoseconds: UInt64?

    /// Rests for `restNanoseconds` after each `sliceNanoseconds` of work.
    public init(sliceNanoseconds: UInt64 = 250_000, restNanoseconds: UInt64 = 1_000_000) {
        self.sliceNanoseconds = sliceNanoseconds
        self.restNanoseconds = restNanoseconds
    }

    /// Between two pieces of the work: rests if the slice is over. The first slice begins with
    /// the first call.
    public mutating func step() {
        let now = MonotonicClock.now()
        guard let end = sliceEndNanoseconds else {
            sliceEndNanoseconds = now + sliceNanoseconds
            return
        }
        guard now >= end else { return }
        var rest = timespec(
            tv_sec: Int(restNanoseconds / 1_000_000_000),
            tv_nsec: Int(restNanoseconds % 1_000_000_000))
        // A signal may cut a rest short; nothing depends on its length.
        nanosleep(&rest, nil)
        sliceEndNanoseconds = MonotonicClock.now() + sliceNanoseconds
    }
}
