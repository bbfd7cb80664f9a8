import POSIX
import Redis

/// The addresses of a link's Redis, one after the other. Confined to the link's thread.
struct RedisServerAddresses {
    private let place: RedisURL.Place
    private let waker: RedisWaker
    private let resolver: NameLookup.Resolver
    private let sentinels: SentinelLookup?
    private var lookup: NameLookup?
    private var known: [RedisEndpoint] = []
    /// When a lookup under way is late; nil when there is none.
    private(set) var deadlineNanoseconds: UInt64?

    init(_ options: RedisClient.Options, waker: RedisWaker) {
        place = options.url.place
        resolver = options.resolver
        self.waker = waker
        guard case .sentinels(let addresses, let master) = place else {
            sentinels = nil
            return
        }
        var asked = SentinelLookup.Options(addresses, master: master)
        asked.credentials = options.credentials
        asked.timeoutNanoseconds = options.sentinelNanoseconds
        asked.resolver = options.resolver
        sentinels = SentinelLookup(asked)
    }

    /// Where to connect next; nil while it is looked up, or sentinels are asked, which rings the
    /// waker.
    ///
    /// Throws when there is no address, or when that takes longer than `patience`: then it goes
    /// on, and the next call waits for the same one, so that there is never a second thread.
    mutating func next(at now: UInt64, patience: UInt64) throws(RedisError) -> RedisEndpoint? {
        if known.isEmpty {
            guard let found = found() else {
                try wait(now, patience)
                return nil
            }
            deadlineNanoseconds = nil
            known = try found.get()
        }
        return known.first
    }

    /// The address in use failed: the next one is another, and after the last, the name is looked
    /// up, or a sentinel is asked, anew.
    mutating func failed() {
        guard !known.isEmpty else { return }
        known.removeFirst()
        if known.isEmpty { sentinels?.misled() }
    }

    /// What a lookup has found; nil while it is under way.
    private mutating func found() -> Result<[RedisEndpoint], RedisError>? {
        switch place {
        case .socket(let path):
            return .success([.unix(path: path)])
        case .host(let host, let port):
            let lookup = self.lookup ?? NameLookup(host, waker: waker, resolver: resolver)
            let result = lookup.result
            self.lookup = result == nil ? lookup : nil
            return result?.map { $0.map { .tcp(address: $0, port: port) } }
        case .sentinels:
            if let result = sentinels?.take() { return result }
            sentinels?.begin(waker: waker)
            return nil
        }
    }

    private mutating func wait(_ now: UInt64, _ patience: UInt64) throws(RedisError) {
        let deadline = deadlineNanoseconds ?? now + patience
        deadlineNanoseconds = deadline
        if now >= deadline {
            deadlineNanoseconds = nil
            throw .timeout
        }
    }
}
