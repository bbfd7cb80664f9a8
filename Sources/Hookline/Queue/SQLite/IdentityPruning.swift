import SQLite

/// Takes old identities out of their table and out of its index. Confined to the store thread,
/// inside the caller's transaction.
///
/// The oldest rows are the first ones, but their keys lie anywhere in the index: taken out one
/// after another, nearly each writes a page of its own. So up to `gatherMax` are gathered first,
/// and leave the index in the order of its keys; then their rows go, which are neighbours. A crash
/// between leaves rows that are gathered once more. Each of the three steps is cut into slices.
final class IdentityPruning {
    /// What was gathered, by the first byte of the key.
    private struct Leaving {
        var parts: [[(key: Identity, id: Int64)]] = Array(repeating: [], count: 256)
        var ids: [Int64] = []
        var isGathered = false
        /// Parts that have left the index, and ids whose rows are gone, as of the last transaction
        /// that ended.
        var partsDone = 0
        var idsDone = 0
    }

    private let statements: IdentityStatements
    private let gatherMax: Int
    private var leaving: Leaving?
    /// Every row up to here was looked at; those that are still there are kept for the sake of
    /// their delivery.
    private var lookedThroughID: Int64 = 0
    /// How many identities have left the index.
    private(set) var left = 0

    // What the transaction under way will have done.
    private var partsNow = 0
    private var idsNow = 0
    private var leftNow = 0

    init(_ statements: IdentityStatements, gatherMax: Int = 131_072) {
        self.statements = statements
        self.gatherMax = gatherMax
    }

    /// True when the transaction under way has taken something out.
    var hasWritten: Bool { leftNow > 0 || idsNow > 0 }

    /// A transaction begins.
    func begin() { (partsNow, idsNow, leftNow) = (0, 0, 0) }

    /// The transaction was committed.
    func committed() {
        left += leftNow
        guard var leaving else { return begin() }
        leaving.partsDone += partsNow
        leaving.idsDone += idsNow
        let isDone = leaving.isGathered && leaving.idsDone == leaving.ids.count
        self.leaving = isDone ? nil : leaving
        begin()
    }

    /// Looks again at what was kept, from the first row on.
    func lookAgain() { if leaving == nil { lookedThroughID = 0 } }

    /// Does the next slice for rows up to `lastID` that were seen before `milliseconds`: about
    /// `count` entries of the index, or four times as many rows. Returns how many rows are gone,
    /// nil when nothing was due.
    func slice(
        before milliseconds: Int64, through lastID: Int64, count: Int
    ) throws(SQLiteError) -> Int? {
        var leaving = self.leaving ?? Leaving()
        if !leaving.isGathered {
            try gather(&leaving, before: milliseconds, through: lastID, count: 4 * count)
            let isNothing = leaving.isGathered && leaving.ids.isEmpty
            self.leaving = isNothing ? nil : leaving
            return isNothing ? nil : 0
        }
        if leaving.partsDone < leaving.parts.count {
            try leaveIndex(leaving, count)
        } else {
            try deleteRows(leaving.ids[leaving.idsDone...].prefix(4 * count))
        }
        return idsNow
    }

    private func gather(
        _ leaving: inout Leaving, before milliseconds: Int64, through lastID: Int64, count: Int
    ) throws(SQLiteError) {
        let rows = statements.oldest
        let most = min(count, gatherMax - leaving.ids.count)
        try rows.bind(1, lookedThroughID)
        try rows.bind(2, lastID)
        try rows.bind(3, Int64(most))
        defer { rows.reset() }
        var read = 0
        while try rows.step(), rows.integer(2) < milliseconds {
            read += 1
            lookedThroughID = rows.integer(0)
            guard rows.integer(3) == 0 else { continue }
            let key = Identity(stored: rows.bytes(1))
            leaving.parts[Int(key.high >> 56)].append((key, lookedThroughID))
            leaving.ids.append(lookedThroughID)
        }
        leaving.isGathered = read < most || leaving.ids.count >= gatherMax
    }

    private func leaveIndex(_ leaving: Leaving, _ count: Int) throws(SQLiteError) {
        for part in leaving.parts[leaving.partsDone...] where leftNow < count {
            partsNow += 1
            for (key, id) in part.sorted(by: {
                ($0.key.high, $0.key.low) < ($1.key.high, $1.key.low)
            }) {
                // A younger row of the same identity stays where it is.
                let leave = statements.leave
                let digits = key.digits
                try leave.bind(1, digits.span)
                try leave.bind(2, id)
                try leave.run()
                leftNow += 1
            }
        }
    }

    /// Deletes rows, neighbours by one statement.
    private func deleteRows(_ ids: ArraySlice<Int64>) throws(SQLiteError) {
        var first = ids.startIndex
        for index in ids.indices
        where index + 1 == ids.endIndex || ids[index + 1] != ids[index] + 1 {
            try statements.deleteRange.bind(1, ids[first])
            try statements.deleteRange.bind(2, ids[index])
            try statements.deleteRange.run()
            first = index + 1
        }
        idsNow += ids.count
    }
}
