import Synchronization
import Testing

@testable import Hookline

/// Clocks that a test moves as it likes.
final class SimulatedClock: Sendable {
    private let monotonic = Atomic<Int64>(5_000_000)
    private let wall: Atomic<Int64>

    /// Both run from here; the wall clock's time is in milliseconds.
    init(wall: Int64 = 1_800_000_000_000) { self.wall = Atomic(wall) }

    /// What is injected.
    var source: ClockSource {
        ClockSource(
            monotonicNanoseconds: { UInt64(self.monotonic.load(ordering: .relaxed)) * 1_000_000 },
            wallMilliseconds: { self.wall.load(ordering: .relaxed) })
    }

    /// Time passes.
    func advance(_ milliseconds: Int64) {
        monotonic.add(milliseconds, ordering: .relaxed)
        wall.add(milliseconds, ordering: .relaxed)
    }

    /// The wall clock is stepped.
    func step(_ milliseconds: Int64) { wall.add(milliseconds, ordering: .relaxed) }
}

@Suite struct StoreClockTests {
    private static let hour: Int64 = 3_600_000
    private static let tenYears: Int64 = 3650 * 86_400_000

    @Test func `a new store begins with the wall clock and follows the monotonic one`() {
        let time = SimulatedClock(wall: 1000)
        let clock = StoreClock(time.source)
        #expect(clock.nowMilliseconds == 1000)
        time.advance(250)
        #expect(clock.nowMilliseconds == 1250)
        #expect(clock.gap == nil)
    }

    @Test(arguments: [hour, -hour, tenYears, -tenYears])
    func `a step of the wall clock moves nothing and is seen once`(step: Int64) {
        let time = SimulatedClock()
        let clock = StoreClock(time.source)
        let start = clock.nowMilliseconds
        #expect(clock.look() == 0)
        time.advance(1000)
        time.step(step)
        #expect(clock.nowMilliseconds == start + 1000)
        #expect(clock.look() == step)
        #expect(clock.look() == 0)
        // What people see follows the wall clock.
        #expect(clock.wallMilliseconds(at: clock.nowMilliseconds) == start + 1000 + step)
        #expect(clock.storeMilliseconds(at: start + step) == start)
    }

    @Test func `a slow drift is followed and is no step`() {
        let time = SimulatedClock()
        let clock = StoreClock(time.source)
        for _ in 0..<100 {
            time.advance(1000)
            time.step(50)
            #expect(clock.look() == 0)
        }
        let now = clock.nowMilliseconds
        #expect(abs(clock.wallMilliseconds(at: now) - now - 5000) <= 100)
    }

    @Test(arguments: [
        (60_000, 60_000, StoreClock.Gap.plausible(60_000)),
        (tenYears, hour, .long(tenYears)), (-hour, 0, .behind(hour)),
        (-tenYears, 0, .behind(tenYears)), (2 * 24 * hour, hour, .long(2 * 24 * hour)),
        (-500, 0, .plausible(0)),
    ])
    func `of the time between two processes an hour is counted and never less than none`(
        passed: Int64, counted: Int64, gap: StoreClock.Gap
    ) {
        let time = SimulatedClock()
        let before = StoreClock(time.source)
        time.advance(10_000)
        let note = before.note
        time.step(passed)
        let clock = StoreClock(time.source)
        clock.begin(after: note, newest: nil)
        #expect(clock.nowMilliseconds == note.storeMilliseconds + counted)
        #expect(clock.gap == gap)
    }

    @Test func `the gap before this process makes nothing older`() {
        let time = SimulatedClock()
        let before = StoreClock(time.source)
        let owed = before.nowMilliseconds
        time.advance(10_000)
        let note = before.note
        time.step(Self.tenYears)
        let clock = StoreClock(time.source)
        clock.begin(after: note, newest: nil)
        #expect(clock.age(of: owed) == 10_000)
        time.advance(5000)
        #expect(clock.age(of: owed) == 15_000)
        // What began in this process is as old as it is.
        #expect(clock.age(of: clock.nowMilliseconds - 5000) == 5000)
        #expect(clock.age(of: clock.nowMilliseconds + 5000) == 0)
    }

    @Test func `the clock begins no earlier than the newest row`() {
        let time = SimulatedClock()
        let note = StoreClock(time.source).note
        time.step(-Self.hour)
        let clock = StoreClock(time.source)
        clock.begin(after: note, newest: note.storeMilliseconds + 700)
        #expect(clock.nowMilliseconds == note.storeMilliseconds + 700)
        #expect(clock.age(of: note.storeMilliseconds) == 700)
    }
}
