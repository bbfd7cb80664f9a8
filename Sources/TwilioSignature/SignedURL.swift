import POSIX

/// The forms of a URL that Twilio may have signed.
///
/// Messaging requests are signed with the port as configured, voice requests without it, and
/// some back ends add the default one; Twilio's libraries therefore try all three
/// (https://github.com/twilio/twilio-node/issues/411). Only the authority is touched: path and
/// query stay the bytes that were received.
public struct SignedURL: Sendable {
    /// The form that matched, in the order in which they are tried.
    public enum Candidate: String, CaseIterable, Sendable {
        /// As received.
        case received
        /// Without the explicit port.
        case withoutPort = "without_port"
        /// With the scheme's default port, which was not explicit.
        case withDefaultPort = "with_default_port"
    }

    /// The URL as received, which is tried first.
    package let received: [UInt8]
    /// The other form that it may have been signed in; nil when it is no absolute URL.
    private(set) var other: (form: Candidate, url: [UInt8])?

    /// The forms of the URL of an origin and a target.
    package init(origin: Span<UInt8>, target: Span<UInt8>) {
        self.init(
            [UInt8](room: origin.count + target.count) { url in
                url.append(copying: origin)
                url.append(copying: target)
            })
    }

    /// The forms of an absolute URL.
    package init(_ url: [UInt8]) {
        received = url
        if let authority = Self.authority(of: url) {
            let hostStart =
                url[authority].lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 }
                ?? authority.lowerBound
            let host = hostStart..<authority.upperBound
            // The colons of an IPv6 address lie before its bracket.
            let afterBracket = url[host].lastIndex(of: UInt8(ascii: "]")) ?? host.lowerBound
            let tail = url[afterBracket..<host.upperBound]
            if let colon = tail.firstIndex(of: UInt8(ascii: ":")) {
                let port = colon..<host.upperBound
                other = (.withoutPort, Self.replacing(port, of: url, with: ""))
            } else {
                let port: StaticString = url.prefix(5).equals("https") ? ":443" : ":80"
                let end = host.upperBound..<host.upperBound
                other = (.withDefaultPort, Self.replacing(end, of: url, with: port))
            }
        }
    }

    /// The values of the query's parameters of this name, decoded as Twilio's libraries decode them
    /// (`%62odySHA256` is `bodySHA256`); empty ones say nothing and are left out.
    package static func queryValues(
        of target: ArraySlice<UInt8>, named name: StaticString
    ) -> [ArraySlice<UInt8>] {
        guard let mark = target.firstIndex(of: UInt8(ascii: "?")) else { return [] }
        // The line that a request begins with is bounded, so the number of parameters is.
        let query = try? FormParameters(
            parsing: Array(target[(mark + 1)...]), parametersMax: .max - 1)
        return (query?.decoded ?? []).filter { $0.name.equals(name) && !$0.value.isEmpty }
            .map(\.value)
    }

    private static func replacing(
        _ range: Range<Int>, of url: [UInt8], with port: StaticString
    ) -> [UInt8] {
        [UInt8](room: url.count + port.utf8CodeUnitCount) { other in
            other.append(copying: url.span.extracting(..<range.lowerBound))
            other.append(copying: port)
            other.append(copying: url.span.extracting(range.upperBound...))
        }
    }

    private static func authority(of url: [UInt8]) -> Range<Int>? {
        guard let colon = url.firstIndex(of: UInt8(ascii: ":")),
            url[colon...].prefix(3).equals("://")
        else { return nil }
        let start = colon + 3
        let end = url[start...].firstIndex { byte in
            byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
        }
        return start..<(end ?? url.count)
    }
}
