/// The figures of the requirements that `hookline bench` judges by, in nanoseconds.
enum RequirementLimits {
    /// Every answer.
    static let response: UInt64 = 2_000_000_000
    /// The target: validation and queueing together.
    static let acknowledgement: UInt64 = 500_000_000
    /// Validation.
    static let validation: UInt64 = 100_000_000
    /// Validation and commit.
    static let commit: UInt64 = 200_000_000
    /// The validation of what is in the cache.
    static let cachedValidation: UInt64 = 30_000_000
    /// The wait for a token.
    static let signature: UInt64 = 50_000_000
    /// How late 99 % of the requests may be started, a tenth of the target; beyond, the
    /// generator could not keep the rate.
    static let startLateness: UInt64 = 50_000_000
    /// The share of its time that the generator may work without a pause; beyond, it could not
    /// keep the rate, whatever the requests waited for.
    static let busyShare = 0.95

    /// A target is met when at least 99 % of the samples meet it, and there are some.
    static func isTargetMet(_ within: Int, of total: Int) -> Bool {
        total > 0 && within * 100 >= total * 99
    }
}
