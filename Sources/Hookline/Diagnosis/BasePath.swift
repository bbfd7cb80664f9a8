import POSIX

/// What may stand between the origin and the target that arrived: a path that a proxy strips.
enum BasePath {
    /// More base paths than this are not tried.
    static let countMax = 24
    /// A longer one is not tried.
    static let bytesMax = 128

    /// Prefixes that people choose, tried last.
    private static let common = [
        "/twilio", "/webhooks", "/webhook", "/hooks", "/hookline", "/api", "/messaging", "/v1",
    ]

    /// What there is to take base paths from.
    struct Sources: Sendable {
        /// The base path that verification used, empty when there was none.
        var used: [UInt8]
        /// The public URL's.
        var publicURL: [UInt8]
        var evidence: ForwardingEvidence
        /// The path of the request.
        var path: [UInt8]
        /// The paths that take webhooks.
        var routes: [[UInt8]]
    }

    /// Every base path that is worth a try besides the one that was used.
    static func all(_ sources: Sources) -> [[UInt8]] {
        var seen: Set<[UInt8]> = [sources.used]
        var paths: [[UInt8]] = []
        func add(_ path: [UInt8]) {
            guard path.isEmpty || isUsable(path[...]), seen.insert(path).inserted else { return }
            paths.append(path)
        }
        add([])
        add(sources.publicURL)
        if let prefix = sources.evidence.prefix { add(prefix) }
        for (_, target) in sources.evidence.originalTargets {
            let original = target.prefix { $0 != UInt8(ascii: "?") }
            if original.reversed().starts(with: sources.path.reversed()) {
                add(Array(original.dropLast(sources.path.count)))
            }
        }
        // A route whose beginning was stripped, and the beginnings of those that are known.
        for route in sources.routes where route.reversed().starts(with: sources.path.reversed()) {
            add(Array(route.dropLast(sources.path.count)))
        }
        for path in [sources.used, sources.path] {
            for count in 1...3 {
                add(path.leading(segments: count))
                add(Array(path.dropFirst(path.leading(segments: count).count)))
            }
        }
        for path in common { add(Array(path.utf8)) }
        for path in common where !sources.used.isEmpty { add(sources.used + Array(path.utf8)) }
        return Array(paths.prefix(countMax))
    }

    /// True for a path that can stand between origin and target.
    static func isUsable(_ path: ArraySlice<UInt8>) -> Bool {
        path.first == UInt8(ascii: "/") && path.last != UInt8(ascii: "/")
            && path.count <= bytesMax && path.allSatisfy(ASCII.isVisible)
            && !path.contains { "?#".utf8.contains($0) }
    }
}

extension Array where Element == UInt8 {
    /// The first segments of a path with their slashes: `/a/b` of `/a/b/c`; empty when the path
    /// has no more segments than that.
    func leading(segments count: Int) -> [UInt8] {
        var found = 0
        for (index, byte) in enumerated() where byte == UInt8(ascii: "/") && index > 0 {
            found += 1
            if found == count { return Array(self[..<index]) }
        }
        return []
    }
}
