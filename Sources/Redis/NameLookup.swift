import Glibc
import Synchronization

/// The addresses of a host, looked up on a thread of its own: `getaddrinfo` blocks for as long as
/// it likes and cannot be cancelled, so whoever waits has a deadline and leaves it behind.
public final class NameLookup: Sendable {
    /// Looks up a name on the calling thread: numeric addresses, or why there are none.
    public typealias Resolver = @Sendable (String) -> Result<[String], RedisError>

    /// What the thread gets: released exactly once, by the thread itself.
    private final class Start: Sendable {
        let lookup: NameLookup
        let host: String
        let waker: RedisWaker
        let resolver: Resolver

        init(
            _ lookup: NameLookup, _ host: String, _ waker: RedisWaker,
            _ resolver: @escaping Resolver
        ) {
            self.lookup = lookup
            self.host = host
            self.waker = waker
            self.resolver = resolver
        }
    }

    private let state = Mutex<Result<[String], RedisError>?>(nil)

    /// Begins to look up `host`, and rings when it is done; a numeric address is done at once.
    public init(
        _ host: String, waker: RedisWaker,
        resolver: @escaping Resolver = { NameLookup.addresses(of: $0) }
    ) {
        if Self.isNumeric(host) {
            state.withLock { $0 = .success([host]) }
            return
        }
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(self, host, waker, resolver)).toOpaque()
        let code = pthread_create(&thread, nil, { NameLookup.run($0) }, start)
        guard code == 0 else {
            Unmanaged<Start>.fromOpaque(start).release()
            state.withLock { $0 = .failure(.unresolved(String(cString: strerror(code)))) }
            return
        }
        pthread_detach(thread)
    }

    /// The addresses, at least one, or why there is none; nil while it is under way.
    public var result: Result<[String], RedisError>? { state.withLock { $0 } }

    /// Asks the system's resolver; blocks.
    public static func addresses(of host: String) -> Result<[String], RedisError> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            return .failure(.unresolved(String(cString: gai_strerror(code))))
        }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next {
            if let text = numericText(entry.pointee), !addresses.contains(text) {
                addresses.append(text)
            }
            next = entry.pointee.ai_next
        }
        return addresses.isEmpty ? .failure(.unresolved("no address")) : .success(addresses)
    }

    private static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context else { return nil }
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        let result = start.resolver(start.host)
        start.lookup.state.withLock { $0 = result }
        start.waker.ring()
        return nil
    }

    private static func isNumeric(_ host: String) -> Bool {
        var four = in_addr()
        var six = in6_addr()
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }

    private static func numericText(_ entry: addrinfo) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = getnameinfo(
            entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        guard code == 0 else { return nil }
        return text.withUnsafeBufferPointer { text in
            text.baseAddress.map { String(cString: $0) }
        }
    }
}
