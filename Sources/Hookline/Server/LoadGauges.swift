import MicroHTTP
import Prometheus

/// What is under way now, and the bounds that it is held against; each is read at a scrape.
struct ReceiverLoad: Sendable {
    /// Requests of the webhook listener.
    var requests: @Sendable () -> Int
    /// Requests that wait for a token.
    var tokenWaits: @Sendable () -> Int
    /// Entries of the validation cache in memory.
    var cacheEntries: @Sendable () -> Int
    /// Attempts to forward.
    var attempts: @Sendable () -> Int
    /// Attempts of deliveries that the destination's pace allows.
    var allowed: @Sendable () -> Int
    /// Webhooks in, or before, immediate processing.
    var immediate: @Sendable () -> Int
    /// The bound of the connections.
    var connectionsMax: Int
    /// The bound of the attempts.
    var attemptsMax: Int
}

extension ReceiverGauges {
    /// Declares the load.
    static func declare(in registry: Registry, load: ReceiverLoad) {
        registry.gauge(
            "hookline_connections_max", help: "Configured bound of the connections."
        ) { Double(load.connectionsMax) }
        registry.gauge(
            "hookline_requests_in_flight",
            help: "Requests of the webhook listener from their first line to their last byte sent."
        ) { Double(load.requests()) }
        registry.gauge(
            "hookline_token_waits", help: "Requests that wait for their account's token."
        ) { Double(load.tokenWaits()) }
        registry.gauge(
            "hookline_validation_cache_entries",
            help: "Requests that are remembered in memory as validated and stored."
        ) { Double(load.cacheEntries()) }
        registry.gauge(
            "hookline_deliveries_in_flight",
            help: "Attempts to forward that are under way, immediate processing among them."
        ) { Double(load.attempts()) }
        registry.gauge(
            "hookline_deliveries_in_flight_max",
            help: "Configured bound of the attempts that are under way at once."
        ) { Double(load.attemptsMax) }
        registry.gauge(
            "hookline_deliveries_in_flight_allowed",
            help: "Attempts that the destination gets at once now: fewer while it fails, 0 while "
                + "it asked for rest."
        ) { Double(load.allowed()) }
        registry.gauge(
            "hookline_immediate_waiting",
            help: "Webhooks that wait for immediate processing or its outcome, because the store "
                + "is late."
        ) { Double(load.immediate()) }
    }
}

extension ReceiverLoad {
    /// The load of a receiver that serves.
    init(_ configuration: Configuration, _ back: ReceiverServices, _ loops: [EventLoop]) {
        requests = { loops.reduce(0) { $0 + $1.requests } }
        tokenWaits = { back.validation.waits.count }
        cacheEntries = { back.validation.cache.count }
        attempts = { back.forwarding.attemptsUnderWay }
        allowed = { back.forwarding.attemptsAllowed }
        immediate = { back.fallback.waiting }
        connectionsMax = configuration.connectionsMax
        attemptsMax = configuration.attemptsMax
    }
}
