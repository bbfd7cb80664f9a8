import POSIX

/// What is said once the receiver serves: where webhooks go in, where metrics are, and which
/// command sends a test message. The addresses are left in the data folder, for scripts.
struct StartupNotice {
    private let configuration: Configuration
    private let webhooks: String
    private let operations: String
    private let paths: DataFolderPaths

    init(_ configuration: Configuration, _ listeners: Listeners, _ paths: DataFolderPaths) {
        self.configuration = configuration
        self.paths = paths
        webhooks = Self.address(listeners.webhooks.host, listeners.webhooks.port)
        if let served = listeners.operations {
            operations = Self.address(served.host, served.port)
        } else {
            operations = webhooks
        }
    }

    func write(to log: Log) {
        let json = "{\"webhooks\":\"\(webhooks)\",\"ops\":\"\(operations)\"}\n"
        do {
            try Folder.write(Array(json.utf8), to: paths.addresses)
        } catch {
            log.write(
                LogLine(.warning, "cannot write the addresses file")
                    .with("error", error.message))
        }
        if configuration.development {
            log.write(
                LogLine(
                    .warning,
                    "development mode: a throw-away token, and the origin is taken from the "
                        + "request; do not point Twilio at this"))
        }
        log.write(
            LogLine(.info, "receiving webhooks")
                .with("url", "http://\(reachable(webhooks))/webhook/whatsapp")
                .with("origin", originWords).with("data_dir", paths.folder)
                .with("forward_to", destination))
        if let redis = configuration.redis {
            log.write(
                LogLine(.info, "sharing with other machines through Redis")
                    .with("url", "\(redis)").with("queue", configuration.queue.rawValue)
                    .with("validation_cache", configuration.validationCacheInForce.rawValue))
        }
        log.write(
            LogLine(.info, "metrics, health and status page")
                .with("status", "http://\(reachable(operations))/")
                .with("metrics", "http://\(reachable(operations))/metrics")
                .with("readiness", "http://\(reachable(operations))/readyz"))
        if let address = configuration.opsListen, !address.isLoopback {
            log.write(
                LogLine(
                    .warning,
                    "metrics and status page are open to whoever reaches this address "
                        + "(--ops-listen)"
                ).with("address", operations))
        }
        if configuration.development {
            log.write(
                LogLine(.info, "try it").with(
                    "command",
                    "hookline send http://\(reachable(webhooks))/webhook/whatsapp"))
        }
    }

    /// The destination without its query, which may hold a key.
    private var destination: String {
        let destinations = configuration.destinations
        if configuration.destinationEntries.isEmpty, configuration.forwardTo == nil {
            return "none: delivered to the log"
        }
        if destinations.count == 1 { return destinations[0].targetText }
        return destinations.map { "\($0.name.text) \($0.targetText)" }.joined(separator: ", ")
    }

    private var originWords: String {
        if let url = configuration.publicURL { return url }
        if !configuration.trustedProxies.isEmpty { return "X-Forwarded-* of trusted proxies" }
        return "the request's Host field"
    }

    /// An address that a client on this machine can use.
    private func reachable(_ address: String) -> String {
        for wildcard in ["0.0.0.0:", "[::]:"] where address.hasPrefix(wildcard) {
            return "127.0.0.1:" + address.dropFirst(wildcard.utf8.count)
        }
        return address
    }

    private static func address(_ host: String, _ port: UInt16) -> String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
