import Curl
import POSIX

/// Starts requests when they are due, whatever became of those before, on the calling thread.
struct OpenLoop {
    /// How many requests are started before the engine has its turn again.
    private static let startsPerTurnMax = 64
    /// The longest time between two looks at the interruption.
    private static let turnNanosecondsMax: UInt64 = 100_000_000
    private static let second: UInt64 = 1_000_000_000

    private let schedule: LoadSchedule
    private let webhooks: SignedWebhooks
    private let options: BenchOptions
    private let interruption: Interruption
    private var figures: LoadFigures
    private var next = 0
    private var underWay: Set<Int> = []
    /// When there was room for a request again after there had been none.
    private var roomSinceNanoseconds: UInt64 = 0
    /// How many requests come due; an early end lowers it.
    private var dueMax: Int
    private var giveUpNanoseconds: UInt64
    private var progressNanoseconds: UInt64

    /// A loop over as many webhooks as the schedule asks for.
    init(
        _ schedule: LoadSchedule, _ webhooks: SignedWebhooks, _ options: BenchOptions,
        _ interruption: Interruption
    ) {
        self.schedule = schedule
        self.webhooks = webhooks
        self.options = options
        self.interruption = interruption
        figures = LoadFigures(schedule)
        dueMax = schedule.count
        giveUpNanoseconds =
            schedule.endNanoseconds + UInt64(options.timeoutMilliseconds) * 1_000_000
        progressNanoseconds = schedule.startNanoseconds + Self.second
    }

    /// Runs to the end: every request is answered or given up. Blocks the calling thread at most
    /// for the schedule and one time-out; `progress` is called once a second.
    mutating func run(
        progress: (LoadFigures) -> Void
    ) throws(BenchError) -> LoadFigures {
        do {
            return try drive(progress)
        } catch {
            throw .library(error.description)
        }
    }

    private mutating func drive(
        _ progress: (LoadFigures) -> Void
    ) throws(CurlError) -> LoadFigures {
        var engine = try TransferEngine(connectionsMax: options.connections)
        var results: [TransferResult] = []
        var now = MonotonicClock.now()
        while true {
            let isFull = try startDue(&engine)
            if next == dueMax && engine.running == 0 { break }
            results.removeAll(keepingCapacity: true)
            try engine.poll(untilNanoseconds: wake(after: now, isFull: isFull), into: &results)
            now = MonotonicClock.now()
            if isFull && engine.room > 0 { roomSinceNanoseconds = now }
            for result in results { end(result, now) }
            if now >= giveUpNanoseconds { break }
            if interruption.isRaised && !figures.isInterrupted { endEarly(now) }
            if now >= progressNanoseconds {
                update(now, engine.waitedNanoseconds)
                progress(figures)
                progressNanoseconds = now - (now - schedule.startNanoseconds) % Self.second
                progressNanoseconds += Self.second
            }
        }
        giveUpTheRest(now)
        update(now, engine.waitedNanoseconds)
        return figures
    }

    /// Starts what is due, as far as there is room; true when there is none left.
    private mutating func startDue(_ engine: inout TransferEngine) throws(CurlError) -> Bool {
        var started = 0
        while next < dueMax, engine.room > 0, started < Self.startsPerTurnMax {
            let due = schedule.dueNanoseconds(next)
            let now = MonotonicClock.now()
            guard due <= now else { break }
            try engine.add(webhooks.request(next), tag: UInt64(next))
            underWay.insert(next)
            // What was due before there was room has waited for a connection.
            figures.started(
                lateNanoseconds: now - min(now, max(due, roomSinceNanoseconds)),
                hasWaited: due < roomSinceNanoseconds, underWay: engine.running)
            next += 1
            started += 1
        }
        return engine.room == 0
    }

    /// When the engine's wait has to end.
    private func wake(after now: UInt64, isFull: Bool) -> UInt64 {
        var moment = min(now + Self.turnNanosecondsMax, progressNanoseconds)
        if !isFull && next < dueMax { moment = min(moment, schedule.dueNanoseconds(next)) }
        return moment
    }

    private mutating func end(_ result: TransferResult, _ now: UInt64) {
        underWay.remove(Int(result.tag))
        figures.ended(
            WebhookAnswer(result.outcome),
            afterDueNanoseconds: now - schedule.dueNanoseconds(Int(result.tag)),
            serviceNanoseconds: result.durationNanoseconds)
    }

    /// Nothing more comes due, and what is under way has until the response deadline.
    private mutating func endEarly(_ now: UInt64) {
        figures.isInterrupted = true
        dueMax = max(next, min(dueMax, schedule.dueCount(atNanoseconds: now)))
        giveUpNanoseconds = min(giveUpNanoseconds, now + RequirementLimits.response)
    }

    /// What has no answer yet gets none; ending the engine closes the connections.
    private mutating func giveUpTheRest(_ now: UInt64) {
        for index in underWay {
            figures.gaveUp(
                .none("given up"), afterDueNanoseconds: now - schedule.dueNanoseconds(index))
        }
        let due = min(dueMax, schedule.dueCount(atNanoseconds: now))
        for index in min(next, due)..<due {
            figures.gaveUp(.unsent, afterDueNanoseconds: now - schedule.dueNanoseconds(index))
        }
    }

    private mutating func update(_ now: UInt64, _ waited: UInt64) {
        figures.due = min(dueMax, schedule.dueCount(atNanoseconds: now))
        figures.elapsedNanoseconds = now - min(now, schedule.startNanoseconds)
        figures.busyNanoseconds =
            figures.elapsedNanoseconds - min(figures.elapsedNanoseconds, waited)
    }
}
