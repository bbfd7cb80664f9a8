import Redis
import TestSupport

extension SentinelFixture {
    /// The URL's place.
    var place: RedisURL.Place {
        .sentinels(
            sentinels.map { RedisURL.Sentinel(host: "127.0.0.1", port: $0.port) }, master: "m")
    }

    /// A question to a server on a connection of its own; nil when it does not answer.
    static func ask(_ port: UInt16, _ words: String...) -> RedisReply? {
        guard var connection = try? RedisConnection(to: .tcp(address: "127.0.0.1", port: port))
        else { return nil }
        return try? connection.call(
            RedisCommand(words.map { Array($0.utf8) }),
            untilNanoseconds: RedisClock.now() + 1_000_000_000)
    }
}
