import Prometheus
import Redis
import Synchronization

/// The instruments of the links to Redis. Any thread.
final class RedisMetrics: Sendable {
    /// How one link stands.
    private struct Standing {
        var isUp: Bool
        var isOpen: Bool
    }

    /// The shared queue's.
    let queue: RedisQueueMetrics

    private let up: Gauges<RedisRole>
    private let open: Gauges<RedisRole>
    private let roundTrip: Histograms<RedisRole>
    private let unanswered: Counters2<RedisRole, RedisFailure>
    private let refused: Counters2<RedisRole, ServerError.Kind>
    private let late: Counters<RedisRole>
    private let connections: Counters<RedisRole>
    private let brokenConnections: Counters2<RedisRole, RedisError.Reason>
    private let openings: Counters<RedisRole>
    private let errors: Counter
    private let shard: Int
    private let standings = Mutex<[RedisRole: [String: Standing]]>([:])

    /// Declares them; `errors` counts beside them, for `hookline_errors_total`.
    init(registry: Registry, shard: Int, bounds: [Double], errors: Counter) {
        self.shard = shard
        self.errors = errors
        up = registry.gauges(
            "hookline_redis_up",
            help: "Whether every connection of the role stands and its last check was good.",
            label: "role", RedisRole.self)
        open = registry.gauges(
            "hookline_redis_breaker_open",
            help: "Whether a circuit breaker of the role is open, so that Redis is not asked.",
            label: "role", RedisRole.self)
        roundTrip = registry.histograms(
            "hookline_redis_round_trip_duration_seconds",
            help: "Time from handing a command to the connection to its answer.",
            label: "role", RedisRole.self, bounds: bounds)
        unanswered = registry.counters(
            "hookline_redis_unanswered_total",
            help:
                "Commands that were not answered in time, not sent, or not replicated, by reason.",
            labels: ("role", "reason"), RedisRole.self, RedisFailure.self)
        refused = registry.counters(
            "hookline_redis_error_replies_total",
            help: "Commands that Redis answered with an error, by its kind.",
            labels: ("role", "kind"), RedisRole.self, ServerError.Kind.self)
        late = registry.counters(
            "hookline_redis_late_replies_total",
            help: "Answers that came after whoever asked had been told that they are late.",
            label: "role", RedisRole.self)
        connections = registry.counters(
            "hookline_redis_connections_total", help: "Connections that were fit for use.",
            label: "role", RedisRole.self)
        brokenConnections = registry.counters(
            "hookline_redis_connection_failures_total",
            help: "Connections that failed, or could not be made, by reason.",
            labels: ("role", "reason"), RedisRole.self, RedisError.Reason.self)
        openings = registry.counters(
            "hookline_redis_breaker_openings_total",
            help: "How often a circuit breaker opened.", label: "role", RedisRole.self)
        queue = RedisQueueMetrics(registry: registry, shard: shard)
    }

    /// A link says how it stands.
    func link(_ role: RedisRole, _ name: String, isUp: Bool, isOpen: Bool) {
        standings.withLock { standings in
            if isOpen && standings[role]?[name]?.isOpen != true {
                openings[role].add(shard: shard)
            }
            standings[role, default: [:]][name] = Standing(isUp: isUp, isOpen: isOpen)
            let links = standings[role].map { Array($0.values) } ?? []
            up[role].set(links.allSatisfy(\.isUp) ? 1 : 0)
            open[role].set(links.contains(where: \.isOpen) ? 1 : 0)
        }
    }

    /// A request was completed.
    func completed(_ role: RedisRole, _ outcome: RedisOutcome) {
        switch outcome {
        case .reply(.error(let error)):
            refused[role, error.kind].add(shard: shard)
            // What a script cache or a group lost is put back and no fault of anybody.
            if error.kind != .noScript && error.kind != .noGroup { errors.add(shard: shard) }
        case .reply:
            break
        case .notSent(let failure), .unknown(let failure):
            unanswered[role, failure].add(shard: shard)
            // An open breaker is one fault, however many do without Redis meanwhile; and so are
            // missing replicas.
            let isCounted: Set<RedisFailure> = [.breakerOpen, .stopping, .notReplicated]
            if !isCounted.contains(failure) { errors.add(shard: shard) }
        }
    }

    /// Replicas do not confirm any more what is written.
    func fellShort() { errors.add(shard: shard) }

    /// A command was answered.
    func answered(_ role: RedisRole, nanoseconds: UInt64, isLate: Bool) {
        roundTrip[role].observe(nanoseconds: nanoseconds, shard: shard)
        if isLate { late[role].add(shard: shard) }
    }

    /// A new connection is fit for use.
    func connected(_ role: RedisRole) { connections[role].add(shard: shard) }

    /// A connection failed.
    func connectionFailed(_ role: RedisRole, _ reason: RedisError.Reason) {
        brokenConnections[role, reason].add(shard: shard)
    }
}

extension ServerError.Kind: LabelValue {}
extension RedisError.Reason: LabelValue {}
