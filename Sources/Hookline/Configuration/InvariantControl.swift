/// Breaks one invariant on purpose, so that the test of it can be seen to fail.
///
/// Debug builds take it from the variable `INVARIANT_CONTROL`; release builds cannot have it.
enum InvariantControl: String, Sendable {
    /// The 200 leaves before the message is committed: a SIGKILL then loses messages.
    case replyBeforeCommit = "reply-before-commit"
    /// SQLite does not sync: a power cut then loses messages.
    case synchronousOff = "synchronous-off"
    /// Each validation takes 150 ms longer: more than its budget.
    case slowValidation = "slow-validation"
    /// A lease in the shared queue is 2 s instead of 30: a process that is paused longer loses
    /// what it works on.
    case shortLease = "short-lease"

    init?(environment: [String: String]) {
        #if DEBUG
            guard let control = environment["INVARIANT_CONTROL"].flatMap(Self.init(rawValue:))
            else { return nil }
            self = control
        #else
            return nil
        #endif
    }
}
