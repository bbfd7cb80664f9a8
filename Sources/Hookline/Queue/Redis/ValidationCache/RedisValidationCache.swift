import OpenSSL
import POSIX
import Redis

/// The Redis tier of the validation cache: whether another machine has validated and stored
/// a request. Any thread; nothing here blocks.
final class RedisValidationCache: Sendable {
    private let link: RedisClient
    private let budgetNanoseconds: UInt64
    private let timeToLiveMilliseconds: Int64
    private let storesMax = 1024

    /// A cache over a link of the role `cache`, whose budget is that of every lookup.
    init(_ link: RedisClient, timeToLiveMilliseconds: Int64) {
        self.link = link
        budgetNanoseconds = link.options.budgetNanoseconds
        self.timeToLiveMilliseconds = timeToLiveMilliseconds
    }

    /// Asks for keys that `ValidationKeys` made; all that wait are asked for together.
    ///
    /// The completion is called exactly once for each, with its position, within the budget and
    /// the thread's own turn: on the link's thread, or at once on this one when Redis is not
    /// asked.
    func lookup(
        keys: [[UInt8]], completion: @escaping @Sendable (Int, CacheResult) -> Void
    ) {
        let deadline = MonotonicClock.now() + budgetNanoseconds
        var requests: [RedisRequest] = []
        requests.reserveCapacity(keys.count)
        for (index, key) in keys.enumerated() {
            guard let entry = ValidationEntry(key: key) else {
                completion(index, .error)
                continue
            }
            requests.append(
                RedisRequest(
                    command: RedisCommand("GET").with(entry.name), deadlineNanoseconds: deadline
                ) { completion(index, Self.result(of: $0, entry.content)) })
        }
        link.send(requests)
    }

    /// Writes that a request was validated and stored; call it after the commit, never before.
    /// When Redis is slow or away the entry is left out.
    func store(key: [UInt8]) {
        guard let entry = ValidationEntry(key: key), link.pending < storesMax else { return }
        let command = RedisCommand("SET").with(entry.name).with(entry.content).with("PX")
            .with(timeToLiveMilliseconds)
        link.send(
            RedisRequest(
                command: command, deadlineNanoseconds: MonotonicClock.now() + budgetNanoseconds,
                completion: { _ in }))
    }

    private static func result(of outcome: RedisOutcome, _ content: [UInt8]) -> CacheResult {
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
