import MicroHTTP
import Prometheus

/// Every instrument of the receiver, declared in one place and at zero from the start.
///
/// Updates are allocation-free and lock-free; `shard` is the number of an event loop, or
/// `backgroundShard` for all other threads. Gauges that have to be read are declared in
/// `ReceiverGauges`, next to what they read.
final class ReceiverMetrics: Sendable {
    /// Where the instruments live; renders `/metrics`.
    let registry: Registry
    /// The shard of threads that are not event loops.
    let backgroundShard: Int

    let webhookDuration: Histograms2<RouteLabel, WebhookOutcome>
    let phaseDuration: Histograms<WebhookPhase>
    let receiptDuration: Histogram
    let budgetExceeded: Counters<Budget>
    let validations: Counters<ValidationResult>
    let duplicates: Counters<WebhookKind>
    let genuineRefused: Counters<GenuineRejection>
    let voiceHangups: Counter
    let tokenMatches: Counters<TokenPosition>
    let signatureMismatches: Counters<MismatchHint>
    let explanationsDropped: Counter
    let signatureTimeouts: Counters<SignatureTimeoutPolicy>
    let cacheRequests: Counters2<CacheTier, CacheResult>
    let tokenFetches: Counters<TokenFetchResult>
    let tokenFetchDuration: Histogram
    let tokensReloadSuccessful: Gauge
    let tokensReloadTimestamp: Gauge
    let unverifiedResolved: Counters<UnverifiedResult>
    let errors: Counters<ErrorType>
    let deliveryAttempts: Counters2<DeliveryPriority, AttemptResult>
    let attemptDuration: Histograms<DeliveryPriority>
    let deliveryLag: Histograms<DeliveryPriority>
    let twimlIgnored: Counter
    let misdirected: Counters<MisdirectedStatus>
    let immediateProcessed: Counter
    let unmatched: Counter
    let storeOperationDuration: Histograms2<StoreName, StoreOperation>
    let storeBatchMessages: Histogram
    let storeErrors: Counters2<StoreName, StoreFailure>
    let corruptRows: Counters<CorruptRows.Table>
    let quarantineDropped: Counters<QuarantineDrop>
    let deadLettersDropped: Counters<DeadLetterDrop>
    let eventLoopLag: Histogram
    let requestsShed: Counters<ShedReason>
    let connectionsFailed: Counters<HTTPConnectionEnd>
    let engineRefusals: Counters<EngineStatus>
    let bodyBytes: Histogram
    let webhooksUnavailable: Counters<UnavailableCause>
    let clockSteps: Counters<ClockDirection>
    /// What the monitor is fed with, beside the registry.
    let monitorCells: MonitorCells
    let scrapes: ScrapeMetrics
    /// The links to Redis and the shared queue.
    let redis: RedisMetrics
    /// Replies and Twilio's API.
    let replies: ReplyMetrics

    /// Declares everything; `thresholdSeconds` are the configured thresholds and budgets, which
    /// become bucket bounds so that a rule can compare with them exactly; `alerts` are the two
    /// that the monitor judges by, in nanoseconds.
    init(
        eventLoops: Int, thresholdSeconds: [Double], options: RegistryOptions = RegistryOptions(),
        alerts: (warning: UInt64, critical: UInt64) = (1_000_000_000, 3_000_000_000)
    ) {
        monitorCells = MonitorCells(shards: eventLoops + 1, thresholds: alerts)
        let registry = Registry(shards: eventLoops + 1, options: options)
        self.registry = registry
        backgroundShard = eventLoops
        let latency = Self.rising(Self.latencyBounds + thresholdSeconds)
        webhookDuration = registry.histograms(
            "hookline_webhook_duration_seconds",
            help: "Time from the last byte of a request to the last byte of its reply handed "
                + "to the kernel.", labels: ("route", "outcome"),
            RouteLabel.self, WebhookOutcome.self, bounds: latency)
        phaseDuration = registry.histograms(
            "hookline_webhook_phase_duration_seconds",
            help: "Time of each phase of a webhook; validation, acknowledgement and response "
                + "add up to its duration.", label: "phase", WebhookPhase.self, bounds: latency)
        receiptDuration = registry.histogram(
            "hookline_webhook_receipt_duration_seconds",
            help: "Time from the last byte of a request to the receipt of its commit.",
            bounds: latency)
        budgetExceeded = registry.counters(
            "hookline_budget_exceeded_total", help: "Webhooks that took longer than a budget.",
            label: "budget", Budget.self)
        validations = registry.counters(
            "hookline_validations_total", help: "Validations of webhooks by result.",
            label: "result", ValidationResult.self)
        duplicates = registry.counters(
            "hookline_webhook_duplicates_total",
            help: "Requests that were answered as repetitions of an earlier one, by kind of event.",
            label: "kind", WebhookKind.self)
        genuineRefused = registry.counters(
            "hookline_genuine_requests_refused_total",
            help: "Requests that were refused although their signature is right, by reason; they "
                + "are in quarantine.", label: "reason", GenuineRejection.self)
        voiceHangups = registry.counter(
            "hookline_voice_hangups_total",
            help: "Requests of Twilio Voice for TwiML that were answered with an empty Response, "
                + "which ends the call.")
        tokenMatches = registry.counters(
            "hookline_token_matches_total",
            help: "Valid signatures by the position of the token that matched.",
            label: "position", TokenPosition.self)
        signatureMismatches = registry.counters(
            "hookline_signature_mismatches_total",
            help: "Explained signature mismatches, by what most likely makes the signature wrong.",
            label: "hint", MismatchHint.self)
        explanationsDropped = registry.counter(
            "hookline_explanations_dropped_total",
            help: "Signature mismatches that were not explained because too many came.")
        signatureTimeouts = registry.counters(
            "hookline_signature_timeouts_total",
            help: "Requests whose account's token did not come in time, by the policy applied.",
            label: "policy", SignatureTimeoutPolicy.self)
        cacheRequests = registry.counters(
            "hookline_validation_cache_requests_total",
            help: "Lookups in the validation cache.", labels: ("tier", "result"),
            CacheTier.self, CacheResult.self)
        tokenFetches = registry.counters(
            "hookline_token_fetches_total",
            help: "Requests to the token source, by result.", label: "result",
            TokenFetchResult.self)
        tokenFetchDuration = registry.histogram(
            "hookline_token_fetch_duration_seconds",
            help: "Time of a request to the token source.", bounds: latency)
        tokensReloadSuccessful = registry.gauge(
            "hookline_tokens_last_reload_successful",
            help: "1 when the tokens were read without a fault the last time, else 0.")
        tokensReloadTimestamp = registry.gauge(
            "hookline_tokens_last_reload_timestamp_seconds",
            help: "When the tokens in force were read, in seconds since the epoch.")
        unverifiedResolved = registry.counters(
            "hookline_unverified_resolved_total",
            help: "Requests that were stored unverified and are not any more, by what they are.",
            label: "result", UnverifiedResult.self)
        errors = registry.counters(
            "hookline_errors_total", help: "Errors by the part that met them.", label: "type",
            ErrorType.self)
        deliveryAttempts = registry.counters(
            "hookline_delivery_attempts_total",
            help: "Attempts to forward a webhook to the application, by result.",
            labels: ("priority", "result"), DeliveryPriority.self, AttemptResult.self)
        attemptDuration = registry.histograms(
            "hookline_delivery_attempt_duration_seconds", help: "Time of an attempt.",
            label: "priority", DeliveryPriority.self, bounds: Self.rising(latency + [30, 60]))
        deliveryLag = registry.histograms(
            "hookline_delivery_lag_seconds",
            help: "Time from receipt of a webhook to its delivery.", label: "priority",
            DeliveryPriority.self,
            bounds: Self.rising(latency + [60, 300, 900, 3600, 14_400, 43_200, 86_400]))
        twimlIgnored = registry.counter(
            "hookline_delivery_twiml_ignored_total",
            help: "Answers of the application that carried TwiML verbs, which Twilio never sees.")
        misdirected = registry.counters(
            "hookline_delivery_misdirected_total",
            help: "Answers of the application that an operator has to do something about, by "
                + "status; the messages stay owed.", label: "status", MisdirectedStatus.self)
        immediateProcessed = registry.counter(
            "hookline_immediate_processed_total",
            help: "Webhooks that the application took directly because the store was late.")
        unmatched = registry.counter(
            "hookline_webhooks_unmatched_total",
            help: "Webhooks that no rule of the configuration takes.")
        storeOperationDuration = registry.histograms(
            "hookline_store_operation_duration_seconds", help: "Time of a store operation.",
            labels: ("store", "operation"), StoreName.self, StoreOperation.self, bounds: latency)
        storeBatchMessages = registry.histogram(
            "hookline_store_batch_messages", help: "Messages committed by one transaction.",
            bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
        storeErrors = registry.counters(
            "hookline_store_errors_total", help: "Store operations that failed, by reason.",
            labels: ("store", "reason"), StoreName.self, StoreFailure.self)
        corruptRows = registry.counters(
            "hookline_corrupt_rows_total",
            help: "Stored rows that were not what was written when they were read, by table; they "
                + "are never forwarded.", label: "table", CorruptRows.Table.self)
        quarantineDropped = registry.counters(
            "hookline_quarantine_dropped_total",
            help: "Refused requests that are not, or no longer, kept, by reason.",
            label: "reason", QuarantineDrop.self)
        deadLettersDropped = registry.counters(
            "hookline_dead_letters_dropped_total",
            help: "Dead letters that were deleted because they were too old or too many.",
            label: "reason", DeadLetterDrop.self)
        eventLoopLag = registry.histogram(
            "hookline_event_loop_lag_seconds",
            help: "How late an event loop turned, which no request clock sees.",
            bounds: Self.latencyBounds)
        requestsShed = registry.counters(
            "hookline_requests_shed_total",
            help: "Requests that were answered 503 before anything was done for them.",
            label: "reason", ShedReason.self)
        connectionsFailed = registry.counters(
            "hookline_connections_failed_total",
            help: "Connections that ended without a request that was answered, or while one was "
                + "coming, by cause.",
            label: "cause", HTTPConnectionEnd.self)
        engineRefusals = registry.counters(
            "hookline_unreadable_requests_total",
            help: "Requests that were refused because of how they are written or how long they "
                + "are, by status.",
            label: "status", EngineStatus.self)
        bodyBytes = registry.histogram(
            "hookline_webhook_body_bytes", help: "Size of the bodies of webhooks.",
            bounds: [256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072, 262_144])
        webhooksUnavailable = registry.counters(
            "hookline_webhooks_unavailable_total",
            help: "Webhooks that were answered 503 because nobody could take them, by cause.",
            label: "cause", UnavailableCause.self)
        clockSteps = registry.counters(
            "hookline_clock_steps_total",
            help: "Steps of the wall clock that were seen, while running or at a start.",
            label: "direction", ClockDirection.self)
        scrapes = ScrapeMetrics(registry)
        replies = ReplyMetrics(
            registry: registry, shard: eventLoops, latencyBounds: Self.latencyBounds,
            lagBounds: Self.rising(latency + [60, 300, 900, 3600, 14_400, 43_200, 86_400]))
        redis = RedisMetrics(
            registry: registry, shard: eventLoops, bounds: latency, errors: errors[.redis])
    }

    /// The bounds of every latency histogram in seconds.
    static let latencyBounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 15,
    ]

    /// Each bound once, rising: a threshold may be one of the bounds.
    private static func rising(_ bounds: [Double]) -> [Double] { Array(Set(bounds)).sorted() }

    /// A transaction was committed on the store thread.
    func committed(messages: Int, nanoseconds: UInt64) {
        storeOperationDuration[.sqlite, .commit].observe(
            nanoseconds: nanoseconds, shard: backgroundShard)
        if messages > 0 {
            storeBatchMessages.observe(count: UInt64(messages), shard: backgroundShard)
        }
    }

    /// The write-ahead log was copied into the database.
    func checkpointed(nanoseconds: UInt64) {
        storeOperationDuration[.sqlite, .checkpoint].observe(
            nanoseconds: nanoseconds, shard: backgroundShard)
    }

    /// An append to the queue in Redis was answered, or was not.
    func appended(nanoseconds: UInt64, _ outcome: RedisAppend) {
        switch outcome {
        case .stored, .duplicate:
            storeOperationDuration[.redis, .commit].observe(
                nanoseconds: nanoseconds, shard: backgroundShard)
        case .refused(let reason), .unknown(let reason):
            storeErrors[.redis, reason].add(shard: backgroundShard)
        }
    }

    /// A store operation failed.
    func storeFailed(_ reason: StoreFailure) {
        storeErrors[.sqlite, reason].add(shard: backgroundShard)
        errors[.store].add(shard: backgroundShard)
    }
}
