import POSIX
import Redis

/// The addresses of a link's Redis, one after the other. Confined to the link's thread.
struct LinkAddresses {
    private let place: RedisURL.Place
    private let waker: RedisWaker
    private let resolver: NameLookup.Resolver
    private var lookup: NameLookup?
    private var known: [String] = []
    /// When a lookup under way is late; nil when there is none.
    private(set) var deadlineNanoseconds: UInt64?

    init(_ place: RedisURL.Place, waker: RedisWaker, resolver: @escaping NameLookup.Resolver) {
        self.place = place
        self.waker = waker
        self.resolver = resolver
    }

    /// Where to connect next; nil while the name is looked up, which rings the waker.
    ///
    /// Throws when there is no address, or when the lookup takes longer than `patience`: then it
    /// goes on, and the next call waits for the same one, so that there is never a second thread.
    mutating func next(at now: UInt64, patience: UInt64) throws(RedisError) -> RedisEndpoint? {
        guard case .host(let host, let port) = place else {
            guard case .socket(let path) = place else { return nil }
            return .unix(path: path)
        }
        if known.isEmpty {
            let lookup = self.lookup ?? NameLookup(host, waker: waker, resolver: resolver)
            guard let result = lookup.result else {
                try wait(lookup, now, patience)
                return nil
            }
            self.lookup = nil
            deadlineNanoseconds = nil
            known = try result.get()
        }
        return known.first.map { .tcp(address: $0, port: port) }
    }

    /// The address in use failed: the next one is another, and the name is looked up anew after
    /// the last.
    mutating func failed() {
        if !known.isEmpty { known.removeFirst() }
    }

    private mutating func wait(
        _ lookup: NameLookup, _ now: UInt64, _ patience: UInt64
    ) throws(RedisError) {
        self.lookup = lookup
        let deadline = deadlineNanoseconds ?? now + patience
        deadlineNanoseconds = deadline
        if now >= deadline {
            deadlineNanoseconds = nil
            throw .timeout
        }
    }
}
