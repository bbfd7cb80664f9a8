import SQLite
import TestSupport

@testable import Hookline

/// What a database on a simulated disk holds, read by a connection of its own.
struct StoredState {
    /// The numbers of messages that are dead letters, and of those that are owed.
    private(set) var dead: Set<Int> = []
    private(set) var owed: Set<Int> = []
    /// What SQLite finds wrong, nil when nothing is.
    private(set) var fault: String?

    init(_ disk: Disk) throws(SQLiteError) {
        let connection = try Connection(
            path: disk.path(SimulatedReceiver.database), create: true)
        let check = try connection.prepare("PRAGMA integrity_check")
        if try check.step(), check.text(0) != "ok" { fault = check.text(0) }
        check.reset()
        let rows = try connection.prepare("SELECT state, head, id, attempts FROM delivery")
        while try rows.step() {
            let target = WebhookHead(stored: rows.bytes(1)).map { $0[.target] } ?? []
            let number = String(decoding: target, as: UTF8.self).split(separator: "=").last
                .flatMap { Int($0) }
            guard let number else { continue }

            if rows.integer(0) == DeliveryState.deadLettered.code {
                dead.insert(number)
            } else {
                owed.insert(number)
            }
        }
    }
}
