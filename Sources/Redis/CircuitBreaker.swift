/// Decides whether Redis is asked at all, so that a broken one costs one slow call and not one a
/// request. A value: its owner brings the clock and the randomness.
///
/// Closed, it opens after so many failures in a row, or at once after a call that went far beyond
/// its budget. Open, only probes are sent: after a failed one the wait doubles, and so many good
/// ones in a row close it.
public struct CircuitBreaker: Sendable {
    /// The breaker's numbers.
    public struct Options: Sendable {
        /// Failures in a row that open it.
        public var failuresMax = 3
        /// Good probes in a row that close it.
        public var goodProbesMin = 3
        /// The longest wait before the first probe, and between good ones, in nanoseconds.
        public var probeFirst: UInt64 = 250_000_000
        /// The longest wait between probes, in nanoseconds.
        public var probeCap: UInt64 = 5_000_000_000

        /// Three failures, three probes, 250 ms to 5 s.
        public init() {}
    }

    /// True while only probes may be sent.
    public private(set) var isOpen = false
    /// When the next probe is due while it is open, by the owner's clock in nanoseconds.
    public private(set) var nextProbe: UInt64 = 0
    private let options: Options
    private var failures = 0
    private var goodProbes = 0
    private var backoff: Backoff

    /// A closed breaker; `random` gives numbers from 0 up to 1, for the jitter.
    public init(
        _ options: Options = Options(),
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.options = options
        backoff = Backoff(first: options.probeFirst, cap: options.probeCap, random: random)
    }

    /// A call was answered in time.
    public mutating func succeeded() { failures = 0 }

    /// A call failed.
    public mutating func failed(at now: UInt64) {
        guard !isOpen else { return }
        failures += 1
        if failures >= options.failuresMax { open(at: now) }
    }

    /// A call took so long that nobody may wait like that again.
    public mutating func overran(at now: UInt64) {
        if !isOpen { open(at: now) }
    }

    /// True when a probe may be sent.
    public func probeIsDue(at now: UInt64) -> Bool { isOpen && now >= nextProbe }

    /// A probe was answered well and in time.
    public mutating func probeSucceeded(
        at now: UInt64
    ) {
        guard isOpen else { return }
        goodProbes += 1
        backoff.reset()
        if goodProbes >= options.goodProbesMin {
            isOpen = false
            failures = 0
        } else {
            nextProbe = now + backoff.next()
            backoff.reset()
        }
    }

    /// A probe failed, was late, or was answered by something that is not fit for use.
    public mutating func probeFailed(
        at now: UInt64
    ) {
        guard isOpen else { return }
        goodProbes = 0
        nextProbe = now + backoff.next()
    }

    private mutating func open(at now: UInt64) {
        isOpen = true
        failures = 0
        goodProbes = 0
        backoff.reset()
        nextProbe = now + backoff.next()
    }
}
