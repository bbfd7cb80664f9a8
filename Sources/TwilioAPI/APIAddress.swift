import Curl

/// The parts of Twilio's API that are asked; each has a host of its own.
public enum APIProduct: String, Sendable, CaseIterable {
    /// Accounts, numbers, messages.
    case api
    /// Messaging services and WhatsApp senders.
    case messaging
    /// The log of errors.
    case monitor
    case conversations
}

/// Where Twilio's API is: the only place that knows its hosts.
public struct APIAddress: Sendable, Equatable {
    /// An origin, with a base path or without, in place of Twilio's; for tests and for proxies.
    private let base: String?
    private let place: String

    /// Twilio's own hosts: `api.EDGE.REGION.twilio.com`, and `us1` where there is an edge alone
    /// (https://www.twilio.com/docs/global-infrastructure).
    /// Nil for a word that cannot be a part of a host's name.
    public init?(region: String? = nil, edge: String? = nil) {
        let parts = edge.map { [$0, region ?? "us1"] } ?? region.map { [$0] } ?? []
        guard parts.allSatisfy(Self.isLabel) else { return nil }
        place = parts.map { ".\($0)" }.joined()
        base = nil
    }

    /// Another server that answers for every product, by its URL without a slash at the end.
    /// Nil for what is not an http or https URL of a host, with a path at most.
    public init?(url: String) {
        guard let parts = URLParts(Array(url.utf8)), parts.query == nil, !url.contains("#") else {
            return nil
        }
        var url = url[...]
        while url.last == "/" { url.removeLast() }
        base = String(url)
        place = ""
    }

    /// What the path of a product's resource is appended to.
    func origin(of product: APIProduct) -> String {
        base ?? "https://\(product.rawValue)\(place).twilio.com"
    }

    private static func isLabel(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 32
            && text.utf8.allSatisfy { byte in
                (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d
            }
    }
}

extension APIAddress: CustomStringConvertible {
    /// Where the accounts are.
    public var description: String { origin(of: .api) }
}
