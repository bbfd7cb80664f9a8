import Synchronization

/// Where a master is, as its sentinels say
/// (https://redis.io/docs/latest/develop/reference/sentinel-clients/). They are asked one after
/// the other, on a thread of their own: whoever waits has a deadline and leaves it behind.
///
/// There is never more than one such thread, and no more than one for each name that is looked
/// up: a resolver that hangs is not asked again before it has answered.
public final class SentinelLookup: Sendable {
    /// Whom to ask, and how.
    public struct Options: Sendable {
        /// The sentinels, in the order in which they are asked at first.
        public var sentinels: [RedisURL.Sentinel]
        /// The name that they know the master by.
        public var master: String
        /// What a sentinel is given that wants a password, and no other.
        public var credentials: RedisCredentials?
        /// How long one sentinel may take, its name and the connection included.
        public var timeoutNanoseconds: UInt64 = 250_000_000
        /// What was found is given to whoever comes within this time: later it is asked anew.
        public var freshNanoseconds: UInt64 = 1_000_000_000
        /// Looks up the names of sentinels, and of a master that is announced by name.
        public var resolver: NameLookup.Resolver = { NameLookup.addresses(of: $0) }

        /// Asks `sentinels` for `master`.
        public init(_ sentinels: [RedisURL.Sentinel], master: String) {
            self.sentinels = sentinels
            self.master = master
        }
    }

    /// A name that is looked up, and what rings when that is done.
    private struct Name: Sendable {
        let lookup: NameLookup
        let waker: RedisWaker
    }

    private struct State: Sendable {
        var order: SentinelOrder
        var isUnderWay = false
        var result: Result<[RedisEndpoint], RedisError>?
        var resultNanoseconds: UInt64 = 0
        /// Lookups whose resolver has not answered yet.
        var names: [String: Name] = [:]
    }

    /// Names whose resolver hangs; beyond it none is looked up.
    private static let namesMax = 32

    private let options: Options
    private let state: Mutex<State>

    /// Asks nobody yet.
    public init(_ options: Options) {
        self.options = options
        state = Mutex(State(order: SentinelOrder(count: options.sentinels.count)))
    }

    /// Begins to ask, and rings when it is done; nothing while it is under way. Any thread.
    public func begin(waker: RedisWaker) {
        let isFirst = state.withLock { state in
            defer { state.isUnderWay = true }
            return !state.isUnderWay
        }
        guard isFirst else { return }
        do throws(RedisError) {
            try DetachedThread.run { [self] in
                finish(ask())
                waker.ring()
            }
        } catch {
            finish(.failure(error))
            waker.ring()
        }
    }

    /// The master's addresses, at least one, or why there is none, once; nil while it is under
    /// way or was not begun. Any thread.
    public func take() -> Result<[RedisEndpoint], RedisError>? {
        state.withLock { state in
            defer { state.result = nil }
            let isFresh = RedisClock.now() < state.resultNanoseconds + options.freshNanoseconds
            return isFresh ? state.result : nil
        }
    }

    /// What was taken last was of no use: another sentinel may know better. Any thread.
    public func misled() { state.withLock { $0.order.misled() } }

    private func finish(_ result: Result<[RedisEndpoint], RedisError>) {
        state.withLock { state in
            state.isUnderWay = false
            state.result = result
            state.resultNanoseconds = RedisClock.now()
        }
    }

    /// Asks all until one knows; blocks for as long as they may take together.
    private func ask() -> Result<[RedisEndpoint], RedisError> {
        var failures: [String] = []
        for place in state.withLock({ $0.order.places }) {
            let sentinel = options.sentinels[place]
            do throws(RedisError) {
                let found = try ask(sentinel)
                state.withLock { $0.order.answered(place) }
                return .success(found)
            } catch {
                state.withLock { $0.order.failed(place) }
                failures.append("\(sentinel.host):\(sentinel.port): \(Self.words(error))")
            }
        }
        return .failure(
            .unreachable(
                "no sentinel says where the master is: " + failures.joined(separator: "; ")))
    }

    private func ask(_ sentinel: RedisURL.Sentinel) throws(RedisError) -> [RedisEndpoint] {
        let deadline = RedisClock.now() + options.timeoutNanoseconds
        let addresses = try addresses(of: sentinel.host, deadline)
        var failure = RedisError.timeout
        for (index, address) in addresses.enumerated() {
            // An address that does not answer leaves their share of the time to the others.
            let now = RedisClock.now()
            let share = (deadline - min(deadline, now)) / UInt64(addresses.count - index)
            do throws(RedisError) {
                let reply = try ask(.tcp(address: address, port: sentinel.port), now + share)
                return try endpoints(in: reply, deadline)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private func ask(_ endpoint: RedisEndpoint, _ deadline: UInt64) throws(RedisError) -> RedisReply
    {
        let question = RedisCommand("SENTINEL", "GET-MASTER-ADDR-BY-NAME", options.master)
        let limits = ReplyLimits(bytesMax: 65_536, elementsMax: 16)
        var connection = try RedisConnection(to: endpoint, limits: limits)
        var reply = try connection.call(question, untilNanoseconds: deadline)
        if case .error(let error) = reply, error.kind == .authentication,
            let credentials = options.credentials
        {
            let replies = try connection.call(
                [credentials.command, question], untilNanoseconds: deadline)
            if case .error(let error) = replies[0] { throw .refused(error) }
            reply = replies[1]
        }
        return reply
    }

    private func endpoints(
        in reply: RedisReply, _ deadline: UInt64
    ) throws(RedisError) -> [RedisEndpoint] {
        if case .error(let error) = reply { throw .refused(error) }
        if case .null = reply { throw .unreachable("it knows no master of this name") }
        guard let parts = reply.elements, parts.count == 2, let host = parts[0].text,
            let port = parts[1].integer.flatMap({ UInt16(exactly: $0) }), port > 0, !host.isEmpty
        else { throw .garbled("no address and port") }
        let addresses = try addresses(of: host, deadline)
        return addresses.map { .tcp(address: $0, port: port) }
    }

    /// Looks a name up on a thread of its own, or goes on waiting for one that hangs.
    private func addresses(of host: String, _ deadline: UInt64) throws(RedisError) -> [String] {
        let (known, isFull) = state.withLock { state in
            (state.names.removeValue(forKey: host), state.names.count >= Self.namesMax)
        }
        guard !isFull else { throw .unresolved("too many names are being looked up") }
        let name = if let known { known } else { try looked(up: host) }
        while name.lookup.result == nil, RedisClock.now() < deadline {
            name.waker.wait(untilNanoseconds: deadline)
        }
        guard let result = name.lookup.result else {
            state.withLock { $0.names[host] = name }
            throw .timeout
        }
        return try result.get()
    }

    private func looked(up host: String) throws(RedisError) -> Name {
        let waker = try RedisWaker()
        return Name(
            lookup: NameLookup(host, waker: waker, resolver: options.resolver), waker: waker)
    }

    /// What happened, without the words about Redis: this was a sentinel.
    private static func words(_ error: RedisError) -> String {
        switch error {
        case .unresolved(let message), .unreachable(let message), .closed(let message),
            .garbled(let message):
            message
        case .timeout: "no answer in time"
        case .refused(let error): error.message
        case .notMaster: "a replica"
        }
    }
}
