import Glibc
import Synchronization

/// The addresses of a host, looked up on a thread of its own: `getaddrinfo` blocks for as long as
/// it likes and cannot be cancelled, so whoever waits has a deadline and leaves it behind.
public final class NameLookup: Sendable {
    /// Looks up a name on the calling thread: numeric addresses, or why there are none.
    public typealias Resolver = @Sendable (String) -> Result<[String], RedisError>

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
        do throws(RedisError) {
            try DetachedThread.run { [self] in
                let result = resolver(host)
                state.withLock { $0 = result }
                waker.ring()
            }
        } catch {
            state.withLock { $0 = .failure(error) }
        }
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
