import POSIX
import Synchronization

/// Tells people what became of the store's files: one log line for each fact, and what metrics
/// show of it.
final class StoreReport: Sendable {
    /// What is known of losses.
    struct Losses: Sendable, Equatable {
        /// Messages that were lost with files of the data folder, at most, since it was made.
        var messages: Int64 = 0
        /// When the last of them were found missing; nil for never. Epoch milliseconds.
        var milliseconds: Int64?
        /// Databases that were set aside and are still there; nil while that is unknown.
        var setAside: Int?
    }

    private let log: Log
    private let files: DamagedFiles
    private let state = Mutex(Losses())

    init(folder: String, log: Log) {
        self.log = log
        files = DamagedFiles(folder: folder)
        count()
    }

    /// What is known of losses. Any thread.
    var losses: Losses { state.withLock { $0 } }

    /// Looks how many databases that were set aside are still there.
    func count() {
        let count = files.count
        state.withLock { $0.setAside = count }
    }

    func lost(_ head: StoreMarkerHead) {
        state.withLock {
            $0.messages = head.lost
            $0.milliseconds = head.lostMilliseconds > 0 ? head.lostMilliseconds : nil
        }
        count()
    }

    func markerDamaged() {
        log.write(
            LogLine(
                .warning,
                "the store's marker cannot be read, a new one is written; whether "
                    + "messages were lost cannot be told"))
    }

    func missing(isEmpty: Bool, mark: StoreMark?, log path: String?) {
        var line = LogLine(
            .error,
            isEmpty
                ? "the database is empty: what it held is lost; a new one takes webhooks"
                : "the database is gone: what it held is lost; a new one takes webhooks")
        line = told(line, mark)
        if let path { line = line.with("log_set_aside", path) }
        log.write(line)
    }

    func older(lastID: Int64, mark: StoreMark, lost: Int64) {
        log.write(
            told(
                LogLine(
                    .error,
                    "the database, or its log, is older or shorter than what was committed: the "
                        + "messages in between are lost, as far as they were not delivered yet"
                ).with("lost_at_most", lost).with("last_id", lastID)
                    .with("last_id_committed", mark.lastID), mark))
    }

    func exchanged(expected: Int64) {
        log.write(
            LogLine(
                .error,
                "another database lies in the place of this folder's: what the other one held is "
                    + "not in it"
            ).with("lost_at_most", expected))
    }

    func damaged(_ error: StoreError) {
        log.write(
            LogLine(
                .error,
                "the database is damaged; it is set aside and what can be read of it "
                    + "is copied into a new one"
            ).with("error", "\(error)"))
    }

    func damagedWhileRunning() {
        log.write(
            LogLine(
                .error,
                "the database turned out to be damaged while running; it is set aside, and what "
                    + "can be read of it is copied into a new one"))
    }

    func setAside(_ path: String) {
        log.write(
            LogLine(.error, "the damaged database is kept, whole and unchanged")
                .with("path", path))
        count()
    }

    func salvaged(_ progress: Salvage.Progress) {
        var line = LogLine(
            .error, "what could be read of the damaged database is copied"
        ).with("copied", progress.copied).with("unreadable_places", progress.gaps)
        if let lost = progress.lost { line = line.with("lost_at_most", lost) }
        log.write(line.with("path", progress.path))
    }

    func corrupt(_ row: CorruptRows.Row) {
        log.write(
            LogLine(
                .error,
                "a stored row is not what was written (its checksum does not match); it is never "
                    + "forwarded"
            ).with("table", row.table.rawValue).with("id", row.id))
    }

    private func told(_ line: LogLine, _ mark: StoreMark?) -> LogLine {
        guard let mark else { return line }
        return line.with("owed", mark.owed).with("dead_letters", mark.dead)
            .with("unverified", mark.unverified)
    }
}
