import POSIX
import Prometheus

/// What is owed, by store: the gauges of the queues. What cannot be read is absent.
struct QueueGauges: Sendable {
    /// The queue of this machine, or its spool.
    let store: StoreStatus
    /// The time that the store counts by.
    var clock = StoreClock()
    /// The codes of the destinations that deliveries are forwarded to.
    var configured: [Int64] = [0]
    /// Reads the shared queue's figures, nil when Redis cannot be read; nil without such a queue.
    let shared: (@Sendable () -> RedisQueueStatus?)?
    /// When the oldest row that is on its way from the spool into the shared queue was received, in
    /// milliseconds since the epoch; nil when none is.
    var draining: @Sendable (DeliveryPriority) -> Int64? = { _ in nil }

    /// Declares them; each closure is called on the ops loop.
    func declare(in registry: Registry) {
        registry.gauges(
            "hookline_queue_depth",
            help: "Deliveries that wait; with a queue in Redis, those in SQLite are spooled.",
            labels: ("store", "priority", "state"), StoreName.self, DeliveryPriority.self,
            DepthState.self
        ) { name, priority, state in depth(name, priority, state).map { Double($0) } }
        registry.gauges(
            "hookline_queue_oldest_message_age_seconds",
            help: "Age of the oldest message that waits for an attempt; absent when none does.",
            labels: ("store", "priority"), StoreName.self, DeliveryPriority.self
        ) { name, priority in oldest(name, priority).map { age($0, name) } }
        registry.gauge(
            "hookline_dead_letters", help: "Deliveries that were given up and are kept."
        ) { deadLetters.map { Double($0) } }
        registry.gauge(
            "hookline_deliveries_held",
            help: "Deliveries that are owed to no configured destination, and kept: the rules took "
                + "them for none, or theirs is not in the configuration any more."
        ) {
            guard let counts = store.counts else { return nil }
            return counts.destinations.filter { !configured.contains($0) }
                .reduce(0) { $0 + Double(counts.owed(to: $1)) }
        }
        registry.gauge(
            "hookline_spooled",
            help: "Messages that wait in SQLite until Redis has them; 0 without a queue in Redis."
        ) { spooled.map { Double($0) } }
        registry.gauge(
            "hookline_spool_oldest_message_age_seconds",
            help: "Age of the oldest message that waits in SQLite until Redis has it; absent when "
                + "none does."
        ) {
            guard shared != nil else { return nil }
            return DeliveryPriority.allCases.compactMap { oldest(.sqlite, $0) }.min()
                .map { age($0, .sqlite) }
        }
    }

    private func depth(
        _ name: StoreName, _ priority: DeliveryPriority, _ state: DepthState
    ) -> Int64? {
        guard name == .redis else { return store.counts.map { $0[priority, state.state] } }
        let row = shared?()?.rows[priority]
        switch state {
        case .available: return row?.available
        case .running: return row?.running
        case .retryable: return row?.retryable
        }
    }

    private func oldest(_ name: StoreName, _ priority: DeliveryPriority) -> Int64? {
        guard name == .sqlite else { return shared?()?.rows[priority]?.oldestMilliseconds }
        return [store.oldestMilliseconds(priority), draining(priority)].compactMap { $0 }.min()
    }

    private var deadLetters: Int64? {
        guard let counts = store.counts else { return nil }
        let own = DeliveryPriority.allCases.reduce(0) { $0 + counts[$1, .deadLettered] }
        guard let shared else { return own }
        return shared().map { own + $0.deadLetters }
    }

    private var spooled: Int64? {
        shared == nil ? 0 : store.counts?.owed
    }

    /// What SQLite holds is dated by the store's time, what Redis holds by the wall clock.
    private func age(_ milliseconds: Int64, _ name: StoreName) -> Double {
        let now = name == .sqlite ? clock.nowMilliseconds : WallClock.nowMilliseconds()
        return Double(max(0, now - milliseconds)) / 1000
    }
}
