/// What came of an open loop's requests, so far or in the end.
///
/// Response times count from the moment at which a request was due, so that what waited, for a
/// slow server, a connection or the generator itself, is in them.
struct LoadFigures: Sendable {
    /// Requests a second that were asked for.
    let rate: Int
    /// Requests that were to come.
    let planned: Int
    /// Requests that came due; fewer than planned after an early end.
    var due = 0
    /// Requests that were started.
    var sent = 0
    /// What came back; at the end one for each that was due.
    private(set) var answers = AnswerCounts()
    /// From the moment due to the answer, or to the moment at which it was given up.
    private(set) var response = LatencyDistribution()
    /// From the start to the answer, as a closed loop would see it.
    private(set) var service = LatencyDistribution()
    /// From the moment due to the start, without the wait for a connection.
    private(set) var startLateness = LatencyDistribution()
    /// Requests that waited for one of the connections.
    private(set) var waited = 0
    /// The most requests that were under way at once.
    private(set) var mostUnderWay = 0
    /// Requests that were answered with 200 and TwiML within the target.
    private(set) var withinTarget = 0
    /// Requests that were answered, whatever with, within the deadline.
    private(set) var withinDeadline = 0
    /// From the first moment due to the end.
    var elapsedNanoseconds: UInt64 = 0
    /// The time in which the generator worked, of `elapsedNanoseconds`.
    var busyNanoseconds: UInt64 = 0
    /// Somebody asked for an early end.
    var isInterrupted = false

    /// Nothing yet.
    init(_ schedule: LoadSchedule) {
        rate = schedule.rate
        planned = schedule.count
    }

    /// A request was started.
    mutating func started(lateNanoseconds: UInt64, hasWaited: Bool, underWay: Int) {
        sent += 1
        startLateness.record(nanoseconds: lateNanoseconds)
        if hasWaited { waited += 1 }
        mostUnderWay = max(mostUnderWay, underWay)
    }

    /// A request has its answer.
    mutating func ended(
        _ answer: WebhookAnswer, afterDueNanoseconds: UInt64, serviceNanoseconds: UInt64
    ) {
        service.record(nanoseconds: serviceNanoseconds)
        count(answer, afterDueNanoseconds)
    }

    /// A request was given up.
    mutating func gaveUp(_ answer: WebhookAnswer, afterDueNanoseconds: UInt64) {
        count(answer, afterDueNanoseconds)
    }

    /// The share of the time in which the generator worked.
    var busyShare: Double {
        elapsedNanoseconds == 0 ? 0 : Double(busyNanoseconds) / Double(elapsedNanoseconds)
    }

    /// Answers a second.
    var answersPerSecond: Int {
        elapsedNanoseconds == 0
            ? 0 : Int(Double(answers.answered) * 1e9 / Double(elapsedNanoseconds) + 0.5)
    }

    /// Why the figures say less about the server than about the generator; nil when it kept to
    /// its schedule.
    var shortfall: String? {
        let late = startLateness.percentile(99)
        if late > RequirementLimits.startLateness {
            return "the generator could not keep the rate (1 % started over "
                + "\(FigureText.duration(late)) late)"
        }
        if busyShare > RequirementLimits.busyShare {
            return "the generator could not keep the rate (busy all the time)"
        }
        return nil
    }

    /// True when the generator kept the rate and 99 % were acknowledged within the target.
    var meetsTarget: Bool {
        shortfall == nil && RequirementLimits.isTargetMet(withinTarget, of: answers.total)
    }

    /// True when answers came as fast as requests were due: less than 95 % of the rate means that
    /// a backlog grew, which a longer load would have shown in the response times.
    var keepsUp: Bool { answersPerSecond * 100 >= rate * 95 }

    /// True when the rate was held: the target met and no backlog.
    var holds: Bool { meetsTarget && keepsUp }

    private mutating func count(_ answer: WebhookAnswer, _ nanoseconds: UInt64) {
        answers.add(answer)
        response.record(nanoseconds: nanoseconds)
        if answer == .acknowledged, nanoseconds <= RequirementLimits.acknowledgement {
            withinTarget += 1
        }
        if answer.status != nil, nanoseconds <= RequirementLimits.response { withinDeadline += 1 }
    }
}
