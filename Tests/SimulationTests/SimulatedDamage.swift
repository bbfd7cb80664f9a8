import SQLite

@testable import Hookline

/// What became of databases whose bytes the disk changed: it outlives processes, as the marker and
/// the name of the database that is set aside do.
final class SimulatedDamage: @unchecked Sendable {
    // Unchecked: one of all threads runs at a time.

    /// Bytes that were changed.
    var bytes = 0
    /// What the store held last.
    var mark = StoreMark()
    /// Databases that were set aside.
    private(set) var setAside = 0
    /// Rows that were found to be corrupt.
    var corrupt = 0
    /// Messages that a salvage said are lost, at most.
    private(set) var lost: Int64 = 0
    /// The database that is to be salvaged, before the new one knows it, and what it should hold.
    private(set) var pending: (name: String, expected: Int64)?

    /// How many messages may be missing that were answered 200: those that were said to be lost.
    var reported: Int64 { setAside > 1 || pending != nil ? .max : lost + Int64(corrupt) }

    /// The name for a database that is damaged.
    func begin() -> String {
        setAside += 1
        let name = "/damaged-\(setAside)"
        pending = (name, mark.messages)
        return name
    }

    /// The new database knows it.
    func began() { pending = nil }

    /// All that can be read is copied.
    func salvaged(_ progress: Salvage.Progress) { lost += progress.lost ?? 0 }
}
