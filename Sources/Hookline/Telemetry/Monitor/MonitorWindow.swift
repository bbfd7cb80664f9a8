/// The readings that the sliding window needs: at most sixty-two, whatever its length.
struct MonitorWindow: Sendable {
    /// How long the window is.
    let nanoseconds: UInt64
    private let thresholds: (warning: UInt64, critical: UInt64)
    /// Oldest first; the first is the window's beginning.
    private var readings: [MonitorReading]

    /// A window that begins with a reading.
    init(
        nanoseconds: UInt64, thresholds: (warning: UInt64, critical: UInt64),
        beginning: MonitorReading
    ) {
        self.nanoseconds = nanoseconds
        self.thresholds = thresholds
        readings = [beginning]
    }

    /// Moves the window's end to a reading and says what is in it.
    mutating func advance(to reading: MonitorReading) -> MonitorFigures {
        let now = reading.atNanoseconds
        // The youngest reading that is as old as the window is long is its beginning.
        while readings.count > 1, readings[1].atNanoseconds + nanoseconds <= now {
            readings.removeFirst()
        }
        let figures = MonitorFigures(from: readings[0], to: reading, thresholds: thresholds)
        let last = readings[readings.count - 1].atNanoseconds
        // Half a second of grace: a second's tick that comes early is a tick all the same.
        if now + 500_000_000 >= last + max(1_000_000_000, nanoseconds / 60) {
            readings.append(reading)
        }
        return figures
    }
}
