import POSIX

/// Whether `--forward-to` leads back to Hookline itself, as far as the configuration shows.
struct ForwardLoop {
    /// The names and addresses of this machine, as they are written in a URL.
    var ownHosts: Set<String>

    /// `ownHosts` are the addresses of this machine's interfaces if none are given.
    init(ownHosts: Set<String> = Set(NetworkAddress.ownHosts)) { self.ownHosts = ownHosts }

    /// One sentence about what is wrong; nil when nothing is to be seen.
    func fault(in configuration: Configuration) -> String? {
        configuration.forwardTo.flatMap { fault(of: $0, in: configuration) }
    }

    /// The same of any destination.
    func fault(of destination: DestinationURL, in configuration: Configuration) -> String? {
        guard let place = destination.place else { return nil }
        let (host, port) = (Self.plain(place.host), place.port)
        let listeners = [("listen", configuration.listen), ("ops-listen", configuration.opsListen)]
        for (key, address) in listeners {
            guard let address, leads(host, port, to: address) else { continue }
            return "\"\(destination.withoutQuery)\" leads back to Hookline itself, which listens "
                + "there (\(key) \(address)); name the address of your application"
        }
        if let url = configuration.publicURL, let own = DestinationURL.place(of: Array(url.utf8)),
            (Self.plain(own.host), own.port) == (host, port)
        {
            return "\"\(destination.withoutQuery)\" has the host and port of public-url, where "
                + "Twilio reaches Hookline itself; name the address of your application"
        }
        return nil
    }

    private func leads(_ host: String, _ port: UInt16, to address: ListenAddress) -> Bool {
        guard address.port != 0, address.port == port else { return false }
        let listens = Self.plain(address.host)
        switch listens {
        case host: return true
        case "0.0.0.0", "::":
            return Self.isLoopback(host) || host == "0.0.0.0" || host == "::"
                || ownHosts.contains(host)
        case "localhost": return ["127.0.0.1", "::1"].contains(host) || Self.isLocalName(host)
        case "127.0.0.1", "::1":
            return Self.isLocalName(host) || host == (listens == "::1" ? "::" : "0.0.0.0")
        default: return false
        }
    }

    private static func isLocalName(_ host: String) -> Bool {
        host == "localhost" || host.hasSuffix(".localhost")
    }

    private static func isLoopback(_ host: String) -> Bool {
        isLocalName(host) || host == "::1"
            || host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == 0x2e || $0 < 0x3a }
    }

    /// Small letters, without brackets and without the dot that ends a complete name; an IPv4
    /// address that is written as IPv6 as itself.
    private static func plain(_ host: String) -> String {
        var host = host.lowercased()[...]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        if host.hasSuffix("."), host.count > 1 { host = host.dropLast() }
        if host.hasPrefix("::ffff:"), host.contains(".") { host = host.dropFirst(7) }
        return String(host)
    }
}
