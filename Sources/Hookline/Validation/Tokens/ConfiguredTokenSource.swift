import POSIX
import Redis

/// The source that is asked for the tokens of accounts that nothing names, as it is configured:
/// a command, a hash in Redis, or none.
struct ConfiguredTokenSource: Sendable {
    /// The source; nil when every token is configured.
    let source: (any TokenSource)?
    /// What names the source in a message.
    let key: String
    private let link: RedisClient?

    /// Nothing connects before `start`.
    init(
        _ configuration: Configuration, _ metrics: RedisMetrics, _ log: Log
    ) throws(StartupError) {
        guard let hash = configuration.tokensRedisHash, let url = configuration.redis else {
            let command = configuration.tokensCommand
            source =
                command.isEmpty
                ? nil
                : TokensCommand(
                    arguments: command, environment: configuration.tokensCommandEnvironment)
            key = "--tokens-command"
            link = nil
            return
        }
        let credentials = try configuration.redisCredentials()
        let link: RedisClient
        do throws(RedisError) {
            link = try RedisClient(
                .tokens(
                    url, credentials: credentials,
                    budgetNanoseconds: configuration.redisQueueTimeout.nanoseconds),
                metrics: metrics, log: log)
        } catch {
            throw .redis("--redis: \(error)")
        }
        source = TokensRedisHash(key: hash, link: link)
        key = "--tokens-redis-hash"
        self.link = link
    }

    /// Connects, where there is something to connect to.
    func start() throws(POSIXError) { try link?.start() }

    /// Ends the connection; nobody asks any more.
    func stop() { link?.stop() }
}
