/// Judges attempts: counts them, writes their lines and says what follows. The forwarding thread.
struct AttemptJudge: Sendable {
    let retryPolicy: RetryPolicy
    let metrics: ReceiverMetrics
    let log: Log
    let clock: StoreClock
    /// The destination's name, where there are several; it stands in the log.
    let destination: String?
    private let twimlIgnored: Notice
    private let misdirected: Notice
    /// Nil when TwiML is ignored.
    let replies: ReplyRecorder?

    init(
        retryPolicy: RetryPolicy, metrics: ReceiverMetrics, log: Log, clock: StoreClock,
        destination: String? = nil, replies: ReplyRecorder? = nil
    ) {
        self.destination = destination
        self.replies = replies
        self.retryPolicy = retryPolicy
        self.metrics = metrics
        self.log = log
        self.clock = clock
        twimlIgnored = .twimlIgnored(metrics, log)
        misdirected = .misdirected(log)
    }

    /// A delivery's first attempt begins: how long it waited.
    func begins(_ delivery: Delivery) {
        guard delivery.attempt == 1 else { return }
        let wait = UInt64(age(of: delivery))
        metrics.phaseDuration[.background].observe(
            nanoseconds: wait * 1_000_000, shard: metrics.backgroundShard)
        metrics.monitorCells.observeBackground(
            nanoseconds: wait * 1_000_000, shard: metrics.backgroundShard)
    }

    /// How long a delivery has been owed, in milliseconds.
    func age(of delivery: Delivery) -> Int64 {
        max(0, clock.nowMilliseconds - delivery.owedSinceMilliseconds)
    }

    /// Counts the end of an attempt of any kind, at so many milliseconds after the receipt.
    func count(_ end: AttemptEnd, of webhook: Webhook, ageMilliseconds: Int64) {
        let shard = metrics.backgroundShard
        if end.outcome.carriesVerbs, replies == nil || webhook.kind != .message {
            twimlIgnored.note(shard: shard)
        }
        if let status = end.outcome.status.flatMap({ MisdirectedStatus(rawValue: "\($0)") }) {
            metrics.misdirected[status].add(shard: shard)
            misdirected.note { line in
                let line = line.with("status", status.rawValue)
                return destination.map { line.with("destination", $0) } ?? line
            }
        }
        metrics.deliveryAttempts[webhook.priority, end.outcome.result].add(shard: shard)
        metrics.attemptDuration[webhook.priority].observe(
            nanoseconds: end.durationNanoseconds, shard: shard)
        if end.outcome.result == .success {
            metrics.deliveryLag[webhook.priority].observe(
                nanoseconds: UInt64(max(0, ageMilliseconds)) * 1_000_000, shard: shard)
        } else {
            metrics.errors[.destination].add(shard: shard)
        }
    }

    /// The replies that an answer asks for; they are recorded with the delivery's completion.
    func replies(after outcome: AttemptOutcome, of delivery: Delivery) -> DeliveryChange? {
        guard let replies, let answer = outcome.answer, outcome.result == .success else {
            return nil
        }
        let asked = replies.replies(answer, to: delivery.webhook, from: replies.planner.application)
        return asked.isEmpty ? nil : .replies(delivery: delivery.id, asked)
    }

    /// What follows for a delivery, with its line in the log.
    func change(after outcome: AttemptOutcome, of delivery: Delivery) -> DeliveryChange {
        let now = clock.nowMilliseconds
        let verdict = retryPolicy.verdict(
            on: outcome, attempt: delivery.attempt,
            owedMilliseconds: clock.withoutGap(delivery.owedSinceMilliseconds),
            nowMilliseconds: now)
        let failure = AttemptFailure(
            outcome.result, status: outcome.status, error: outcome.error, milliseconds: now)
        func line() -> LogLine {
            var line = LogLine(verdict == .completed ? .info : .warning, "delivery")
                .with("id", delivery.id).with("attempt", delivery.attempt)
                .with("result", outcome.result.rawValue)
            if let destination { line = line.with("destination", destination) }
            if let status = outcome.status { line = line.with("status", status) }
            if let error = outcome.error { line = line.with("error", error) }
            return
                line
                .with("trace_id", bytes: delivery.webhook[.traceParent].dropFirst(3).prefix(32))
                .with("message_sid", bytes: delivery.webhook[.messageSID])
        }
        switch verdict {
        case .completed:
            if !outcome.isLogged { log.writeSampled(.info, line) }
            return delivery.completion
        case .retry(let due):
            log.writeSampled(.warning) {
                line().with("next", Timestamp.text(milliseconds: clock.wallMilliseconds(at: due)))
            }
            return .retry(
                id: delivery.id, dueMilliseconds: due, failure: failure,
                destination: delivery.destination)
        case .deadLetter(let reason):
            log.write(line().with("dead_letter", reason.rawValue))
            return .deadLetter(
                id: delivery.id, reason: reason, failure: failure,
                destination: delivery.destination)
        }
    }

    /// What follows for a delivery whose attempt a stop cut: nobody knows whether the application
    /// has it.
    func cut(_ delivery: Delivery, nowMilliseconds: Int64) -> DeliveryChange {
        .retry(
            id: delivery.id, dueMilliseconds: nowMilliseconds,
            failure: AttemptFailure(
                milliseconds: nowMilliseconds, status: nil, text: "cut: Hookline stopped"),
            destination: delivery.destination)
    }

    /// Says how many attempts a stop cut, if any.
    func noteCut(_ count: Int) {
        guard count > 0 else { return }
        log.write(
            LogLine(
                .warning,
                "attempts did not end before the stop's deadline and were cut; their messages "
                    + "are sent again after the next start"
            ).with("count", count))
    }
}
