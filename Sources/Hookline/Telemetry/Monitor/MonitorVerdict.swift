/// One threshold and whether it is exceeded, with hysteresis.
///
/// It begins when the value is above the threshold (not when it equals it) over at least
/// `samplesMin` samples. It ends when that has not been so for a quarter of the window: the value
/// was not above the threshold, or there were too few samples to say.
struct MonitorVerdict: Sendable {
    /// Fewer samples say nothing: with twenty, a single failure is 5 % and not above it.
    static let samplesMin: UInt64 = 20

    /// What is judged.
    let alert: MonitorAlert
    /// How severe it is.
    let severity: AlertSeverity
    /// The threshold, in seconds or as a ratio.
    let threshold: Double
    /// What it was last judged by.
    private(set) var evidence = Evidence(value: nil, isAbove: false, samples: 0)
    /// True from when it begins to when it ends.
    private(set) var isActive = false
    /// When it last began or ended, in monotonic nanoseconds; nil if it never did.
    private(set) var changedNanoseconds: UInt64?

    private let endsAfterNanoseconds: UInt64
    private var lastAboveNanoseconds: UInt64 = 0

    /// One look at the window.
    struct Evidence: Sendable {
        /// The value, in seconds or as a ratio; nil without samples.
        var value: Double?
        /// Whether it is above the threshold, known exactly even where `value` is not exact.
        var isAbove: Bool
        /// How many samples it is the value of.
        var samples: UInt64

        /// True when there are enough samples.
        var isEnough: Bool { samples >= MonitorVerdict.samplesMin }
    }

    /// A verdict that is not active.
    init(
        _ alert: MonitorAlert, _ severity: AlertSeverity, threshold: Double,
        windowNanoseconds: UInt64
    ) {
        self.alert = alert
        self.severity = severity
        self.threshold = threshold
        endsAfterNanoseconds = windowNanoseconds / 4
    }

    /// Judges; true when the verdict changed.
    mutating func judge(_ evidence: Evidence, nowNanoseconds now: UInt64) -> Bool {
        self.evidence = evidence
        if evidence.isEnough && evidence.isAbove {
            lastAboveNanoseconds = now
            guard !isActive else { return false }
            isActive = true
        } else {
            guard isActive, now - lastAboveNanoseconds >= endsAfterNanoseconds else {
                return false
            }
            isActive = false
        }
        changedNanoseconds = now
        return true
    }
}
