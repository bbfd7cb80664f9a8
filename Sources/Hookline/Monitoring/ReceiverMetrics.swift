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
    let tokenMatches: Counters<TokenPosition>
    let errors: Counters<ErrorType>
    let deliveryAttempts: Counters2<DeliveryPriority, AttemptResult>
    let attemptDuration: Histograms<DeliveryPriority>
    let deliveryLag: Histograms<DeliveryPriority>
    let twimlIgnored: Counter
    let immediateProcessed: Counter
    let storeOperationDuration: Histograms2<StoreName, StoreOperation>
    let storeBatchMessages: Histogram
    let storeErrors: Counters2<StoreName, StoreFailure>
    let eventLoopLag: Histogram
    /// The links to Redis.
    let redis: RedisMetrics

    /// Declares everything; `thresholdSeconds` are the configured thresholds and budgets, which
    /// become bucket bounds so that a rule can compare with them exactly.
    init(eventLoops: Int, thresholdSeconds: [Double]) {
        let registry = Registry(shards: eventLoops + 1)
        self.registry = registry
        backgroundShard = eventLoops
        let latency = Array(Set(Self.latencyBounds + thresholdSeconds)).sorted()
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
        tokenMatches = registry.counters(
            "hookline_token_matches_total",
            help: "Valid signatures by the position of the token that matched.",
            label: "position", TokenPosition.self)
        errors = registry.counters(
            "hookline_errors_total", help: "Errors by the part that met them.", label: "type",
            ErrorType.self)
        deliveryAttempts = registry.counters(
            "hookline_delivery_attempts_total",
            help: "Attempts to forward a webhook to the application, by result.",
            labels: ("priority", "result"), DeliveryPriority.self, AttemptResult.self)
        attemptDuration = registry.histograms(
            "hookline_delivery_attempt_duration_seconds", help: "Time of an attempt.",
            label: "priority", DeliveryPriority.self, bounds: latency + [30, 60])
        deliveryLag = registry.histograms(
            "hookline_delivery_lag_seconds",
            help: "Time from receipt of a webhook to its delivery.", label: "priority",
            DeliveryPriority.self, bounds: latency + [60, 300, 900, 3600, 14_400, 43_200, 86_400])
        twimlIgnored = registry.counter(
            "hookline_delivery_twiml_ignored_total",
            help: "Answers of the application that carried TwiML verbs, which Twilio never sees.")
        immediateProcessed = registry.counter(
            "hookline_immediate_processed_total",
            help: "Webhooks that the application took directly because the store was late.")
        storeOperationDuration = registry.histograms(
            "hookline_store_operation_duration_seconds", help: "Time of a store operation.",
            labels: ("store", "operation"), StoreName.self, StoreOperation.self, bounds: latency)
        storeBatchMessages = registry.histogram(
            "hookline_store_batch_messages", help: "Messages committed by one transaction.",
            bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
        storeErrors = registry.counters(
            "hookline_store_errors_total", help: "Store operations that failed, by reason.",
            labels: ("store", "reason"), StoreName.self, StoreFailure.self)
        eventLoopLag = registry.histogram(
            "hookline_event_loop_lag_seconds",
            help: "How late an event loop turned, which no request clock sees.",
            bounds: Self.latencyBounds)
        redis = RedisMetrics(
            registry: registry, shard: eventLoops, bounds: latency, errors: errors[.redis])
    }

    /// The bounds of every latency histogram in seconds (INTERFACES: "Latency bounds").
    static let latencyBounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 15,
    ]

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

    /// A store operation failed.
    func storeFailed(_ reason: StoreFailure) {
        storeErrors[.sqlite, reason].add(shard: backgroundShard)
        errors[.store].add(shard: backgroundShard)
    }
}
