/// How many attempts a destination gets: as many as may be while it takes them, single ones while
/// it does not, none while it asked to be left in peace, and gradually more when it is back.
///
/// Confined to the forwarding thread; times are nanoseconds of the monotonic clock.
struct DestinationPace {
    /// Its numbers.
    struct Options: Sendable {
        /// Attempts that may be under way at once.
        var attemptsMax: Int
        /// How long a `Retry-After` is honoured.
        var holdNanosecondsMax: UInt64 = 3_600_000_000_000
        /// Failures in a row by which a destination counts as away.
        var failuresMax = 8
        /// The same of those that the application answered itself: they may be these messages'.
        var answeredFailuresMax = 32
        /// The pause before the first single attempt, and the longest one.
        var probe: (first: UInt64, last: UInt64) = (50_000_000, 1_000_000_000)
        /// The shortest time between two times that all waiting retries are brought forward. It
        /// doubles up to the longest one while that does not help: some messages fail each time.
        var forward: (first: UInt64, last: UInt64) = (30_000_000_000, 900_000_000_000)
    }

    /// What people should hear of.
    enum Event: Equatable {
        /// Nothing is sent for so long.
        case held(nanoseconds: UInt64)
        /// It does not take what it is sent: single attempts from now on.
        case away
        /// It takes messages again.
        case back
    }

    private enum Mode {
        /// It takes what it is sent.
        case steady
        /// One attempt at a time.
        case probing
        /// It is back: with each success there may be one attempt more.
        case rising
    }

    private let options: Options
    private var mode = Mode.steady
    private var limit: Int
    /// What the failures since the last success weigh; 1 is enough.
    private var failures = 0.0
    private var pause: UInt64
    /// No attempt begins before: the destination asked for it.
    private var holdUntil: UInt64 = 0
    /// No single attempt begins before.
    private var probeAt: UInt64 = 0
    private var forwardIsOwed = false
    /// When waiting retries may be brought forward next.
    private var forwardAt: UInt64 = 0
    private var forwardGap: UInt64 = 0

    init(_ options: Options) {
        self.options = options
        limit = options.attemptsMax
        pause = options.probe.first
    }

    /// True while the destination asked to be left in peace.
    func isHeld(at now: UInt64) -> Bool { now < holdUntil }

    /// How many attempts may be under way at this time.
    func room(at now: UInt64) -> Int {
        guard !isHeld(at: now) else { return 0 }
        guard mode == .probing else { return limit }
        return now < probeAt ? 0 : 1
    }

    /// When there is room again of itself; nil when there is.
    func nextNanoseconds(after now: UInt64) -> UInt64? {
        let next = max(holdUntil, mode == .probing ? probeAt : 0)
        return next > now ? next : nil
    }

    /// Notes the end of an attempt.
    mutating func ended(_ outcome: AttemptOutcome, at now: UInt64) -> Event? {
        switch outcome.reception {
        case .taken: return taken(at: now)
        case .refused: return refused(outcome, at: now)
        case .unknown: return nil
        }
    }

    /// True when all retries that wait should be brought forward: once for each time that the
    /// destination came back.
    mutating func bringsForward(at now: UInt64) -> Bool {
        guard forwardIsOwed, mode != .probing, now >= forwardAt else { return false }
        forwardIsOwed = false
        let isSoon = forwardGap > 0 && now < forwardAt + 3 * forwardGap
        forwardGap = isSoon ? min(forwardGap * 2, options.forward.last) : options.forward.first
        forwardAt = now + forwardGap
        return true
    }

    private mutating func taken(at now: UInt64) -> Event? {
        failures = 0
        // What began before the hold says nothing about its end.
        guard !isHeld(at: now) else { return nil }
        switch mode {
        case .steady: return nil
        case .probing:
            mode = .rising
            limit = 1
            pause = options.probe.first
            forwardIsOwed = true
            grow()
            return .back
        case .rising:
            grow()
            return nil
        }
    }

    private mutating func grow() {
        limit = min(options.attemptsMax, limit + 1)
        if limit == options.attemptsMax { mode = .steady }
    }

    private mutating func refused(_ outcome: AttemptOutcome, at now: UInt64) -> Event? {
        failures += 1 / Double(outcome.isAnswer ? options.answeredFailuresMax : options.failuresMax)
        if let asked = outcome.retryAfterMilliseconds, asked > 0 {
            return hold(UInt64(clamping: asked).multipliedReportingOverflow(by: 1_000_000), now)
        }
        switch mode {
        case .steady:
            guard failures >= 1 else { return nil }
            probe(from: now)
            return .away
        case .rising:
            if !outcome.isAnswer { limit /= 2 }
            guard limit == 0 || failures >= 1 else { return nil }
            probe(from: now)
            return .away
        case .probing:
            // Attempts that began before the first single one end here too.
            guard now >= probeAt else { return nil }
            // Who answers at all is asked again soon: it may be this message that it fails at.
            if !outcome.isAnswer { pause = min(options.probe.last, pause * 2) }
            probeAt = now + pause
            return nil
        }
    }

    private mutating func hold(
        _ asked: (partialValue: UInt64, overflow: Bool), _ now: UInt64
    ) -> Event? {
        let asked = asked.overflow ? UInt64.max : asked.partialValue
        let wasHeld = isHeld(at: now)
        let time = min(asked, options.holdNanosecondsMax)
        holdUntil = max(holdUntil, now + time)
        mode = .probing
        limit = 1
        probeAt = 0
        return wasHeld ? nil : .held(nanoseconds: time)
    }

    private mutating func probe(from now: UInt64) {
        mode = .probing
        limit = 1
        pause = options.probe.first
        probeAt = now + pause
    }
}

extension AttemptOutcome {
    /// What an outcome says about the destination.
    enum Reception {
        /// It is there and works: also when it does not want this message.
        case taken
        /// It does not answer, fails, or wants less to be sent.
        case refused
        /// Nothing: the attempt failed at our end, or at what this message brought.
        case unknown
    }

    /// What it says about the destination.
    var reception: Reception {
        switch result {
        case .success, .gone, .redirect: .taken
        case .clientError: status == 429 ? .refused : .taken
        case .serverError, .resolve, .connect, .tls, .timeout, .send, .receive, .protocol: .refused
        case .tooLarge, .other: .unknown
        }
    }

    /// It came from the application itself and not from what stands in its place.
    var isAnswer: Bool {
        guard let status else { return false }
        return ![429, 502, 503, 504].contains(status)
    }
}
