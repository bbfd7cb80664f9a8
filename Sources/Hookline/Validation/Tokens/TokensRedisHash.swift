import POSIX
import Redis

/// A hash in Redis: account SID to its tokens, first token first, separated by commas or white
/// space. A field that is not there is an account that is not known.
///
/// It asks over a link of its own: a hash that Redis does not let it read must not open the
/// breaker of a cache or a queue.
struct TokensRedisHash: TokenSource {
    /// The hash's key.
    let key: String
    /// A field of more bytes than this is no list of tokens.
    static let fieldBytesMax = 4096

    private let link: RedisClient

    /// Reads the hash at `key` over a link that was started; see `RedisClient.Options.tokens`.
    init(key: String, link: RedisClient) {
        self.key = key
        self.link = link
    }

    func tokens(
        of account: [UInt8], deadlineNanoseconds: UInt64, isCancelled: () -> Bool = { false }
    ) throws(TokenSourceError) -> [Secret] {
        // Whoever asks has looked; here it keeps a request's bytes out of Redis in any case.
        guard AccountSID.isValid(account) else { return [] }
        let answer = Promise<RedisOutcome>()
        link.send(
            RedisRequest(
                command: RedisCommand("HGET", key).with(account),
                deadlineNanoseconds: deadlineNanoseconds, completion: { answer.set($0) }))
        switch answer.wait(unless: isCancelled) {
        case .reply(let reply): return try tokens(in: reply)
        case .notSent(.timeout), .unknown(.timeout), nil:
            throw TokenSourceError(reason: .timeout, sentence: "Redis did not answer in time")
        case .notSent(let failure), .unknown(let failure):
            throw TokenSourceError(reason: .failed, sentence: Self.sentence(failure))
        }
    }

    private func tokens(in reply: RedisReply) throws(TokenSourceError) -> [Secret] {
        switch reply {
        case .null:
            return []
        case .bytes(let field):
            return try Self.tokens(in: field)
        case .error(let error):
            throw TokenSourceError(reason: .failed, sentence: "Redis refused: \(error.message)")
        case .status, .integer, .array:
            throw TokenSourceError(
                reason: .malformed, sentence: "Redis answered with something else than a field")
        }
    }

    /// A field without a token is no way to say that an account is not known: it is a mistake, by
    /// which no message must be lost.
    private static func tokens(in field: [UInt8]) throws(TokenSourceError) -> [Secret] {
        let separators: Set<UInt8> = [0x2c, 0x20, 0x09, 0x0a, 0x0d]
        let words = field.count > fieldBytesMax ? [] : field.split { separators.contains($0) }
        guard !words.isEmpty, words.count <= TokensCommand.tokensMax,
            words.allSatisfy({ TokensFile.isToken(bytes: $0) })
        else {
            throw TokenSourceError(
                reason: .malformed,
                sentence: "a field in Redis is not a list of 1 to \(TokensCommand.tokensMax) "
                    + "tokens, of \(fieldBytesMax) bytes at most")
        }
        return words.map { Secret($0) }
    }

    private static func sentence(_ failure: RedisFailure) -> String {
        switch failure {
        case .breakerOpen: "Redis is not asked, because it failed before"
        case .full: "too many questions to Redis wait"
        case .stopping: "the process ends"
        case .garbled: "what arrived is not a reply of Redis"
        case .closed, .timeout, .notReplicated: "the connection to Redis ended"
        }
    }
}

extension RedisClient.Options {
    /// The link over which tokens are asked for; each question has a deadline of its own.
    static func tokens(
        _ url: RedisURL, credentials: RedisCredentials?, budgetNanoseconds: UInt64
    ) -> RedisClient.Options {
        RedisClient.Options(
            role: .tokens, name: "redis-tokens", url: url, credentials: credentials,
            budgetNanoseconds: budgetNanoseconds)
    }
}
