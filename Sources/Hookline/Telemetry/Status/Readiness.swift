import POSIX

/// Whether a webhook that came now could be answered 200, and if not, why not.
///
/// It is judged by what the store's thread and the fallback saw last: nothing is written to find
/// out. Any thread.
struct Readiness: Sendable {
    /// The store thread turns at least once a second.
    private static let turnNanosecondsMax: UInt64 = 5_000_000_000

    /// The store, or the spool.
    let store: SQLiteQueue
    /// What comes after the store.
    let fallback: CommitFallback
    /// True while the shared queue takes messages; nil without one.
    var sharedTakes: (@Sendable () -> Bool)?
    /// Why nothing can be validated; nil while it can.
    var validationCause: @Sendable () -> UnavailableCause? = { nil }
    /// A commit that takes longer is late.
    var commitNanosecondsMax: UInt64

    /// Why a webhook that came now would be answered 503; nil when it would not be.
    var cause: UnavailableCause? {
        if store.status.isBroken { return .storeBroken }
        if let cause = validationCause() { return cause }
        // Each step of the way down is enough.
        if let sharedTakes, sharedTakes() { return nil }
        guard let cause = storeCause else { return nil }
        return fallback.isTaking ? nil : cause
    }

    /// Why the store would not commit in time.
    private var storeCause: UnavailableCause? {
        let status = store.status
        if let cause = store.refusalCause ?? status.trouble { return cause }
        let now = MonotonicClock.now()
        let began = status.commitStartedNanoseconds
        if began != 0, now > began + commitNanosecondsMax { return .storeLate }
        let turned = status.turnedNanoseconds
        if turned != 0, now > turned + Self.turnNanosecondsMax { return .storeLate }
        return store.isWaitingFull ? .overload : nil
    }
}
