import TwilioSignature

/// The request target as Twilio may have called it, given the one that arrived.
enum TargetChange: Sendable, Hashable {
    /// As it arrived.
    case none
    /// Without the first segments, which a proxy added.
    case withoutSegments(Int)
    /// With a slash at the end of the path, which a proxy took; or without one that it added.
    case slashAdded, slashRemoved
    /// With a doubled slash at the beginning, which a proxy merged; or with slashes merged.
    case slashDoubled, slashesMerged
    /// Without the query, or without its last parameter, which a proxy added.
    case withoutQuery, withoutLastParameter
    /// With the question mark of an empty query, or without one.
    case emptyQuery
    /// The query, or the path, in another spelling.
    case query(TextChange)
    case path(TextChange)
    /// The query's parameters in the order of their names, which some back ends sign.
    case sortedQuery
    /// With the `bodySHA256` that Twilio adds for a JSON body, at the end of the query.
    case withBodyDigest
    /// As a proxy kept it in a field of its own.
    case kept(OriginalTargetField)

    /// Every change that is worth a try, in a fixed order: the path's, then the query's.
    static func all(isForm: Bool) -> [TargetChange] {
        var changes: [TargetChange] = [.slashAdded, .slashRemoved]
        changes += (1...4).map { .withoutSegments($0) }
        changes += OriginalTargetField.allCases.map { .kept($0) }
        changes += [.slashDoubled, .slashesMerged]
        if !isForm { changes.append(.withBodyDigest) }
        changes += [.withoutQuery, .withoutLastParameter, .emptyQuery, .sortedQuery]
        changes += TextChange.allCases.map { .query($0) }
        changes += TextChange.allCases.map { .path($0) }
        return changes
    }

    /// The target as it may have been; nil when the change changes nothing or cannot be made.
    func applied(
        to target: [UInt8], evidence: ForwardingEvidence, bodyDigest: () -> [UInt8]
    ) -> [UInt8]? {
        let mark = UInt8(ascii: "?")
        let slash = UInt8(ascii: "/")
        let path = Array(target.prefix { $0 != mark })
        let query = Array(target[path.count...])
        switch self {
        case .none: return target
        case .withoutSegments(let count):
            let leading = path.leading(segments: count)
            return leading.isEmpty ? nil : Array(target.dropFirst(leading.count))
        case .slashAdded: return path.last == slash ? nil : path + [slash] + query
        case .slashRemoved:
            return path.count > 1 && path.last == slash ? Array(path.dropLast()) + query : nil
        case .slashDoubled: return path.starts(with: [slash, slash]) ? nil : [slash] + target
        case .slashesMerged:
            let merged = path.indices.filter {
                $0 == 0 || path[$0] != slash || path[$0 - 1] != slash
            }.map { path[$0] }
            return merged == path ? nil : merged + query
        case .withoutQuery: return query.isEmpty ? nil : path
        case .withoutLastParameter:
            guard let joint = query.lastIndex(of: UInt8(ascii: "&")) else { return nil }
            return path + query[..<joint]
        case .emptyQuery:
            return query.isEmpty ? path + [mark] : query == [mark] ? path : nil
        case .query(let change):
            return change.applied(to: Array(query.dropFirst())).map { path + [mark] + $0 }
        case .path(let change):
            let changed = path.split(separator: slash, omittingEmptySubsequences: false)
                .map { change.applied(to: Array($0)) ?? Array($0) }
            let joined = Array(changed.joined(separator: [slash]))
            return joined == path ? nil : joined + query
        case .sortedQuery:
            let sorted = query.dropFirst().split(
                separator: UInt8(ascii: "&"), omittingEmptySubsequences: false
            ).sorted { $0.lexicographicallyPrecedes($1) }
            let joined = Array(sorted.joined(separator: [UInt8(ascii: "&")]))
            return joined == Array(query.dropFirst()) ? nil : path + [mark] + joined
        case .withBodyDigest:
            guard SignedURL.queryValues(of: target[...], named: "bodySHA256").isEmpty else {
                return nil
            }
            let joint = query.isEmpty ? "?" : "&"
            return target + Array("\(joint)bodySHA256=".utf8) + bodyDigest()
        case .kept(let field):
            guard var kept = evidence.originalTargets.first(where: { $0.field == field })?.target
            else { return nil }
            if !kept.contains(mark) { kept += query }
            return kept == target ? nil : kept
        }
    }
}
