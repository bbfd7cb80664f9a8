/// The forms of a URL that Twilio may have signed.
///
/// Messaging requests are signed with the port as configured, voice requests without it, and
/// some back ends add the default one; Twilio's libraries therefore try all three
/// (https://github.com/twilio/twilio-node/issues/411). Only the authority is touched: path and
/// query stay the bytes that were received.
struct SignedURL: Sendable {
    /// The form that matched, in the order in which they are tried.
    enum Candidate: String, CaseIterable, Sendable {
        /// As received.
        case received
        /// Without the explicit port.
        case withoutPort = "without_port"
        /// With the scheme's default port, which was not explicit.
        case withDefaultPort = "with_default_port"
    }

    /// The candidates and their bytes; `received` is the first.
    let candidates: [(form: Candidate, url: [UInt8])]

    /// The candidates of an absolute URL.
    init(_ url: [UInt8]) {
        var candidates: [(form: Candidate, url: [UInt8])] = [(.received, url)]
        if let authority = Self.authority(of: url) {
            let hostStart =
                url[authority].lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 }
                ?? authority.lowerBound
            let host = hostStart..<authority.upperBound
            // The colons of an IPv6 address lie before its bracket.
            let afterBracket = url[host].lastIndex(of: UInt8(ascii: "]")) ?? host.lowerBound
            let tail = url[afterBracket..<host.upperBound]
            if let colon = tail.firstIndex(of: UInt8(ascii: ":")) {
                candidates.append((.withoutPort, Array(url[..<colon]) + url[host.upperBound...]))
            } else {
                let isHTTPS = url.starts(with: "https".utf8)
                let port = isHTTPS ? ":443" : ":80"
                candidates.append(
                    (
                        .withDefaultPort,
                        Array(url[..<host.upperBound]) + Array(port.utf8) + url[host.upperBound...]
                    ))
            }
        }
        self.candidates = candidates
    }

    /// The values of the query's parameters called exactly `name`, as they stand in the URL.
    static func queryValues(of target: [UInt8], named name: StaticString) -> [ArraySlice<UInt8>] {
        guard let mark = target.firstIndex(of: UInt8(ascii: "?")) else { return [] }
        let prefix = Array("\(name)=".utf8)
        return target[(mark + 1)...].split(separator: UInt8(ascii: "&"))
            .filter { $0.starts(with: prefix) }.map { $0.dropFirst(prefix.count) }
    }

    private static func authority(of url: [UInt8]) -> Range<Int>? {
        guard let colon = url.firstIndex(of: UInt8(ascii: ":")),
            url[colon...].starts(with: "://".utf8)
        else { return nil }
        let start = colon + 3
        let end = url[start...].firstIndex { "/?#".utf8.contains($0) } ?? url.count
        return start..<end
    }
}
