import Testing

@testable import HooklineBench

@Suite struct LoadScheduleTests {
    @Test(arguments: [1, 3, 7, 999, 2_000, 99_991])
    func `requests are evenly spaced and the rounding never adds up`(rate: Int) {
        let schedule = LoadSchedule(startNanoseconds: 5_000, rate: rate, seconds: 60)
        #expect(schedule.count == rate * 60)
        #expect(schedule.dueNanoseconds(0) == 5_000)
        for second in [1, 17, 60] {
            #expect(
                schedule.dueNanoseconds(rate * second) == 5_000 + UInt64(second) * 1_000_000_000)
        }
        let interval = 1_000_000_000 / UInt64(rate)
        for index in [0, 1, 2, rate, rate * 59] {
            let gap = schedule.dueNanoseconds(index + 1) - schedule.dueNanoseconds(index)
            #expect(gap == interval || gap == interval + 1)
        }
    }

    @Test(arguments: [1, 3, 7, 2_000, 99_991])
    func `a request is due from its moment on and not a nanosecond before`(rate: Int) {
        let schedule = LoadSchedule(startNanoseconds: 1_000_000, rate: rate, seconds: 10)
        #expect(schedule.dueCount(atNanoseconds: 0) == 0)
        #expect(schedule.dueCount(atNanoseconds: 999_999) == 0)
        #expect(schedule.dueCount(atNanoseconds: 1_000_000) == 1)
        for index in [1, 2, rate, schedule.count - 1] {
            let due = schedule.dueNanoseconds(index)
            #expect(schedule.dueCount(atNanoseconds: due - 1) == index)
            #expect(schedule.dueCount(atNanoseconds: due) == index + 1)
        }
        #expect(schedule.dueCount(atNanoseconds: .max) == schedule.count)
    }

    @Test func `the benchmark rises above a rate that was held and falls below one that was not`() {
        let rising = BenchmarkRates.rates(around: 100, isHeld: true, seconds: 3)
        #expect(rising.first == 200)
        #expect(zip(rising, rising.dropFirst()).allSatisfy { $0 < $1 })
        let falling = BenchmarkRates.rates(around: 100, isHeld: false, seconds: 3)
        #expect(falling == [50, 25, 12, 6, 3, 1])
        #expect(BenchmarkRates.rates(around: 100_000, isHeld: true, seconds: 3).isEmpty)
        #expect(BenchmarkRates.rates(around: 1, isHeld: false, seconds: 3).isEmpty)
    }
}
