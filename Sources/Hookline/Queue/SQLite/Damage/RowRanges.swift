import SQLite

/// Reads a table row by row in the order of its ids, past pages that cannot be read. Confined to
/// its connection's thread.
///
/// No index is used. Where a page is damaged, every look for an id of that page fails and the
/// first id behind it is found: the next try begins one id further, then two, four, eight; from
/// there it goes back by halves to the first one that succeeds.
final class RowRanges {
    private let rows: Statement
    private let columns: Int32
    /// The last id that was read, or is known to be behind what cannot be read.
    private(set) var afterID: Int64
    /// How often something could not be read.
    private(set) var gaps = 0

    /// `columns` are read, the id first.
    init(
        _ connection: Connection, table: String, columns: [String], after: Int64
    ) throws(SQLiteError) {
        rows = try connection.prepare(
            "SELECT \(columns.joined(separator: ", ")) FROM \(table) NOT INDEXED "
                + "WHERE id > ?1 ORDER BY id")
        self.columns = Int32(columns.count)
        afterID = after
    }

    /// Up to `count` next rows; fewer at the end only.
    func next(_ count: Int) -> [[Value]] {
        var found: [[Value]] = []
        while found.count < count {
            do {
                try rows.bind(1, afterID)
                defer { rows.reset() }
                while found.count < count {
                    guard try rows.step() else { return found }
                    // An order that is broken leads nowhere.
                    guard rows.integer(0) > afterID else { throw Self.disorder }
                    afterID = rows.integer(0)
                    found.append((0..<columns).map { rows.value($0) })
                }
            } catch {
                gaps += 1
                guard skip() else { return found }
            }
        }
        return found
    }

    private static let disorder = SQLiteError(
        operation: "step", code: SQLiteError.corrupt, message: "rows are out of order")

    /// Goes on behind what cannot be read; false when nothing behind it can.
    private func skip() -> Bool {
        var bad = afterID
        var step: Int64 = 1
        while true {
            let (next, isTooFar) = afterID.addingReportingOverflow(step)
            guard !isTooFar else { return false }
            if canRead(after: next) {
                var good = next
                while good - bad > 1 {
                    let middle = bad + (good - bad) / 2
                    if canRead(after: middle) { good = middle } else { bad = middle }
                }
                afterID = good
                return true
            }
            bad = next
            let (double, isEnd) = step.multipliedReportingOverflow(by: 2)
            guard !isEnd else { return false }
            step = double
        }
    }

    private func canRead(after id: Int64) -> Bool {
        do {
            try rows.bind(1, id)
            defer { rows.reset() }
            return try !rows.step() || rows.integer(0) > id
        } catch {
            return false
        }
    }
}
