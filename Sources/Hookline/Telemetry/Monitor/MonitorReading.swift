import Prometheus

/// All that the monitor reads at one moment, growing counts; the window is the difference of two.
struct MonitorReading: Sendable {
    /// When it was read: monotonic nanoseconds.
    var atNanoseconds: UInt64
    /// What was observed on the path of requests.
    var cells = MonitorCells.Sums()
    /// Validations in the order of `ValidationResult.allCases`.
    var validations = [UInt64](repeating: 0, count: ValidationResult.allCases.count)
    /// Lookups in the validation cache: for each tier every result, in the order of `allCases`.
    var cache = [UInt64](
        repeating: 0, count: CacheTier.allCases.count * CacheResult.allCases.count)
    /// Attempts to deliver that succeeded and that failed.
    var attempts = MonitorAttempts()
    /// Errors in the order of `ErrorType.allCases`.
    var errors = [UInt64](repeating: 0, count: ErrorType.allCases.count)
    /// What the process used by then.
    var usage: ProcessUsage
}

/// Attempts to deliver, by how they ended.
struct MonitorAttempts: Sendable, Equatable {
    /// The application took the message.
    var succeeded: UInt64 = 0
    /// It did not.
    var failed: UInt64 = 0
}

extension MonitorReading {
    /// Reads the counters that `/metrics` renders, and the cells beside them. Any thread.
    init(_ metrics: ReceiverMetrics, atNanoseconds: UInt64, usage: ProcessUsage) {
        self.atNanoseconds = atNanoseconds
        self.usage = usage
        cells = metrics.monitorCells.read()
        validations = ValidationResult.allCases.map { metrics.validations[$0].value }
        cache = CacheTier.allCases.flatMap { tier in
            CacheResult.allCases.map { metrics.cacheRequests[tier, $0].value }
        }
        errors = ErrorType.allCases.map { metrics.errors[$0].value }
        for priority in DeliveryPriority.allCases {
            for result in AttemptResult.allCases {
                let count = metrics.deliveryAttempts[priority, result].value
                if result == .success {
                    attempts.succeeded += count
                } else {
                    attempts.failed += count
                }
            }
        }
    }
}
