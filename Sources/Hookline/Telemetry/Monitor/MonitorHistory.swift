/// The last two minutes, second by second, for the charts of the status page.
struct MonitorHistory: Sendable {
    /// One look of the monitor.
    struct Point: Sendable {
        /// When: monotonic nanoseconds.
        var atNanoseconds: UInt64
        /// Since the point before: answered 200.
        var servedPerSecond: Double
        /// Since the point before: refused or malformed.
        var refusedPerSecond: Double
        /// Since the point before: answered 503.
        var unavailablePerSecond: Double
        /// Over the window, in the order of `WindowPercentile.allCases`; nil without samples.
        var responseSeconds: [Double?]
    }

    private static let pointsMax = 120

    /// Oldest first.
    private(set) var points: [Point] = []
    private var previous: MonitorReading

    /// A history that begins with a reading.
    init(beginning: MonitorReading) {
        previous = beginning
    }

    /// Adds one look.
    mutating func add(_ reading: MonitorReading, _ figures: MonitorFigures) {
        let nanoseconds = reading.atNanoseconds - min(previous.atNanoseconds, reading.atNanoseconds)
        guard nanoseconds > 0 else { return }
        func rate(_ outcomes: [WebhookOutcome]) -> Double {
            let count = outcomes.reduce(UInt64(0)) { sum, outcome in
                let place = outcome.place
                return sum + reading.cells.outcomes[place] - previous.cells.outcomes[place]
            }
            return Double(count) / (Double(nanoseconds) / 1e9)
        }
        points.append(
            Point(
                atNanoseconds: reading.atNanoseconds,
                servedPerSecond: rate([.accepted, .duplicate, .deferred]),
                refusedPerSecond: rate([.refused, .malformed]),
                unavailablePerSecond: rate([.unavailable]),
                responseSeconds: WindowPercentile.allCases.map { figures.responseSeconds($0) }))
        if points.count > Self.pointsMax { points.removeFirst() }
        previous = reading
    }
}
