import POSIX

/// Where the host of a changed origin comes from, in the order in which they are tried.
enum HostSource: CaseIterable, Sendable {
    /// As verification used it.
    case used
    /// The public URL's.
    case publicURL
    /// The public URL's with the capitals that it was written with.
    case publicURLAsWritten
    case hostField, forwardedHost, lastForwardedHost, originalHost, forwarded
    /// The host with `www.` before it, or without.
    case otherWWW
}

/// Where the port of a changed origin comes from, in the order in which they are tried.
enum PortSource: CaseIterable, Sendable {
    /// As verification used it.
    case used
    /// No port in the URL.
    case none
    /// The scheme's own port, written out.
    case schemeDefault
    case publicURL, hostField, forwardedPort, forwardedHost
    /// What remains of the other scheme: `https://host:80`, `http://host:443`.
    case otherDefault
    /// Ports on which https is often served beside 443.
    case alternative8443, alternative8080
}

/// A changed origin, by where its parts come from, so that it holds for other requests too.
struct OriginChange: Sendable, Hashable {
    /// The scheme is the other one.
    var isOtherScheme = false
    var host = HostSource.used
    /// The host is in small letters, whose source has capitals.
    var isHostLowercased = false
    var port = PortSource.used

    /// What there is to take parts from.
    struct Sources: Sendable {
        /// The origin that verification used; nil when it found none.
        var used: SignedOrigin?
        /// The public URL's.
        var publicURL: SignedOrigin?
        /// The public URL's with the capitals that its host was written with, when it had any.
        var publicURLAsWritten: SignedOrigin?
        var evidence: ForwardingEvidence
    }

    /// The changed origin of a request; nil when a source is not there.
    func applied(to sources: Sources) -> SignedOrigin? {
        let base = sources.used ?? sources.publicURL
        guard var host = resolvedHost(sources) else { return nil }
        if isHostLowercased {
            guard host.contains(where: { $0 != ASCII.lowercased($0) }) else { return nil }
            host = host.map(ASCII.lowercased)
        }
        let isHTTPS = (base?.isHTTPS ?? true) != isOtherScheme
        var origin = SignedOrigin(isHTTPS: isHTTPS, host: host)
        let other = SignedOrigin(isHTTPS: !isHTTPS, host: host)
        let evidence = sources.evidence
        let ports: [UInt8]?
        switch port {
        case .none: return origin
        case .used: ports = base?.port
        case .schemeDefault: ports = origin.defaultPort
        case .publicURL: ports = sources.publicURL?.port
        case .hostField: ports = evidence.hostField?.port
        case .forwardedPort: ports = evidence.forwardedPort
        case .forwardedHost: ports = evidence.forwardedHosts.first?.port
        case .otherDefault: ports = other.defaultPort
        case .alternative8443: ports = Array("8443".utf8)
        case .alternative8080: ports = Array("8080".utf8)
        }
        guard let ports else { return nil }
        origin.port = ports
        return origin
    }

    /// True when nothing in the request or the configuration points to it.
    var isGuess: Bool {
        host == .otherWWW || [.otherDefault, .alternative8443, .alternative8080].contains(port)
    }

    private func resolvedHost(_ sources: Sources) -> [UInt8]? {
        let evidence = sources.evidence
        let base = sources.used ?? sources.publicURL
        let www = Array("www.".utf8)
        switch host {
        case .used: return sources.used?.host
        case .publicURL: return sources.publicURL?.host
        case .publicURLAsWritten: return sources.publicURLAsWritten?.host
        case .hostField: return evidence.hostField?.host
        case .forwardedHost: return evidence.forwardedHosts.first?.host
        case .lastForwardedHost: return evidence.forwardedHosts.last?.host
        case .originalHost: return evidence.originalHost?.host
        case .forwarded: return evidence.forwarded?.host
        case .otherWWW:
            // Neither an address nor a single label.
            guard let host = base?.host, host.contains(where: { $0 | 0x20 > 0x60 }),
                host.contains(UInt8(ascii: "."))
            else { return nil }
            return host.starts(with: www) ? Array(host.dropFirst(4)) : www + host
        }
    }
}

/// A changed origin as it is tried.
struct OriginTrial: Sendable {
    var change: OriginChange
    var origin: SignedOrigin
    /// Nothing in the request or the configuration points to it.
    var isGuess: Bool
    /// How many of scheme, host and port differ from what verification used.
    var differences: Int

    /// More origins than this are not tried.
    static let countMax = 48

    /// Every origin that is worth a try, those first in which the least differs; without those
    /// that verification tried itself.
    static func all(_ sources: OriginChange.Sources) -> [OriginTrial] {
        var seen = Set<SignedOrigin>(verified(sources))
        var trials: [OriginTrial] = []
        for change in changes {
            guard let origin = change.applied(to: sources), seen.insert(origin).inserted
            else { continue }
            trials.append(
                OriginTrial(
                    change: change, origin: origin, isGuess: change.isGuess,
                    differences: differences(origin, sources.used)))
        }
        let sorted = (0...3).flatMap { count in trials.filter { $0.differences == count } }
        return Array(sorted.prefix(countMax))
    }

    /// Every change in the order in which it is tried: hosts as they were written first.
    private static let changes: [OriginChange] = [false, true].flatMap { isLowercased in
        HostSource.allCases.flatMap { host in
            PortSource.allCases.flatMap { port in
                [false, true].map { isOtherScheme in
                    OriginChange(
                        isOtherScheme: isOtherScheme, host: host, isHostLowercased: isLowercased,
                        port: port)
                }
            }
        }
    }

    /// The origins that verification tries: see `OriginSpellings` and `SignedURL`.
    static func verified(_ sources: OriginChange.Sources) -> [SignedOrigin] {
        guard let used = sources.used else { return [] }
        let written = used == sources.publicURL ? sources.publicURLAsWritten : nil
        return [used, written].compactMap(\.self).flatMap { origin in
            var other = origin
            other.port = origin.port == nil ? origin.defaultPort : nil
            return [origin, other]
        }
    }

    private static func differences(_ origin: SignedOrigin, _ used: SignedOrigin?) -> Int {
        guard let used else { return 1 }
        return (origin.isHTTPS != used.isHTTPS ? 1 : 0) + (origin.host != used.host ? 1 : 0)
            + (origin.hasSamePort(as: used) ? 0 : 1)
    }
}
