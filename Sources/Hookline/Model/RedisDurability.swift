import Prometheus
import Redis

/// The settings of Redis by which messages that were confirmed can be lost.
enum RedisSetting: String, LabelValue {
    case appendOnly = "appendonly"
    case appendFsync = "appendfsync"
    case evictionPolicy = "maxmemory-policy"

    /// The only value by which nothing is lost.
    var safeValue: String {
        switch self {
        case .appendOnly: "yes"
        case .appendFsync: "always"
        case .evictionPolicy: "noeviction"
        }
    }

    /// What another value costs.
    var risk: String {
        switch self {
        case .appendOnly: "a restart of Redis loses every message that it holds"
        case .appendFsync: "a power cut loses the messages of the last seconds"
        case .evictionPolicy: "a full Redis throws away what tells repetitions apart"
        }
    }
}

/// What Redis is configured for. A 200 that rests on Redis is as durable as this.
struct RedisDurability: Sendable, Equatable {
    /// The settings that could be read.
    var values: [RedisSetting: String] = [:]

    /// Asks for all of them.
    static let command = RedisCommand(
        [Array("CONFIG".utf8), Array("GET".utf8)]
            + RedisSetting.allCases.map { Array($0.rawValue.utf8) })

    /// Reads the answer; a Redis that does not tell leaves it empty.
    init(_ reply: RedisReply) {
        let parts = reply.elements ?? []
        for at in stride(from: 0, to: parts.count - 1, by: 2) {
            guard let setting = parts[at].text.flatMap({ RedisSetting(rawValue: $0) }) else {
                continue
            }
            values[setting] = parts[at + 1].text
        }
    }

    /// Whether a setting loses nothing; nil when it could not be read. `appendfsync` is of no
    /// effect, and so not safe, without the append-only file.
    func isSafe(_ setting: RedisSetting) -> Bool? {
        guard let value = values[setting] else { return nil }
        if setting == .appendFsync, values[.appendOnly] != RedisSetting.appendOnly.safeValue {
            return false
        }
        return value == setting.safeValue
    }
}
