/// Which Redis: `redis://[[user]:password@]host[:port][/db]`, `unix://[…@]/path[?db=N]`, or the
/// master that sentinels know: `redis+sentinel://[…@]host[:port][,host[:port]…]/name[/db]`.
public struct RedisURL: Sendable, Equatable {
    /// Where it is.
    public enum Place: Sendable, Equatable {
        /// A host by name or numeric address, and its port.
        case host(String, port: UInt16)
        /// The path of a Unix socket.
        case socket(path: String)
        /// The master of this name, which 1 to 16 sentinels watch.
        case sentinels([Sentinel], master: String)
    }

    /// Where a sentinel listens.
    public struct Sentinel: Sendable, Hashable {
        /// Its name or numeric address.
        public var host: String
        /// Its port.
        public var port: UInt16

        /// A sentinel; the default port is Redis's.
        public init(host: String, port: UInt16 = 26379) {
            self.host = host
            self.port = port
        }
    }

    /// What is wrong with a text that should be such a URL.
    public enum Fault: String, Error, Sendable, CaseIterable {
        case scheme = "it begins neither with redis:// nor with redis+sentinel:// nor with unix://"
        case encrypted =
            "TLS is not spoken here: use a local stunnel, or a Unix socket, and redis:// or unix://"
        case host = "the host is missing or holds a character that no host has"
        case sentinels = "there are more than 16 sentinels"
        case master =
            "the master's name after the sentinels is missing, or not only letters, digits and ._-"
        case port = "the port is not a number from 1 to 65535"
        case path = "the socket's path is not absolute or is longer than 107 bytes"
        case database = "the database is not a number from 0 to 999999"
        case credentials = "the user or password is not written as user:password@"
        case escape = "a percent sign is not followed by two hexadecimal digits"
        case query = "the only query is db=N after a Unix socket's path"
    }

    /// Where it is.
    public var place: Place
    /// The number of the database that is selected.
    public var database = 0
    /// What the URL itself says of them; nil when it has none.
    public var credentials: RedisCredentials?

    /// A URL from its parts.
    public init(place: Place, database: Int = 0, credentials: RedisCredentials? = nil) {
        self.place = place
        self.database = database
        self.credentials = credentials
    }

    /// Reads a URL; its faults never hold a part of it.
    public init(_ text: String) throws(Fault) {
        if text.hasPrefix("rediss://") || text.hasPrefix("rediss+sentinel://") { throw .encrypted }
        if text.hasPrefix("redis://") {
            try self.init(tcp: text.dropFirst(8))
        } else if text.hasPrefix("redis+sentinel://") {
            try self.init(sentinels: text.dropFirst(17))
        } else if text.hasPrefix("unix://") {
            try self.init(unix: text.dropFirst(7))
        } else {
            throw .scheme
        }
    }

    private init(tcp text: Substring) throws(Fault) {
        let (userinfo, rest) = Self.splitUserinfo(text, within: text.firstIndex(of: "/"))
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        if rest.contains("?") || rest.contains("#") { throw .query }
        let (host, port) = try Self.address(rest[..<slash], defaultPort: 6379)
        place = .host(host, port: port)
        credentials = try userinfo.map { part throws(Fault) in try Self.credentials(part) }
        database = try Self.database(rest[slash...].dropFirst())
    }

    private init(sentinels text: Substring) throws(Fault) {
        let (userinfo, rest) = Self.splitUserinfo(text, within: text.firstIndex(of: "/"))
        if rest.contains("?") || rest.contains("#") { throw .query }
        let parts = rest.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        let hosts = parts[0].split(separator: ",", omittingEmptySubsequences: false)
        guard hosts.count <= 16 else { throw .sentinels }
        var sentinels: [Sentinel] = []
        for host in hosts {
            let (host, port) = try Self.address(host, defaultPort: 26379)
            let sentinel = Sentinel(host: host, port: port)
            if !sentinels.contains(sentinel) { sentinels.append(sentinel) }
        }
        // The characters that Sentinel allows in a name:
        // https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
        let isName = parts.count > 1 && Self.isWord(parts[1], also: "._-")
        guard isName, parts[1].utf8.count <= 128 else { throw .master }
        place = .sentinels(sentinels, master: String(parts[1]))
        credentials = try userinfo.map { part throws(Fault) in try Self.credentials(part) }
        database = parts.count > 2 ? try Self.database(parts[2]) : 0
    }

    private init(unix text: Substring) throws(Fault) {
        let (userinfo, rest) = Self.splitUserinfo(text, within: text.firstIndex(of: "/"))
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = try Self.text(Self.unescaped(parts[0]), or: .path)
        guard path.hasPrefix("/"), path.utf8.count <= 107, !path.utf8.contains(0) else {
            throw .path
        }
        place = .socket(path: path)
        credentials = try userinfo.map { part throws(Fault) in try Self.credentials(part) }
        if parts.count == 2 {
            guard parts[1].hasPrefix("db=") else { throw .query }
            database = try Self.database(parts[1].dropFirst(3))
        }
    }

    /// The part before the last @ that stands before the path, and what follows it.
    private static func splitUserinfo(
        _ text: Substring, within end: Substring.Index?
    ) -> (Substring?, Substring) {
        guard let at = text[..<(end ?? text.endIndex)].lastIndex(of: "@") else {
            return (nil, text)
        }
        return (text[..<at], text[text.index(after: at)...])
    }

    private static func address(
        _ text: Substring, defaultPort: UInt16
    ) throws(Fault) -> (host: String, port: UInt16) {
        var host = text
        var port = defaultPort
        // The colons of an IPv6 address stand in brackets.
        let end = text.lastIndex(of: "]") ?? text.startIndex
        if let colon = text[end...].lastIndex(of: ":") {
            guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else {
                throw .port
            }
            host = text[..<colon]
            port = number
        }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let name = isBracketed ? host.dropFirst().dropLast() : host
        guard name.utf8.count <= 253, isWord(name, also: isBracketed ? "-._:%" : "-._") else {
            throw .host
        }
        return (String(name), port)
    }

    private static func isWord(_ text: Substring, also more: String) -> Bool {
        !text.isEmpty
            && text.allSatisfy { character in
                character.isASCII
                    && (character.isLetter || character.isNumber || more.contains(character))
            }
    }

    private static func credentials(_ text: Substring) throws(Fault) -> RedisCredentials {
        guard let colon = text.firstIndex(of: ":") else { throw .credentials }
        let user = try Self.text(unescaped(text[..<colon]), or: .credentials)
        let password = try unescaped(text[text.index(after: colon)...])
        guard !password.isEmpty else { throw .credentials }
        return RedisCredentials(user: user.isEmpty ? nil : user, password: password)
    }

    private static func database(_ text: Substring) throws(Fault) -> Int {
        if text.isEmpty { return 0 }
        guard text.utf8.count <= 6, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(text)
        else { throw .database }
        return number
    }

    private static func text(_ bytes: [UInt8], or fault: Fault) throws(Fault) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw fault }
        return text
    }

    private static func unescaped(_ text: Substring) throws(Fault) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16),
                high != 0x2b, high != 0x2d
            else { throw .escape }
            bytes.append(value)
        }
        return bytes
    }
}
