import MicroHTTP
import SQLite

/// Requests that were answered before anybody could tell whether they are genuine: each is
/// verified when its account's token is there, and only then claims its message's identity.
///
/// Bounded in rows and bytes, which sources share (`FairRoom`). Confined to the store thread,
/// inside the caller's transaction.
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
        fileprivate let network: [UInt8]
        /// What is left of a row that is not what was written; nil for all others.
        let corrupt: Remains?
    }

    /// A corrupt row, as it is.
    struct Remains: Sendable {
        let fingerprint: [UInt8]
        let head: [UInt8]
        let body: [UInt8]
    }

    /// An account that has rows, and the source of one of them.
    struct Account: Sendable, Equatable {
        let account: [UInt8]
        let network: [UInt8]
    }

    /// How many there are and what they take.
    struct Size: Sendable, Equatable {
        var rows = 0
        var bytes = 0
    }

    /// Who has what of the room.
    private struct Rooms {
        var rows: FairRoom
        var bytes: FairRoom

        init(_ max: Size) {
            rows = FairRoom(capacity: max.rows, floor: 100)
            bytes = FairRoom(capacity: max.bytes, floor: 1 << 20)
        }

        func admits(_ bytes: Int, of network: [UInt8], isKnown: Bool) -> Bool {
            rows.admits(1, of: network, isKnown: isKnown)
                && self.bytes.admits(bytes, of: network, isKnown: isKnown)
        }

        mutating func add(rows: Int = 1, _ bytes: Int, of network: [UInt8]) {
            self.rows.add(rows, of: network)
            self.bytes.add(bytes, of: network)
        }

        mutating func remove(_ bytes: Int, of network: [UInt8]) {
            rows.remove(1, of: network)
            self.bytes.remove(bytes, of: network)
        }
    }

    /// The size as of the last transaction that ended.
    var size: Size { Size(rows: held.rows.used, bytes: held.bytes.used) }
    private var held: Rooms
    private var pending: Rooms
    private let connection: Connection
    private let insert: Statement
    private let delete: Statement
    private let ofAccount: Statement
    private let accountsAfter: Statement
    private let corrupt: CorruptRows

    init(
        _ connection: Connection, sizeMax: Size, corrupt: CorruptRows
    ) throws(SQLiteError) {
        self.corrupt = corrupt
        insert = try connection.prepare(
            """
            INSERT OR IGNORE INTO unverified(
                fingerprint, account, received_ms, head, body, kept_ms, network, checksum)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """)
        delete = try connection.prepare("DELETE FROM unverified WHERE id=?1")
        ofAccount = try connection.prepare(
            """
            SELECT id, received_ms, head, body, fingerprint, checksum, kept_ms, network
            FROM unverified
            WHERE account=?1 ORDER BY id LIMIT ?2
            """)
        accountsAfter = try connection.prepare(
            """
            SELECT account, min(network) FROM unverified
            WHERE account > coalesce(?1, '') GROUP BY account ORDER BY account LIMIT ?2
            """)
        let sums = try connection.prepare(
            """
            SELECT network, count(*), sum(length(head) + length(body)) FROM unverified
            GROUP BY network
            """)
        var held = Rooms(sizeMax)
        while try sums.step() {
            held.add(rows: Int(sums.integer(1)), Int(sums.integer(2)), of: sums.bytes(0))
        }
        self.held = held
        pending = held
        self.connection = connection
    }

    /// A row was added by a salvage, in a transaction that was committed.
    func restored(bytes: Int, of network: [UInt8]) {
        held.add(rows: 1, bytes, of: network)
    }

    /// A transaction begins.
    func begin() { pending = held }

    /// The transaction was committed.
    func committed() { held = pending }

    /// Adds a request under its fingerprint.
    func add(
        _ unverified: UnverifiedRequest, account: ArraySlice<UInt8>, fingerprint: Identity,
        receivedMilliseconds: Int64, keptMilliseconds: Int64? = nil
    ) throws(SQLiteError) -> Addition {
        let request = unverified.request
        let head = RequestRecord.head(of: request)
        let bytes = head.count + request.body.count
        guard
            pending.admits(
                bytes, of: unverified.network, isKnown: unverified.isKnownAccount)
        else { return .full }
        try insert.bind(1, fingerprint.bytes)
        try insert.bind(2, Array(account))
        try insert.bind(3, receivedMilliseconds)
        try insert.bind(4, head)
        try insert.bind(5, request.body)
        try insert.bind(6, keptMilliseconds ?? receivedMilliseconds)
        try insert.bind(7, unverified.network)
        try insert.bind(
            8,
            RowChecksum.of(
                fingerprint: fingerprint.bytes, receivedMilliseconds: receivedMilliseconds,
                word: Array(account), head: head, body: request.body))
        try insert.run()
        if connection.changes == 1 { pending.add(bytes, of: unverified.network) }
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
            let (id, fingerprint) = (ofAccount.integer(0), ofAccount.bytes(4))
            let received = ofAccount.integer(1)
            let verdict = RowChecksum.verdict(
                stored: ofAccount.isNull(5) ? nil : ofAccount.integer(5),
                RowChecksum.of(
                    fingerprint: fingerprint, receivedMilliseconds: received, word: account,
                    head: head, body: body))
            if verdict == .corrupt { corrupt.note(.unverified, id) }
            rows.append(
                Row(
                    id: id, request: RequestRecord.request(head: head, body: body),
                    receivedMilliseconds: received, keptMilliseconds: ofAccount.integer(6),
                    byteCount: head.count + body.count, network: ofAccount.bytes(7),
                    corrupt: verdict == .corrupt
                        ? Remains(fingerprint: fingerprint, head: head, body: body) : nil))
        }
        return rows
    }

    /// Takes a row out.
    func remove(_ row: Row) throws(SQLiteError) {
        try delete.bind(1, row.id)
        try delete.run()
        pending.remove(row.byteCount, of: row.network)
    }

    /// The next accounts, in the order of their bytes, that have rows; from the first one on, which
    /// may be the empty name, without `account`.
    func accounts(after account: [UInt8]?, max: Int) throws(SQLiteError) -> [Account] {
        // Text, as which NULL counts here, comes before any bytes.
        if let account {
            try accountsAfter.bind(1, account)
        } else {
            try accountsAfter.bindNull(1)
        }
        try accountsAfter.bind(2, Int64(max))
        defer { accountsAfter.reset() }
        var accounts: [Account] = []
        while try accountsAfter.step() {
            accounts.append(
                Account(account: accountsAfter.bytes(0), network: accountsAfter.bytes(1)))
        }
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
