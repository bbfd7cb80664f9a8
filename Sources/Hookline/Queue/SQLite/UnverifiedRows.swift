import MicroHTTP
import SQLite

/// Requests that were answered before anybody could tell whether they are genuine: each is
/// verified when its account's token is there, and only then claims its message's identity.
///
/// Bounded in rows and bytes. Confined to the store thread, inside the caller's transaction.
final class UnverifiedRows {
    /// What became of an addition.
    enum Addition: Sendable {
        /// It is stored, or the very same request was before.
        case stored
        /// There is no room: nothing was stored.
        case full
    }

    /// One row.
    struct Row: Sendable {
        let id: Int64
        let request: HTTPRequest?
        let receivedMilliseconds: Int64
        /// When it was stored, by the store's clock.
        let keptMilliseconds: Int64
        let byteCount: Int
    }

    /// How many there are and what they take.
    struct Size: Sendable, Equatable {
        var rows = 0
        var bytes = 0
    }

    /// The size as of the last transaction that ended.
    private(set) var size: Size
    private let sizeMax: Size
    private var pending: Size
    private let connection: Connection
    private let insert: Statement
    private let delete: Statement
    private let ofAccount: Statement
    private let accountsAfter: Statement

    init(_ connection: Connection, sizeMax: Size) throws(SQLiteError) {
        self.sizeMax = sizeMax
        insert = try connection.prepare(
            """
            INSERT OR IGNORE INTO unverified(
                fingerprint, account, received_ms, head, body, kept_ms)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6)
            """)
        delete = try connection.prepare("DELETE FROM unverified WHERE id=?1")
        ofAccount = try connection.prepare(
            """
            SELECT id, received_ms, head, body, kept_ms FROM unverified
            WHERE account=?1 ORDER BY id LIMIT ?2
            """)
        accountsAfter = try connection.prepare(
            "SELECT DISTINCT account FROM unverified WHERE account > ?1 ORDER BY account LIMIT ?2")
        let sum = try connection.prepare(
            "SELECT count(*), coalesce(sum(length(head) + length(body)), 0) FROM unverified")
        size = Size()
        if try sum.step() {
            size = Size(rows: Int(sum.integer(0)), bytes: Int(sum.integer(1)))
        }
        pending = size
        self.connection = connection
    }

    /// A transaction begins.
    func begin() { pending = size }

    /// The transaction was committed.
    func committed() { size = pending }

    /// Adds a request under its fingerprint.
    func add(
        _ request: HTTPRequest, account: ArraySlice<UInt8>, fingerprint: Identity,
        receivedMilliseconds: Int64, keptMilliseconds: Int64? = nil
    ) throws(SQLiteError) -> Addition {
        let head = RequestRecord.head(of: request)
        let bytes = head.count + request.body.count
        guard pending.rows < sizeMax.rows, pending.bytes + bytes <= sizeMax.bytes else {
            return .full
        }
        try insert.bind(1, fingerprint.bytes)
        try insert.bind(2, Array(account))
        try insert.bind(3, receivedMilliseconds)
        try insert.bind(4, head)
        try insert.bind(5, request.body)
        try insert.bind(6, keptMilliseconds ?? receivedMilliseconds)
        try insert.run()
        if connection.changes == 1 {
            pending.rows += 1
            pending.bytes += bytes
        }
        return .stored
    }

    /// The oldest rows of an account.
    func rows(of account: [UInt8], max: Int) throws(SQLiteError) -> [Row] {
        try ofAccount.bind(1, account)
        try ofAccount.bind(2, Int64(max))
        defer { ofAccount.reset() }
        var rows: [Row] = []
        while try ofAccount.step() {
            let (head, body) = (ofAccount.bytes(2), ofAccount.bytes(3))
            rows.append(
                Row(
                    id: ofAccount.integer(0),
                    request: RequestRecord.request(head: head, body: body),
                    receivedMilliseconds: ofAccount.integer(1),
                    keptMilliseconds: ofAccount.integer(4),
                    byteCount: head.count + body.count))
        }
        return rows
    }

    /// Takes a row out.
    func remove(_ row: Row) throws(SQLiteError) {
        try delete.bind(1, row.id)
        try delete.run()
        pending.rows -= 1
        pending.bytes -= row.byteCount
    }

    /// The next accounts, in the order of their bytes, that have rows.
    func accounts(after account: [UInt8], max: Int) throws(SQLiteError) -> [[UInt8]] {
        try accountsAfter.bind(1, account)
        try accountsAfter.bind(2, Int64(max))
        defer { accountsAfter.reset() }
        var accounts: [[UInt8]] = []
        while try accountsAfter.step() { accounts.append(accountsAfter.bytes(0)) }
        return accounts
    }
}

/// What verification says of a request that was stored unverified.
enum UnverifiedVerdict: Sendable {
    /// It is this webhook: it is owed from now on.
    case genuine(Webhook)
    /// It is forged, or was never proved in time.
    case refused(QuarantinedRequest)
    /// Its token is still not there.
    case undecided
}
