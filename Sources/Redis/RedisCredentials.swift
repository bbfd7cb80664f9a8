/// What a connection presents to Redis. A description or a dump shows no password.
public struct RedisCredentials: Sendable, Equatable {
    /// The user of Redis's access lists; nil is the default user.
    public var user: String?
    /// The password, which may hold any byte.
    public var password: [UInt8]

    /// The credentials of a user.
    public init(user: String? = nil, password: [UInt8]) {
        self.user = user
        self.password = password
    }

    /// The command that presents them.
    public var command: RedisCommand {
        let name = user.map { [Array($0.utf8)] } ?? []
        return RedisCommand([Array("AUTH".utf8)] + name + [password])
    }
}

extension RedisCredentials: CustomStringConvertible, CustomReflectable {
    /// Always `[redacted]`.
    public var description: String { "[redacted]" }
    /// Shows nothing, to `dump` too.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
