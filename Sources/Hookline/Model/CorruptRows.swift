import Prometheus

/// Rows that are not what was written, by table: each is found by its checksum when it is read, is
/// counted once and is never forwarded. Confined to the store thread.
final class CorruptRows {
    /// A table whose rows have checksums, as the label `table`.
    enum Table: String, CaseIterable, LabelValue {
        case delivery, unverified, quarantine
    }

    /// One of them.
    struct Row: Hashable {
        var table: Table
        var id: Int64
    }

    /// More are counted each time they are read.
    private static let knownMax = 10_000

    private var found: Set<Row> = []
    private var known: Set<Row> = []

    /// Notes one.
    func note(_ table: Table, _ id: Int64) {
        let row = Row(table: table, id: id)
        if !known.contains(row) { found.insert(row) }
    }

    /// A transaction was rolled back: what it found will be found again.
    func rolledBack() { found = [] }

    /// What was found since the last call.
    func take() -> Set<Row> {
        guard !found.isEmpty else { return [] }
        defer { found = [] }
        if known.count < Self.knownMax { known.formUnion(found) }
        return found
    }
}
