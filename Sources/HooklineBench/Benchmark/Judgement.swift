/// What a check says of one requirement.
enum Verdict: String, Sendable {
    /// The requirement holds, as far as it was asked.
    case pass
    /// It does not.
    case fail
    /// The generator did not keep the rate, so the figures say nothing about the server.
    case inconclusive
    /// It could not be told, and the line says why.
    case skipped
}

/// One line of the requirement check.
struct Judgement: Sendable, Equatable {
    /// The requirement's number in docs/requirements.md, such as `R1`.
    var requirement: String
    /// What is asked, precisely.
    var asks: String
    /// The verdict.
    var verdict: Verdict
    /// What was measured, or why nothing was.
    var measured: String

    /// A line that was judged.
    static func judged(
        _ requirement: String, _ asks: String, _ isMet: Bool, _ measured: String
    ) -> Judgement {
        Judgement(
            requirement: requirement, asks: asks, verdict: isMet ? .pass : .fail,
            measured: measured)
    }

    /// A line about a load; `shortfall` says why its figures are the generator's own.
    static func judged(
        _ requirement: String, _ asks: String, _ isMet: Bool, _ measured: String,
        shortfall: String?
    ) -> Judgement {
        guard let shortfall else { return judged(requirement, asks, isMet, measured) }
        return Judgement(
            requirement: requirement, asks: asks, verdict: .inconclusive,
            measured: shortfall + "; " + measured)
    }

    /// A line that could not be judged.
    static func skipped(_ requirement: String, _ asks: String, _ reason: String) -> Judgement {
        Judgement(requirement: requirement, asks: asks, verdict: .skipped, measured: reason)
    }
}
