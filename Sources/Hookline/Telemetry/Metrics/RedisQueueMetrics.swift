import Prometheus

/// The instruments of the shared queue. Any thread.
final class RedisQueueMetrics: Sendable {
    /// Why a claimed delivery changed hands, as the label `result`.
    enum Takeover: String, LabelValue {
        /// This process took over an entry of one that had gone.
        case reclaimed
        /// Another process had taken over an entry of this one, whose result was not recorded.
        case fenced
        /// An entry ended every process that worked on it, and was given up.
        case poisoned
    }

    private let unsafeSettings: Gauges<RedisSetting>
    private let losses: Counter
    private let lostMessages: Counter
    private let takeovers: Counters<Takeover>
    private let shard: Int

    /// Declares them.
    init(registry: Registry, shard: Int) {
        self.shard = shard
        unsafeSettings = registry.gauges(
            "hookline_redis_unsafe_setting",
            help: "Whether a setting of the shared queue's Redis lets confirmed messages be "
                + "lost; absent when Redis does not tell.",
            label: "setting", RedisSetting.self)
        losses = registry.counter(
            "hookline_redis_queue_losses_total",
            help: "How often Redis was found to have lost messages that it had confirmed.")
        lostMessages = registry.counter(
            "hookline_redis_queue_lost_messages_total",
            help: "Messages that Redis has lost, as far as this process can know; every process "
                + "counts the same loss.")
        takeovers = registry.counters(
            "hookline_redis_queue_takeovers_total",
            help: "Claimed deliveries that changed hands.", label: "result", Takeover.self)
    }

    /// Redis told what it is configured for.
    func configured(_ durability: RedisDurability) {
        for setting in RedisSetting.allCases {
            unsafeSettings[setting].set(durability.isSafe(setting).map { $0 ? 0 : 1 })
        }
    }

    /// Redis has lost messages.
    func lost(_ messages: Int64) {
        losses.add(shard: shard)
        lostMessages.add(UInt64(max(0, messages)), shard: shard)
    }

    /// Deliveries changed hands.
    func changedHands(_ result: Takeover, _ count: Int64 = 1) {
        if count > 0 { takeovers[result].add(UInt64(count), shard: shard) }
    }
}
