/// The database's tables. A newer version is refused, an older one is migrated step by step.
enum Schema {
    /// What makes each version out of the one before it, from an empty file on; never change a
    /// step that was released, add one. A step is one transaction.
    static let steps = [
        version1, version2, version3, version4, version5, lastFailure, version7,
        version8, version9, replies,
    ]

    /// `PRAGMA user_version` of a database that this program writes.
    static let version = Int64(steps.count)

    /// What a connection sets before anything else.
    ///
    /// `synchronous=FULL`: with a write-ahead log every COMMIT is synced before it returns
    /// (https://sqlite.org/pragma.html#pragma_synchronous); an acknowledged message survives a
    /// power cut. Checkpoints are ours, between commits: the connection's hook that counts the
    /// log's frames has replaced SQLite's automatic ones.
    ///
    /// `secure_delete=FAST`: Debian's SQLite overwrites what is deleted with zeros, and so writes
    /// each page that a delivered message leaves once more; now only in pages that are written
    /// anyway (https://sqlite.org/pragma.html#pragma_secure_delete), an eighth of all writes less.
    static let settings = """
        PRAGMA synchronous=FULL;
        PRAGMA secure_delete=FAST;
        PRAGMA foreign_keys=OFF;
        PRAGMA temp_store=MEMORY;
        PRAGMA cache_size=-16384;
        PRAGMA journal_size_limit=41943040;
        """

    /// Version 1.
    ///
    /// `identity` outlives its delivery by the deduplication's retention; the row's id is the
    /// delivery's id, so ids rise for ever. `identity_index` finds a row up to the mark by its key
    /// (`SeenIdentities` says why). `head` is a `WebhookHead`,
    /// in `unverified` a `RequestRecord`. `delivery_due` holds what
    /// can be claimed, in the order in which it is claimed, `delivery_waiting` the same in the
    /// order of receipt (until version 5); a message that is claimed as it is appended enters
    /// neither.
    static let version1 = """
        CREATE TABLE identity(
            id INTEGER PRIMARY KEY, key BLOB NOT NULL, seen_ms INTEGER NOT NULL);
        CREATE TABLE identity_index(key BLOB PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE identity_mark(indexed_id INTEGER NOT NULL);
        INSERT INTO identity_mark VALUES(0);
        CREATE TABLE delivery(
            id INTEGER PRIMARY KEY, priority INTEGER NOT NULL, state INTEGER NOT NULL,
            due_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, reason TEXT,
            kind INTEGER NOT NULL, received_ms INTEGER NOT NULL, identity BLOB NOT NULL,
            head BLOB NOT NULL, body BLOB NOT NULL);
        CREATE INDEX delivery_due ON delivery(priority, due_ms) WHERE state IN (0, 2);
        CREATE INDEX delivery_waiting ON delivery(priority) WHERE state IN (0, 2);
        CREATE TABLE unverified(
            id INTEGER PRIMARY KEY, fingerprint BLOB NOT NULL UNIQUE, account BLOB NOT NULL,
            received_ms INTEGER NOT NULL, head BLOB NOT NULL, body BLOB NOT NULL);
        CREATE INDEX unverified_account ON unverified(account, id);
        """

    /// Version 2: the quarantine, and deliveries that are owed anew.
    ///
    /// `delivery.owed_ms` is when a dead letter was retried or a request was released: its retry
    /// window begins there and not at its receipt; NULL for all others. `quarantine.id` never
    /// restarts (AUTOINCREMENT), `head` is a `RequestRecord`, `network` what is sampled as one
    /// source, `bytes` counts head and body.
    static let version2 = """
        ALTER TABLE delivery ADD COLUMN owed_ms INTEGER;
        CREATE INDEX delivery_dead ON delivery(state) WHERE state=3;
        CREATE TABLE quarantine(
            id INTEGER PRIMARY KEY AUTOINCREMENT, fingerprint BLOB NOT NULL UNIQUE,
            received_ms INTEGER NOT NULL, reason TEXT NOT NULL, hint TEXT,
            proven INTEGER NOT NULL, source BLOB NOT NULL, network BLOB NOT NULL,
            bytes INTEGER NOT NULL, head BLOB NOT NULL, body BLOB NOT NULL);
        CREATE INDEX quarantine_unproven ON quarantine(network) WHERE proven=0;
        CREATE INDEX quarantine_proven ON quarantine(proven) WHERE proven=1;
        """

    /// Version 3: no table changes. Heads have more parts (`WebhookHead`), which earlier programs
    /// take for damaged: they refuse the file instead.
    static let version3 = ""

    /// Version 4: the store's own time (`StoreClock`), which goes on where `clock` says.
    ///
    /// From here on `identity.seen_ms`, `delivery.due_ms`, `delivery.owed_ms` and `kept_ms` are of
    /// that time, and `received_ms` is the wall clock's, for people. What is there already is
    /// taken as it is, but what came from the future of the newest message, which a clock that
    /// was wrong for a while leaves behind.
    static let version4 = """
        CREATE TABLE IF NOT EXISTS clock(store_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL);
        DELETE FROM clock;
        INSERT INTO clock SELECT time, time FROM (
            SELECT min(wall, coalesce(
                (SELECT seen_ms FROM identity ORDER BY id DESC LIMIT 1), wall)) AS time
            FROM (SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) AS wall));
        UPDATE delivery SET owed_ms=(SELECT store_ms FROM clock) WHERE id IN (
            SELECT id FROM identity WHERE seen_ms > (SELECT store_ms FROM clock));
        UPDATE identity SET seen_ms=(SELECT store_ms FROM clock)
            WHERE seen_ms > (SELECT store_ms FROM clock);
        UPDATE delivery SET due_ms=(SELECT store_ms FROM clock)
            WHERE priority IN (0, 1) AND state IN (0, 2)
            AND due_ms > (SELECT store_ms FROM clock) + 3600000;
        ALTER TABLE quarantine ADD COLUMN kept_ms INTEGER NOT NULL DEFAULT 0;
        UPDATE quarantine SET kept_ms=min(received_ms, (SELECT store_ms FROM clock));
        ALTER TABLE unverified ADD COLUMN kept_ms INTEGER NOT NULL DEFAULT 0;
        UPDATE unverified SET kept_ms=min(received_ms, (SELECT store_ms FROM clock));
        """

    /// Version 5: a start and a list that read no more than they show.
    ///
    /// `delivery_state` holds all but what is running, by state, priority and number: it counts and
    /// lists. `delivery_running` holds what is running, with a `due_ms` that claiming made
    /// negative. A message that is claimed as it is appended keeps its own and enters no index;
    /// such rows have numbers in the range of `delivery_mark` (`ClaimedRange`). `delivery_dead`
    /// holds dead letters by when they were given up, which is their `due_ms`; for those of
    /// before, the moment of this step.
    static let version5 = """
        DROP INDEX delivery_waiting;
        DROP INDEX delivery_dead;
        UPDATE delivery SET due_ms=(SELECT store_ms FROM clock) WHERE state=3;
        CREATE INDEX delivery_state ON delivery(state, priority) WHERE state<>1;
        CREATE INDEX delivery_running ON delivery(state) WHERE state=1 AND due_ms<=0;
        CREATE INDEX delivery_dead ON delivery(due_ms) WHERE state=3;
        CREATE TABLE delivery_mark(after_id INTEGER NOT NULL, through_id INTEGER NOT NULL);
        INSERT INTO delivery_mark VALUES(0, 9223372036854775807);
        """

    /// Version 7: `unverified.network` is what counts as one source (`ClientAddress.network(of:)`);
    /// empty for rows of earlier versions.
    static let version7 = """
        ALTER TABLE unverified ADD COLUMN network BLOB NOT NULL DEFAULT x'';
        """

    /// Version 8: checksums, and what tells this database from every other one.
    ///
    /// `checksum` is a `RowChecksum`. Rows of earlier versions have none and are never compared;
    /// to give them one would mean to read and write them all before the first webhook is taken.
    /// `store_identity` is what the marker beside the database names.
    static let version8 = """
        ALTER TABLE delivery ADD COLUMN checksum INTEGER;
        ALTER TABLE unverified ADD COLUMN checksum INTEGER;
        ALTER TABLE quarantine ADD COLUMN checksum INTEGER;
        CREATE TABLE IF NOT EXISTS store_identity(id BLOB NOT NULL);
        INSERT INTO store_identity SELECT randomblob(16)
            WHERE NOT EXISTS(SELECT 1 FROM store_identity);
        """

    /// Version 9: several destinations. No row changes and no index is built again: `priority` also
    /// says for whom a delivery is (`DeliveryPlace`), and what was there is for `default`.
    ///
    /// A message has a row for each of its destinations. Their numbers are consecutive, and the
    /// last is that of the row of `identity`. `destination` tells people the names of numbers, and
    /// since when one is paused, by the store's time.
    static let version9 = """
        CREATE TABLE IF NOT EXISTS destination(
            code INTEGER PRIMARY KEY, name TEXT NOT NULL, paused_ms INTEGER);
        """

    /// Version 10: replies of the application, which are owed to customers.
    ///
    /// `conversation` is what one reply after another leaves in; `content` is an `OutboundContent`,
    /// `words` Twilio's or libcurl's, `started_ms` the wall clock's, which Twilio's list is
    /// compared with; the other times are the store's. `outbound_sent` knows for some hours what
    /// was sent.
    static let replies = """
        CREATE TABLE IF NOT EXISTS outbound_messages(
            id INTEGER PRIMARY KEY AUTOINCREMENT, delivery INTEGER NOT NULL,
            conversation BLOB NOT NULL, state INTEGER NOT NULL, due_ms INTEGER NOT NULL,
            attempts INTEGER NOT NULL, looks INTEGER NOT NULL, started_ms INTEGER NOT NULL,
            owed_ms INTEGER NOT NULL, reason TEXT NOT NULL, code INTEGER NOT NULL,
            words TEXT NOT NULL, kind INTEGER NOT NULL, content BLOB NOT NULL);
        CREATE INDEX outbound_due ON outbound_messages(due_ms) WHERE state IN (0, 2);
        CREATE INDEX outbound_conversation ON outbound_messages(conversation, id) WHERE state<3;
        CREATE TABLE IF NOT EXISTS outbound_sent(
            sid TEXT PRIMARY KEY, sent_ms INTEGER NOT NULL) WITHOUT ROWID;
        """

    /// The statements that bring a database of version `found` to the present one, in order: a
    /// transaction for each step.
    static func migration(from found: Int64) -> [[String]] {
        steps.enumerated().dropFirst(Int(max(0, found))).map { index, step in
            let statements = step.split(separator: ";").filter { $0.contains { $0 > " " } }
            return ["BEGIN"] + statements.map(String.init)
                + ["PRAGMA user_version=\(index + 1)", "COMMIT"]
        }
    }
}
