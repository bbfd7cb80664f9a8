import Foundation

/// The line of a request: written by the client, read by the server.
///
/// Reading is strict: a key that a verb does not have is an error, so that a misspelt `dry_run`
/// never changes anything.
struct AdminLine: Codable {
    /// The keys of all verbs.
    enum Key: String, CodingKey, CaseIterable {
        case verb, state, quarantined, after, limit, id, reveal, ids, all, reason, proven, through
        case force, foretold, destination
        case isDryRun = "dry_run"

        /// The keys of a change of many rows.
        static let change: Set<Key> = [
            .ids, .all, .reason, .isDryRun, .after, .through, .foretold,
        ]
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init?(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }
    }

    let request: AdminRequest

    init(_ request: AdminRequest) { self.request = request }

    /// Reads a line without its line feed.
    static func read(_ line: [UInt8]) throws(AdminFault) -> AdminRequest {
        do {
            return try JSONDecoder().decode(AdminLine.self, from: Data(line)).request
        } catch let fault as AdminFault {
            throw fault
        } catch DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context), DecodingError.keyNotFound(_, let context)
        {
            let key = context.codingPath.first?.stringValue ?? "the request"
            throw AdminFault(.badArgument, "\(key): \(context.debugDescription)")
        } catch {
            throw AdminFault(
                .malformed,
                "the request is not one JSON object on one line with whole numbers")
        }
    }

    /// The line with its line feed.
    var bytes: [UInt8] { JSONLine.bytes(self) }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        let verb = try values.decode(String.self, forKey: .verb)
        let keys = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        let allowed: Set<Key>
        switch verb {
        case "status":
            allowed = []
            request = .status
        case "list":
            allowed = [.state, .destination, .quarantined, .after, .limit]
            request = .list(try Self.list(values))
        case "show":
            allowed = [.id, .quarantined, .reveal]
            var show = AdminShow(id: try values.decode(Int64.self, forKey: .id))
            show.quarantined = try values.flag(.quarantined)
            show.reveal = try values.flag(.reveal)
            request = .show(show)
        case "capture":
            allowed = [.id]
            request = .capture(id: try values.decode(Int64.self, forKey: .id))
        case "retry":
            allowed = Key.change
            request = .retry(try Self.change(values))
        case "discard":
            let quarantined = try values.flag(.quarantined)
            allowed = Key.change.union(quarantined ? [.quarantined, .proven] : [.quarantined])
            request = .discard(try Self.change(values), quarantined: quarantined)
        case "release":
            allowed = Key.change.union([.proven, .force])
            request = .release(try Self.change(values), force: try values.flag(.force))
        default:
            throw AdminFault(.unknownVerb, "there is no such verb")
        }
        let names = Set(allowed.map(\.rawValue)).union([Key.verb.rawValue])
        guard keys.allSatisfy(names.contains) else {
            throw AdminFault(
                .badArgument, "\(verb) takes \(names.sorted().joined(separator: ", "))")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        switch request {
        case .status:
            try values.encode("status", forKey: .verb)
        case .list(let list):
            try values.encode("list", forKey: .verb)
            try values.encodeIfPresent(list.state?.rawValue, forKey: .state)
            try values.encodeIfPresent(list.destination, forKey: .destination)
            try values.encode(list.quarantined, forKey: .quarantined)
            try values.encode(list.after, forKey: .after)
            try values.encode(list.limit, forKey: .limit)
        case .show(let show):
            try values.encode("show", forKey: .verb)
            try values.encode(show.id, forKey: .id)
            try values.encode(show.quarantined, forKey: .quarantined)
            try values.encode(show.reveal, forKey: .reveal)
        case .capture(let id):
            try values.encode("capture", forKey: .verb)
            try values.encode(id, forKey: .id)
        case .retry(let change):
            try values.encode("retry", forKey: .verb)
            try Self.encode(change, to: &values)
        case .discard(let change, let quarantined):
            try values.encode("discard", forKey: .verb)
            try values.encode(quarantined, forKey: .quarantined)
            try Self.encode(change, to: &values)
        case .release(let change, let force):
            try values.encode("release", forKey: .verb)
            try values.encode(force, forKey: .force)
            try Self.encode(change, to: &values)
        }
    }
}

extension AdminLine {
    private static func list(_ values: KeyedDecodingContainer<Key>) throws -> AdminList {
        var list = AdminList()
        list.quarantined = try values.flag(.quarantined)
        list.after = try values.decodeIfPresent(Int64.self, forKey: .after) ?? 0
        list.limit = try values.decodeIfPresent(Int.self, forKey: .limit) ?? list.limit
        guard (1...AdminRequest.rowsMax).contains(list.limit) else {
            throw AdminFault(
                .badArgument, "limit is not from 1 to \(AdminRequest.rowsMax)")
        }
        if let word = try values.decodeIfPresent(String.self, forKey: .state) {
            guard !list.quarantined, let state = DeliveryState(rawValue: word) else {
                throw AdminFault(.badArgument, "state is not a state of a delivery")
            }
            list.state = state
        }
        list.destination = try values.decodeIfPresent(String.self, forKey: .destination)
        guard list.destination == nil || !list.quarantined else {
            throw AdminFault(.badArgument, "requests in quarantine are for no destination")
        }
        return list
    }

    private static func change(_ values: KeyedDecodingContainer<Key>) throws -> AdminChange {
        var selections: [AdminSelection] = []
        if let ids = try values.decodeIfPresent([Int64].self, forKey: .ids) {
            guard (1...AdminRequest.idsMax).contains(ids.count) else {
                throw AdminFault(
                    .badArgument, "ids are not from 1 to \(AdminRequest.idsMax)")
            }
            selections.append(.ids(ids))
        }
        if try values.flag(.all) { selections.append(.all) }
        if try values.flag(.proven) { selections.append(.proven) }
        if let reason = try values.decodeIfPresent(String.self, forKey: .reason) {
            selections.append(.reason(reason))
        }
        guard let selection = selections.first, selections.count == 1 else {
            throw AdminFault(.badArgument, "name ids, or all, or a reason, and only one of them")
        }
        var change = AdminChange(selection)
        change.isDryRun = try values.flag(.isDryRun)
        change.after = try values.decodeIfPresent(Int64.self, forKey: .after) ?? 0
        change.through = try values.decodeIfPresent(Int64.self, forKey: .through)
        change.foretold = try values.decodeIfPresent(Int.self, forKey: .foretold) ?? 0
        guard change.foretold >= 0 else {
            throw AdminFault(.badArgument, "foretold is below 0")
        }
        return change
    }

    private static func encode(
        _ change: AdminChange, to values: inout KeyedEncodingContainer<Key>
    ) throws {
        switch change.selection {
        case .ids(let ids): try values.encode(ids, forKey: .ids)
        case .all: try values.encode(true, forKey: .all)
        case .proven: try values.encode(true, forKey: .proven)
        case .reason(let reason): try values.encode(reason, forKey: .reason)
        }
        try values.encode(change.isDryRun, forKey: .isDryRun)
        try values.encode(change.after, forKey: .after)
        try values.encodeIfPresent(change.through, forKey: .through)
        if change.foretold > 0 { try values.encode(change.foretold, forKey: .foretold) }
    }
}

extension KeyedDecodingContainer<AdminLine.Key> {
    fileprivate func flag(_ key: AdminLine.Key) throws -> Bool {
        try decodeIfPresent(Bool.self, forKey: key) ?? false
    }
}
