import Testing

@testable import Redis

@Suite struct CircuitBreakerTests {
    private let millisecond: UInt64 = 1_000_000
    private var breaker = CircuitBreaker(random: { 1 })

    @Test mutating func `three failures in a row open it`() {
        breaker.failed(at: 0)
        breaker.failed(at: 0)
        breaker.succeeded()
        breaker.failed(at: 0)
        breaker.failed(at: 0)
        #expect(!breaker.isOpen)
        breaker.failed(at: 0)
        #expect(breaker.isOpen)
    }

    @Test mutating func `one call far beyond its budget opens it`() {
        breaker.overran(at: 0)
        #expect(breaker.isOpen)
        breaker.succeeded()
        #expect(breaker.isOpen, "only probes close it")
    }

    @Test mutating func `a closed breaker asks for no probe`() {
        #expect(!breaker.probeIsDue(at: .max))
    }

    @Test mutating func `probes come after 250 ms, doubling up to 5 s`() {
        var now: UInt64 = 1000
        breaker.overran(at: now)
        var waits: [UInt64] = []
        for _ in 0..<7 {
            waits.append((breaker.nextProbe - now) / millisecond)
            #expect(!breaker.probeIsDue(at: breaker.nextProbe - 1))
            #expect(breaker.probeIsDue(at: breaker.nextProbe))
            now = breaker.nextProbe
            breaker.probeFailed(at: now)
        }
        #expect(waits == [250, 500, 1000, 2000, 4000, 5000, 5000])
    }

    @Test mutating func `three good probes in a row close it, a bad one begins again`() {
        breaker.overran(at: 0)
        breaker.probeFailed(at: 0)
        for good in [2, 3] {
            for count in 1...good where breaker.isOpen {
                breaker.probeSucceeded(at: 0)
                #expect(breaker.isOpen == (count < 3))
                if breaker.isOpen { #expect(breaker.nextProbe == 250 * millisecond) }
            }
            if good == 2 { breaker.probeFailed(at: 0) }
        }
        breaker.failed(at: 0)
        #expect(!breaker.isOpen, "it counts from nothing after it closed")
    }

    @Test func `jitter is between half of a wait and all of it`() {
        var short = Backoff(first: 100, cap: 300, random: { 0 })
        var long = Backoff(first: 100, cap: 300, random: { 1 })
        #expect((0..<4).map { _ in short.next() } == [50, 100, 150, 150])
        #expect((0..<4).map { _ in long.next() } == [100, 200, 300, 300])
        long.reset()
        #expect(long.next() == 100)
        var backoff = Backoff(first: 101, cap: .max)
        for _ in 0..<100 { #expect(backoff.next() > 50) }
    }
}
