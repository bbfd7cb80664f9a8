import OpenSSL
import POSIX
import SQLite

/// Opens the store of a data folder: compares it with its marker, and sets a damaged one aside.
///
/// Intake never waits for a person: whatever is wrong with the files, a store is opened, what was
/// lost is said and counted, and what a person could still use is kept under another name. The
/// store thread, at the start and when a running store turns out to be damaged.
final class StoreOpening {
    /// What was found.
    struct Opened {
        let store: DeliveryStore
        let marker: StoreMarker
        /// What is to be copied from a damaged database; nil for nothing.
        let salvage: Salvage?
    }

    /// Larger files are not looked through at the start; what is wrong with one is found when it
    /// is read.
    private static let checkedBytesMax: UInt64 = 64 << 20
    private static let databaseName = "hookline.sqlite"

    private let folder: String
    private let path: String
    private let files: DamagedFiles
    private let report: StoreReport
    private let salvageNanoseconds: UInt64
    private let openDatabase: () throws(StoreError) -> DeliveryStore

    /// `open` opens the database at `folder`'s usual place. A start copies from a damaged one for
    /// `salvageNanoseconds` before it takes webhooks.
    init(
        folder: String, report: StoreReport, salvageNanoseconds: UInt64 = 1_000_000_000,
        open: @escaping () throws(StoreError) -> DeliveryStore
    ) {
        self.folder = folder
        self.report = report
        self.salvageNanoseconds = salvageNanoseconds
        openDatabase = open
        path = folder + "/" + Self.databaseName
        files = DamagedFiles(folder: folder)
    }

    /// Opens it. Throws what a person has to act on: a full disk, missing rights, a newer schema.
    func open() throws(StoreError) -> Opened {
        let (found, mark, head) = try look()
        let pending = try system { () throws(POSIXError) in try files.finishPending() }
        let isThere = (Folder.fileBytes(path) ?? 0) > 0
        if !isThere, pending == nil { try missing(found, mark) }
        if isThere, pending == nil {
            do {
                let store = try checked()
                return try compared(store, mark: mark, head: head)
            } catch let error where error.reason == .corrupt {
                report.damaged(error)
            }
        }
        let expected = found == .nothing ? -1 : mark?.messages ?? -1
        guard isThere || pending != nil else {
            let store = try openDatabase()
            store.identities.raise(above: mark?.lastID ?? 0)
            let lost = found == .nothing ? 0 : mark?.messages ?? 0
            return Opened(
                store: store, marker: try marker(for: store, head, lost: lost), salvage: nil)
        }
        return try afresh(pending, expected: expected, mark: mark, head: head)
    }

    /// Sets a store aside that turned out to be damaged while it was open and opens another one.
    /// Nobody may hold the old one any more.
    func reopen(_ marker: StoreMarker, time: StoreClock.Note) throws(StoreError) -> Opened {
        try afresh(
            nil, expected: marker.mark.messages, mark: marker.mark, head: marker.head, time: time)
    }

    /// A new database in the place of a damaged one, and what can be read of that.
    private func afresh(
        _ pending: String?, expected: Int64, mark: StoreMark?, head: StoreMarkerHead?,
        time: StoreClock.Note? = nil
    ) throws(StoreError) -> Opened {
        let damaged = try system { () throws(POSIXError) in
            if let pending { return pending }
            return try files.setAside(nowMilliseconds: WallClock.nowMilliseconds())
        }
        let last = max(mark?.lastID ?? 0, Self.lastID(of: damaged))
        let time = time ?? Self.time(of: damaged)
        let store = try openDatabase()
        // Its time goes on where that of the damaged one was.
        if let time { store.clock.begin(after: time, newest: nil) }
        store.identities.raise(above: last)
        let salvage: Salvage?
        // What is expected is written down before the marker forgets it.
        do {
            if try store.salvage.read() == nil {
                try store.begin()
                try store.salvage.begin(
                    Salvage.Progress(path: damaged, expected: expected))
                try store.commit()
            }
            salvage = try Salvage(resuming: store)
        } catch {
            throw .sqlite(error)
        }
        let marker = try marker(for: store, head, lost: 0)
        try system { () throws(POSIXError) in try files.done() }
        report.setAside(damaged)
        return try salvaged(Opened(store: store, marker: marker, salvage: salvage))
    }

    /// Copies for a while; what is left is copied between commits.
    private func salvaged(_ opened: Opened) throws(StoreError) -> Opened {
        guard let salvage = opened.salvage else { return opened }
        let end = MonotonicClock.now() + salvageNanoseconds
        do {
            while !salvage.isDone, MonotonicClock.now() < end { try salvage.writeSlice(1024) }
        } catch {
            throw .sqlite(error)
        }
        opened.marker.note(opened.store.mark)
        guard salvage.isDone else { return opened }
        let marker = try self.finished(salvage, opened.store, opened.marker)
        return Opened(store: opened.store, marker: marker, salvage: nil)
    }

    /// All that could be read is copied: says what is missing, and writes it down.
    func finished(
        _ salvage: Salvage, _ store: DeliveryStore, _ marker: StoreMarker
    ) throws(StoreError) -> StoreMarker {
        report.salvaged(salvage.progress)
        guard let lost = salvage.progress.lost, lost > 0 else { return marker }
        return try self.marker(for: store, marker.head, lost: lost)
    }

    /// Opens the database and looks through one that is not too large.
    private func checked() throws(StoreError) -> DeliveryStore {
        let store = try openDatabase()
        guard (Folder.fileBytes(path) ?? 0) <= Self.checkedBytesMax else { return store }
        let fault: String?
        do { fault = try store.fault() } catch { throw .sqlite(error) }
        guard let fault else { return store }
        store.keepLogOnClose()
        throw .sqlite(.damaged(fault))
    }

    /// The store beside its marker.
    private func compared(
        _ store: DeliveryStore, mark: StoreMark?, head: StoreMarkerHead?
    ) throws(StoreError) -> Opened {
        let name: String
        let salvage: Salvage?
        do {
            name = try store.name()
            salvage = try Salvage(resuming: store)
        } catch {
            throw .sqlite(error)
        }
        var lost: Int64 = 0
        if let head, head.database != name {
            lost = mark?.messages ?? 0
            report.exchanged(expected: lost)
        } else if let mark {
            lost = Self.lost(store.mark, mark, isSalvaging: salvage != nil)
            if mark.lastID > store.mark.lastID || lost > 0 {
                report.older(lastID: store.mark.lastID, mark: mark, lost: lost)
            }
        }
        store.identities.raise(above: mark?.lastID ?? 0)
        let marker = try marker(for: store, head, lost: lost)
        return try salvaged(Opened(store: store, marker: marker, salvage: salvage))
    }

    /// How many messages are missing at most, where the marker knows of more than the store. A
    /// crash between a commit and its mark leaves the store ahead, never behind.
    private static func lost(
        _ present: StoreMark, _ mark: StoreMark, isSalvaging: Bool
    ) -> Int64 {
        let lost = min(max(0, mark.lastID - present.lastID), mark.owed + mark.dead)
        guard !isSalvaging, present.lastID <= mark.lastID else { return lost }
        return lost + max(0, mark.unverified - present.unverified)
    }

    /// No database where the marker, or a log, says that there was one.
    private func missing(_ found: StoreMarker.Found, _ mark: StoreMark?) throws(StoreError) {
        let log = try system { () throws(POSIXError) in
            (Folder.fileBytes(path + "-wal") ?? 0) > 0
                ? try files.setLogAside(nowMilliseconds: WallClock.nowMilliseconds()) : nil
        }
        guard found != .nothing || log != nil else { return }
        report.missing(isEmpty: Folder.fileBytes(path) != nil, mark: mark, log: log)
    }

    private func look() throws(StoreError) -> (StoreMarker.Found, StoreMark?, StoreMarkerHead?) {
        let found = try system { () throws(POSIXError) in try StoreMarker.read(in: folder) }
        switch found {
        case .nothing: return (found, nil, nil)
        case .whole(let contents): return (found, contents.mark, contents.head)
        case .damaged(let mark):
            report.markerDamaged()
            return (found, mark, nil)
        }
    }

    /// The marker of a store, written anew.
    private func marker(
        for store: DeliveryStore, _ head: StoreMarkerHead?, lost: Int64
    ) throws(StoreError) -> StoreMarker {
        let name: String
        do {
            name = try store.name()
            // A new database has its name in its own file, not only in a log that may be lost.
            if head?.database != name {
                _ = try store.checkpoint(truncating: true)
                // The first commit to an empty log waits for the disk, whatever it holds: it is
                // made now, and not when the disk may be late.
                try store.begin()
                try store.noteTime()
                try store.commit()
            }
        } catch {
            throw .sqlite(error)
        }
        var new =
            head
            ?? StoreMarkerHead(
                folder: Hexadecimal.text(RandomBytes.make(16)), database: name)
        new.database = name
        new = new.losing(lost)
        report.lost(new)
        return try system { () throws(POSIXError) in
            try StoreMarker(folder: folder, head: new, mark: store.mark)
        }
    }

    private static func time(of path: String) -> StoreClock.Note? {
        do {
            let source = try Connection(path: path, create: false)
            source.keepLogOnClose()
            let noted = try source.prepare("SELECT store_ms, wall_ms FROM clock")
            guard try noted.step() else { return nil }
            return StoreClock.Note(
                storeMilliseconds: noted.integer(0), wallMilliseconds: noted.integer(1))
        } catch {
            // The wall clock's time counts then, as for a new store.
            return nil
        }
    }

    private static func lastID(of path: String) -> Int64 {
        do {
            let source = try Connection(path: path, create: false)
            source.keepLogOnClose()
            return SalvageRows.lastID(in: source)
        } catch {
            // What cannot be opened says nothing; the marker's number counts.
            return 0
        }
    }

    private func system<Value>(
        _ body: () throws(POSIXError) -> Value
    ) throws(StoreError) -> Value {
        do { return try body() } catch {
            throw .journal("\(error.operation) failed: \(error.message)")
        }
    }
}

extension SQLiteError {
    /// What a look through the whole file found.
    static func damaged(_ fault: String) -> SQLiteError {
        SQLiteError(operation: "check the database", code: SQLiteError.corrupt, message: fault)
    }
}
