import SQLite

/// Copies what can be read of a damaged database into the one that took its place, a slice at a
/// time between commits. Confined to the store thread.
///
/// Rows are read by their ids and without an index, past pages that cannot be read. They are
/// copied as they are: one whose checksum does not match becomes a dead letter when it is claimed.
/// How far it came is part of each slice's transaction, so that a restart goes on and nothing is
/// owed twice.
final class Salvage {
    /// What is copied, in this order: what is owed first.
    private enum Stage: Int64, CaseIterable {
        case deliveries, unverified, quarantine, identities

        var table: String {
            switch self {
            case .deliveries: "delivery"
            case .unverified: "unverified"
            case .quarantine: "quarantine"
            case .identities: "identity"
            }
        }
    }

    /// How far it came, and what came of it.
    struct Progress: Sendable, Equatable {
        /// The path of the damaged database.
        var path: String
        /// Deliveries, dead letters and unverified requests that it should have; negative when
        /// that is not known.
        var expected: Int64
        /// How many of them were copied.
        var copied: Int64 = 0
        /// Places that could not be read.
        var gaps: Int64 = 0
        /// Which table it is at, and the last id of it that was copied.
        var stage: Int64 = 0
        var afterID: Int64 = 0

        /// How many are missing at most; nil when that is not known.
        var lost: Int64? { expected < 0 ? nil : max(0, expected - copied) }
    }

    /// What is copied of the identities at most, the latest: the others only widen the time in
    /// which a repetition is taken for a new message.
    private static let identitiesMax: Int64 = 131_072
    /// Rows of one transaction between commits, so that webhooks wait for some milliseconds.
    static let sliceRows = 128

    private(set) var progress: Progress
    private(set) var isDone = false
    private let store: DeliveryStore
    private let source: Connection?
    private var rows: RowRanges?
    private var columns: [String] = []

    /// Goes on with what a store knows of a salvage; nil when there is none.
    init?(resuming store: DeliveryStore) throws(SQLiteError) {
        guard let progress = try store.salvage.read() else { return nil }
        self.progress = progress
        self.store = store
        // A file that is no database at all is one whose every row is lost.
        source = try? Self.open(progress.path)
    }

    /// Copies up to `count` next rows in a transaction of its own.
    func writeSlice(_ count: Int = Salvage.sliceRows) throws(SQLiteError) {
        var next = progress
        let (stage, found) = read(count, &next)
        try store.begin()
        if let stage {
            let copied = try store.salvage.insert(found, columns, into: stage.table)
            if stage == .deliveries || stage == .unverified { next.copied += Int64(copied.count) }
            try store.salvage.write(next)
            try store.commit()
            try store.restored(copied, into: stage.table)
        } else {
            try store.salvage.end()
            try store.commit()
        }
        progress = next
        isDone = stage == nil
    }

    /// Reads a slice and says of which table; nil at the end of all.
    private func read(_ count: Int, _ next: inout Progress) -> (Stage?, [[Value]]) {
        while let stage = Stage(rawValue: next.stage) {
            if let reader = open(stage, after: next.afterID) {
                let gapsBefore = reader.gaps
                let found = reader.next(count)
                next.gaps += Int64(reader.gaps - gapsBefore)
                next.afterID = reader.afterID
                if !found.isEmpty { return (stage, found) }
            } else {
                next.gaps += 1
            }
            rows = nil
            next.stage += 1
            next.afterID = 0
        }
        return (nil, [])
    }

    /// The reader of a table; nil when it cannot be read at all.
    private func open(_ stage: Stage, after: Int64) -> RowRanges? {
        if let rows { return rows }
        guard let source else { return nil }
        do {
            let here = try store.salvage.columns(of: stage.table)
            let there = try SalvageRows.columns(of: stage.table, in: source)
            // What an earlier version did not keep apart is the time of receipt.
            let sources = here.map {
                there.contains($0) ? $0 : $0 == "kept_ms" ? "received_ms" : ""
            }
            columns = zip(here, sources).filter { !$0.1.isEmpty }.map(\.0)
            guard columns.first == "id" else { return nil }
            var after = after
            if stage == .identities {
                after = max(after, SalvageRows.lastID(in: source) - Self.identitiesMax)
            }
            let opened = try RowRanges(
                source, table: stage.table, columns: sources.filter { !$0.isEmpty }, after: after)
            rows = opened
            return opened
        } catch {
            return nil
        }
    }

    private static func open(_ path: String) throws(SQLiteError) -> Connection {
        let source = try Connection(path: path, create: false)
        // The file stays as it is, for whoever wants to look at it.
        source.keepLogOnClose()
        // A file that is cut is read as far as it goes (sqlite3WritableSchema in btree.c).
        try source.execute("PRAGMA writable_schema=ON; PRAGMA query_only=ON; PRAGMA mmap_size=0")
        return source
    }
}
