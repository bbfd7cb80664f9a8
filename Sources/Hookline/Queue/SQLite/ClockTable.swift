import SQLite

/// The table `clock`: where the store's time goes on after a restart. Confined to the store thread.
///
/// It is written with transactions that are made anyway, at most once a second, so that it costs
/// no write of its own; an idle store has nothing to note.
final class ClockTable {
    private static let intervalMilliseconds: Int64 = 1000

    private let clock: StoreClock
    private let update: Statement
    /// When the table was written last, as of the last transaction that ended.
    private var notedMilliseconds: Int64 = .min
    private var pendingMilliseconds: Int64?

    /// Lets the clock go on where it was noted.
    init(_ connection: Connection, _ clock: StoreClock) throws(SQLiteError) {
        self.clock = clock
        update = try connection.prepare("UPDATE clock SET store_ms=?1, wall_ms=?2")
        let noted = try connection.prepare("SELECT store_ms, wall_ms FROM clock")
        let newest = try connection.prepare("SELECT seen_ms FROM identity ORDER BY id DESC LIMIT 1")
        guard try noted.step() else { return }
        let note = StoreClock.Note(
            storeMilliseconds: noted.integer(0), wallMilliseconds: noted.integer(1))
        clock.begin(after: note, newest: try newest.step() ? newest.integer(0) : nil)
    }

    /// Notes the time if that is due; part of a transaction that writes.
    func noteIfDue() throws(SQLiteError) {
        let note = clock.note
        guard note.storeMilliseconds >= notedMilliseconds + Self.intervalMilliseconds else {
            return
        }
        try write(note)
    }

    /// Notes the time; part of a transaction that writes.
    func noteNow() throws(SQLiteError) { try write(clock.note) }

    private func write(_ note: StoreClock.Note) throws(SQLiteError) {
        try update.bind(1, note.storeMilliseconds)
        try update.bind(2, note.wallMilliseconds)
        try update.run()
        pendingMilliseconds = note.storeMilliseconds
    }

    /// The transaction was committed.
    func committed() {
        if let pendingMilliseconds { notedMilliseconds = pendingMilliseconds }
        pendingMilliseconds = nil
    }

    /// The transaction was rolled back.
    func rolledBack() { pendingMilliseconds = nil }
}
