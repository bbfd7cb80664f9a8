import OpenSSL
import SQLite

extension DeliveryStore {
    /// What the store holds, for the marker.
    var mark: StoreMark {
        var mark = StoreMark()
        mark.lastID = identities.nextID - 1
        mark.owed = rows.counts.owed
        for priority in DeliveryPriority.allCases {
            mark.dead += rows.counts[priority, .deadLettered]
        }
        mark.unverified = Int64(unverified.size.rows)
        return mark
    }

    /// Names the database; 32 hexadecimal digits.
    func name() throws(SQLiteError) -> String {
        let query = try connection.prepare("SELECT id FROM store_identity")
        return try query.step() ? Hexadecimal.text(query.bytes(0)) : ""
    }

    /// What SQLite finds wrong with the file, in its words; nil when all is well. It reads the
    /// whole file.
    func fault() throws(SQLiteError) -> String? {
        let query = try connection.prepare("PRAGMA integrity_check(1)")
        guard try query.step() else { return nil }
        let words = query.text(0)
        return words == "ok" ? nil : words
    }

    /// Copies the whole database, without what was deleted, into a new file.
    func copy(to path: String) throws(SQLiteError) {
        let query = try connection.prepare("VACUUM INTO ?1")
        try query.bind(1, path)
        try query.run()
    }

    /// Rows that a salvage added, in a transaction that was committed, are known from now on.
    func restored(_ added: [SalvageRows.Row], into table: String) throws(SQLiteError) {
        if table == "quarantine" { return try quarantine.restored() }
        for row in added {
            switch table {
            case "delivery":
                rows.restored(
                    DeliveryPlace(code: row.integer("priority")),
                    DeliveryState(code: row.integer("state")) ?? .available)
                identities.restored(
                    Identity(stored: row.bytes("identity")), id: row.integer("id"))
            case "unverified":
                unverified.restored(
                    bytes: row.bytes("head").count + row.bytes("body").count,
                    of: row.bytes("network"))
            default:
                identities.restored(Identity(stored: row.bytes("key")), id: row.integer("id"))
            }
        }
    }
}

extension SalvageRows.Row {
    fileprivate func integer(_ column: String) -> Int64 {
        if case .integer(let number)? = self[column] { number } else { 0 }
    }

    fileprivate func bytes(_ column: String) -> [UInt8] {
        if case .blob(let bytes)? = self[column] { bytes } else { [] }
    }
}
