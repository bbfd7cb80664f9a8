import POSIX
import Testing

@Suite struct RestingPaceTests {
    @Test func `work rests after each slice, and not before`() {
        // A slice that never ends: no rest, however many steps.
        var tireless = RestingPace(sliceNanoseconds: .max / 2, restNanoseconds: 3_600_000_000_000)
        for _ in 0..<1000 { tireless.step() }
        // Slices of no length: the second step rests, and each that follows.
        let rest: UInt64 = 2_000_000
        var tired = RestingPace(sliceNanoseconds: 0, restNanoseconds: rest)
        let began = MonotonicClock.now()
        for _ in 0..<6 { tired.step() }
        #expect(MonotonicClock.now() - began >= 5 * rest)
    }
}
