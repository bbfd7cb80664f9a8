extension RedisURL: CustomStringConvertible {
    /// The URL as it is shown: without credentials.
    public var description: String {
        switch place {
        case .host(let host, let port):
            let name = host.contains(":") ? "[\(host)]" : host
            return "redis://\(name):\(port)/\(database)"
        case .socket(let path):
            return "unix://\(path)" + (database == 0 ? "" : "?db=\(database)")
        }
    }
}
