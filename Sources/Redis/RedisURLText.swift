extension RedisURL: CustomStringConvertible {
    /// The URL as it is shown: without credentials.
    public var description: String {
        switch place {
        case .host(let host, let port):
            "redis://\(Self.address(host, port))/\(database)"
        case .socket(let path):
            "unix://\(path)" + (database == 0 ? "" : "?db=\(database)")
        case .sentinels(let sentinels, let master):
            "redis+sentinel://"
                + sentinels.map { Self.address($0.host, $0.port) }.joined(separator: ",")
                + "/\(master)/\(database)"
        }
    }

    private static func address(_ host: String, _ port: UInt16) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
