import Curl
import Hookline

/// What the configuration makes of a URL that is entered at Twilio.
enum WebhookPlace: Equatable {
    /// Nothing is entered.
    case none
    /// A path of this Hookline that takes webhooks, without the base path.
    case here(path: String)
    /// This Hookline's host, but another scheme or port than the public URL's.
    case otherOrigin
    /// This Hookline's host, but a path that takes no webhooks.
    case otherPath(String)
    /// A host of a tunnel service that is not the public URL's.
    case tunnel(host: String)
    /// Another host.
    case elsewhere(host: String)
    /// Not a URL.
    case unreadable
}

/// What Twilio has to call: the public URL and the routes of a configuration.
struct ExpectedWebhooks: Sendable {
    /// Connection overrides that let Twilio try again
    /// (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
    static let overrides = "#rc=3&rp=all"
    private static let statusPath = "/webhook/status"

    private let publicURL: String
    private let parts: URLParts
    private let paths: [String]

    /// Nil without a public URL.
    init?(_ configuration: Configuration) {
        guard let url = configuration.publicURL, let parts = URLParts(Array(url.utf8)) else {
            return nil
        }
        publicURL = url
        self.parts = parts
        paths = configuration.routes.map(\.path)
    }

    /// For incoming SMS.
    var sms: String { publicURL + "/webhook/sms" + Self.overrides }
    /// For incoming WhatsApp messages.
    var whatsApp: String { publicURL + "/webhook/whatsapp" + Self.overrides }
    /// For status callbacks.
    var status: String { publicURL + Self.statusPath + Self.overrides }
    /// Where this Hookline says that it serves.
    var health: String { publicURL + "/healthz" }

    /// True for the path of status callbacks alone.
    static func isForStatus(_ path: String) -> Bool { path == statusPath }

    /// True for one of the paths of messages alone.
    static func isForMessages(_ path: String) -> Bool {
        path.hasPrefix("/webhook/whatsapp") || path == "/webhook/sms"
    }

    /// Where a URL leads.
    func place(of url: String?) -> WebhookPlace {
        guard let url, !url.isEmpty else { return .none }
        let address = url.prefix { $0 != "#" }
        guard let found = URLParts(Array(address.utf8)) else { return .unreadable }
        guard found.host == parts.host else {
            return Self.isTunnel(found.host)
                ? .tunnel(host: found.host) : .elsewhere(host: found.host)
        }
        guard found.scheme == parts.scheme, found.port == parts.port else { return .otherOrigin }
        let path = String(decoding: found.path, as: UTF8.self)
        var base = String(decoding: parts.path, as: UTF8.self)
        if base.hasSuffix("/") { base.removeLast() }
        guard path.hasPrefix(base), paths.contains(String(path.dropFirst(base.count))) else {
            return .otherPath(path)
        }
        return .here(path: String(path.dropFirst(base.count)))
    }

    /// Services whose hosts come and go with a tunnel.
    private static let tunnels = [
        "ngrok.io", "ngrok.app", "ngrok.dev", "ngrok-free.app", "ngrok-free.dev",
        "trycloudflare.com", "loca.lt", "localtunnel.me", "lhr.life", "localhost.run", "serveo.net",
        "serveousercontent.com", "pinggy.link", "bore.pub", "devtunnels.ms", "telebit.io",
        "tunnelmole.net", "webhook.site",
    ]

    private static func isTunnel(_ host: String) -> Bool {
        tunnels.contains { host == $0 || host.hasSuffix("." + $0) }
    }
}
