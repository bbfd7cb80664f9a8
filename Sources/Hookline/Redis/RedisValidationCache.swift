import OpenSSL
import POSIX
import Redis

/// What the Redis tier says of a request.
enum ValidationLookup: String, Sendable {
    /// A machine has validated and stored it.
    case hit
    /// No machine has, as far as Redis knows.
    case miss
    /// No answer in time; the answer that comes later reaches nobody.
    case timeout
    /// Redis is not asked, or answered something else.
    case error
}

/// The Redis tier of the validation cache (R4): whether another machine has validated and stored
/// a request. Any thread; nothing here blocks.
final class RedisValidationCache: Sendable {
    private let link: RedisLink
    private let budgetNanoseconds: UInt64
    private let timeToLiveMilliseconds: Int64
    private let storesMax = 1024
    private let prefix = Array("hookline:validated:".utf8)

    /// A cache over a link of the role `cache`, whose budget is that of every lookup.
    init(_ link: RedisLink, timeToLiveMilliseconds: Int64) {
        self.link = link
        budgetNanoseconds = link.options.budgetNanoseconds
        self.timeToLiveMilliseconds = timeToLiveMilliseconds
    }

    /// Asks for a key that `ValidationKeys` made; all that wait are asked for together.
    ///
    /// The completion is called exactly once, within the budget and the thread's own turn: on the
    /// link's thread, or at once on this one when Redis is not asked.
    func lookup(key: [UInt8], completion: @escaping @Sendable (ValidationLookup) -> Void) {
        guard let (name, content) = parts(key) else { return completion(.error) }
        link.send(
            RedisRequest(
                command: RedisCommand("GET").with(name),
                deadlineNanoseconds: MonotonicClock.now() + budgetNanoseconds
            ) { outcome in completion(Self.result(of: outcome, content)) })
    }

    /// Writes that a request was validated and stored; call it after the commit, never before.
    /// When Redis is slow or away the entry is left out.
    func store(key: [UInt8]) {
        guard let (name, content) = parts(key), link.pending < storesMax else { return }
        let command = RedisCommand("SET").with(name).with(content).with("PX")
            .with(timeToLiveMilliseconds)
        link.send(
            RedisRequest(
                command: command, deadlineNanoseconds: MonotonicClock.now() + budgetNanoseconds,
                completion: { _ in }))
    }

    private func parts(_ key: [UInt8]) -> (name: [UInt8], content: [UInt8])? {
        guard key.count == 32 else { return nil }
        return (prefix + key[..<16], Array(key[16...]))
    }

    private static func result(of outcome: RedisOutcome, _ content: [UInt8]) -> ValidationLookup {
        switch outcome {
        case .reply(.bytes(let found)):
            // What somebody else wrote there says nothing.
            ConstantTime.equal(content, found[...]) ? .hit : .miss
        case .reply(.null): .miss
        case .reply: .error
        case .notSent(.timeout), .unknown(.timeout): .timeout
        case .notSent, .unknown: .error
        }
    }
}
