import MicroHTTP
import SQLite

/// The table `quarantine`: bounded in rows and bytes, and what was proven genuine is kept first.
///
/// At a bound a row gives way: an unproven one before a proven one, and among the unproven the
/// oldest of the source that has most, so that no source pushes another one out. Confined to the
/// store thread; every call is part of the caller's transaction.
final class QuarantineTable {
    /// What became of a request that was to be kept.
    enum Kept: Equatable {
        /// It has this id.
        case added(Int64)
        /// It was there already.
        case known
        /// It is not kept.
        case dropped(QuarantineDrop)
    }

    /// Rows that give way to one new row; a new one that needs more is not kept.
    private static let evictionsMax = 128

    private let statements: QuarantineStatements
    /// As of the last call, also within a transaction under way.
    private(set) var figures = QuarantineStatus.Figures()
    private var shares = SourceShares(rowsMax: 1, bytesMax: 1)
    /// The largest that can be configured, until `setLimits` says less.
    private var limits = (rows: 1_000_000, bytes: 1 << 40)
    private var isChanged = false
    /// Requests that were not kept, gave way or expired since this was last read.
    private var lost: [QuarantineDrop: Int] = [:]

    private let corrupt: CorruptRows

    init(_ connection: Connection, corrupt: CorruptRows) throws(SQLiteError) {
        self.corrupt = corrupt
        statements = try QuarantineStatements(connection)
        try count()
    }

    /// Sets the bounds; rows that are too many give way in `trim`.
    func setLimits(rowsMax: Int, bytesMax: Int) throws(SQLiteError) {
        limits = (rowsMax, bytesMax)
        try count()
    }

    /// Rows were added by a salvage, in a transaction that was committed.
    func restored() throws(SQLiteError) { try count() }

    /// A transaction ended well.
    func committed() { isChanged = false }

    /// A transaction was rolled back: what it counted is counted anew.
    func rolledBack() {
        lost = [:]
        guard isChanged else { return }
        isChanged = false
        // A store that cannot be read fails the next transaction too, which is reported.
        try? count()
    }

    /// What was lost since the last call, by reason; read it after a commit.
    func takeLost() -> [QuarantineDrop: Int] {
        defer { lost = [:] }
        return lost
    }

    /// Keeps a request, unless its fingerprint is kept already; then a new proof is noted. Its
    /// age counts from `time` of the store's clock; without one, from its receipt.
    func keep(
        _ request: QuarantinedRequest, hint: String? = nil, isProven: Bool = false,
        at time: Int64? = nil
    ) throws(SQLiteError) -> Kept {
        let fingerprint = request.fingerprint
        if let row = try statements.find(fingerprint) {
            if isProven, !row.isProven { try markProven(row, hint: hint) }
            return .known
        }
        let head = RequestRecord.head(of: request.request)
        let network = ClientAddress.network(of: request.source)
        let bytes = head.count + request.request.body.count
        let row = QuarantineStatements.Row(
            id: 0, isProven: isProven, network: network, bytes: bytes)
        if let reason = try makeRoom(for: row) {
            lost[reason, default: 0] += 1
            return .dropped(reason)
        }
        isChanged = true
        let id = try statements.insert(
            request, row: row, fingerprint: fingerprint, head: head, hint: hint,
            keptMilliseconds: time ?? request.receivedMilliseconds)
        account(row, 1)
        return .added(id)
    }

    /// Marks what is kept under a fingerprint as proven; false when nothing is.
    func prove(_ fingerprint: Identity, hint: String) throws(SQLiteError) -> Bool {
        guard let row = try statements.find(fingerprint) else { return false }
        if !row.isProven { try markProven(row, hint: hint) }
        return true
    }

    /// Takes a row out: it is released or discarded. False when it is there no more.
    func remove(_ id: Int64) throws(SQLiteError) -> Bool {
        guard let row = try statements.find(id) else { return false }
        try delete(row)
        return true
    }

    /// Drops what is kept since before `milliseconds` of the store's clock among the `count` oldest
    /// rows; returns how many.
    func expire(before milliseconds: Int64, count: Int) throws(SQLiteError) -> Int {
        let old = try statements.oldest(count: count, before: milliseconds)
        for row in old { try delete(row) }
        if !old.isEmpty { lost[.expired, default: 0] += old.count }
        return old.count
    }

    /// Lets up to `count` rows give way that are too many for the bounds; returns how many.
    func trim(count: Int) throws(SQLiteError) -> Int {
        var trimmed = 0
        while trimmed < count, isOver(rows: 0, bytes: 0), try evictOne(for: nil) { trimmed += 1 }
        return trimmed
    }

    /// The rows after an id, the oldest first; see `QuarantineStatements.page`.
    func page(_ query: QuarantinePage) throws(SQLiteError) -> QuarantinePage.Answer {
        let answer = try statements.page(query)
        for row in answer.rows where row.isCorrupt { corrupt.note(.quarantine, row.id) }
        return answer
    }

    /// One row with its body; nil when there is none.
    func row(_ id: Int64) throws(SQLiteError) -> QuarantinedRow? {
        let row = try statements.row(id)
        if let row, row.isCorrupt { corrupt.note(.quarantine, id) }
        return row
    }

    /// The largest id that is kept; 0 when nothing is.
    func lastID() throws(SQLiteError) -> Int64 { try statements.lastID() }
}

extension QuarantineTable {
    /// Makes room for a new row; says why there is none.
    private func makeRoom(
        for row: QuarantineStatements.Row
    ) throws(SQLiteError) -> QuarantineDrop? {
        guard row.bytes <= limits.bytes, limits.rows > 0 else { return .tooLarge }
        var evictions = 0
        while isOver(rows: 1, bytes: row.bytes) {
            guard evictions < Self.evictionsMax else { return .full }
            guard try evictOne(for: row) else { return .full }
            evictions += 1
        }
        return nil
    }

    private func isOver(rows: Int, bytes: Int) -> Bool {
        figures.rows + rows > limits.rows || figures.bytes + bytes > limits.bytes
    }

    /// Lets one row give way: for an unproven newcomer an unproven one, of its own source if none
    /// has more; false when there is none.
    private func evictOne(for newcomer: QuarantineStatements.Row?) throws(SQLiteError) -> Bool {
        var victim: QuarantineStatements.Row?
        if let largest = shares.largest {
            let own = newcomer.flatMap { $0.isProven ? nil : $0.network }
            let network = own.flatMap { shares.isLargest($0) ? $0 : nil } ?? largest
            victim = try statements.oldestUnproven(of: network)
        } else if newcomer?.isProven ?? true {
            victim = try statements.oldestProven()
        }
        guard let victim else { return false }
        try delete(victim)
        lost[.evicted, default: 0] += 1
        return true
    }

    private func markProven(
        _ row: QuarantineStatements.Row, hint: String?
    ) throws(SQLiteError) {
        isChanged = true
        try statements.markProven(row.id, hint: hint)
        account(row, -1)
        account(
            QuarantineStatements.Row(
                id: row.id, isProven: true, network: row.network, bytes: row.bytes), 1)
    }

    private func delete(_ row: QuarantineStatements.Row) throws(SQLiteError) {
        isChanged = true
        try statements.delete(row.id)
        account(row, -1)
    }

    private func account(_ row: QuarantineStatements.Row, _ sign: Int) {
        figures.rows += sign
        figures.bytes += sign * row.bytes
        if row.isProven {
            figures.proven += sign
        } else if sign > 0 {
            shares.add(row.network, bytes: row.bytes)
        } else {
            shares.remove(row.network, bytes: row.bytes)
        }
    }

    /// Counts everything anew.
    private func count() throws(SQLiteError) {
        figures = QuarantineStatus.Figures()
        shares = SourceShares(rowsMax: limits.rows, bytesMax: limits.bytes)
        for group in try statements.groups() {
            figures.rows += group.rows
            figures.bytes += group.bytes
            if let network = group.network {
                shares.add(network, rows: group.rows, bytes: group.bytes)
            } else {
                figures.proven += group.rows
            }
        }
    }
}
