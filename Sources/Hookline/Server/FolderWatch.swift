import POSIX
import SQLite
import Synchronization

/// Looks four times a second whether the data folder and the store's files are still those that
/// are open, and makes the marker durable.
///
/// A folder that is removed or replaced, or a file in it, leaves a process that writes into files
/// that nobody finds: each 200 would be a lie. Then intake ends (503, and `/readyz` says so), what
/// is owed is still forwarded, the lock of whatever lies at the path now is taken so that no other
/// server begins there, and after `graceNanoseconds` the process ends with status 1. If everything
/// comes back meanwhile, it goes on. What is still owed at the end is copied to the path.
final class FolderWatch: Sendable {
    /// The files that are open.
    private struct Files: Sendable {
        let folder: OpenFolder
        let files: [(path: String, identity: FileIdentity)]
    }

    private struct State: Sendable {
        var files: Files?
        var gone: String?
        var since: UInt64 = 0
        var hasEnded = false
    }

    /// How long the folder may take to come back.
    static let graceNanoseconds: UInt64 = 30_000_000_000

    private let paths: DataFolderPaths
    private let store: SQLiteQueue
    private let log: Log
    private let report: StoreReport
    private let onEnd: @Sendable () -> Void
    private let state = Mutex(State())
    private let isStopping = Atomic<Bool>(false)
    private let bell = WakeSignal()
    private let thread = OwnedThread()
    private let lastLock = Mutex<HeldLock?>(nil)

    /// `onEnd` asks the process to end; called once, on the watch's thread.
    init(
        _ paths: DataFolderPaths, store: SQLiteQueue, report: StoreReport, log: Log,
        onEnd: @escaping @Sendable () -> Void
    ) {
        self.paths = paths
        self.store = store
        self.report = report
        self.log = log
        self.onEnd = onEnd
    }

    /// True while the folder and its files are where they were.
    var isIntact: Bool { state.withLock { $0.gone == nil } }

    /// Looks now. The store thread.
    func isIntactNow() -> Bool {
        look()
        return isIntact
    }

    /// These files are open from now on: those that lie at their paths. The store thread.
    func begin() throws(POSIXError) {
        let folder = try OpenFolder(paths.folder)
        var files: [(path: String, identity: FileIdentity)] = []
        for path in [paths.database, paths.writeAheadLog, paths.lock, paths.marker] {
            files.append((path, try FileIdentity(path)))
        }
        let open = Files(folder: folder, files: files)
        state.withLock { $0.files = open }
    }

    /// The files are about to change by our own hand. The store thread.
    func pause() { state.withLock { $0.files = nil } }

    /// Starts to look.
    func start() throws(StartupError) {
        try StartupError.starting { () throws(POSIXError) in
            try thread.start(name: "folder") { [self] in run() }
        }
    }

    /// Ends, and copies what is owed to where the folder was, if it is gone. The store is still
    /// open and forwarding has ended.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        bell.ring()
        thread.join()
        if !isIntact { rescue() }
    }

    private func run() {
        // Of what lies at the path now; kept until this process ends, or all is as it was.
        var heldLock: HeldLock?
        var turns = 0
        while !isStopping.load(ordering: .acquiring) {
            turns += 1
            // What a disk does not sync is for the store to find.
            if turns % 4 == 0 { try? store.marker.withLock { $0 }?.sync() }
            if turns % 40 == 0 { report.count() }
            look()
            if isIntact {
                heldLock = nil
            } else {
                if heldLock == nil { heldLock = HeldLock(paths.lock) }
                endAfterGrace()
            }
            bell.wait(untilNanoseconds: MonotonicClock.now() + 250_000_000)
        }
        // A copy of what is owed follows: nobody may begin on it before this process has ended.
        lastLock.withLock { $0 = heldLock ?? (isIntact ? nil : HeldLock(paths.lock)) }
    }

    private func look() {
        let (before, now) = state.withLock { state -> (String?, String?) in
            guard let files = state.files else { return (state.gone, state.gone) }
            let before = state.gone
            state.gone = Self.fault(files, paths)
            if before == nil { state.since = MonotonicClock.now() }
            return (before, state.gone)
        }
        guard before != now else { return }
        store.status.markGone(now != nil)
        guard let now else {
            return log.write(LogLine(.warning, "the data folder is back: webhooks are taken again"))
        }
        guard before == nil else { return }
        log.write(
            LogLine(
                .critical,
                "the data folder was taken away under the running server: webhooks get 503, what "
                    + "waits is still forwarded, and the process ends in 30 seconds unless the "
                    + "folder comes back"
            ).with("what", now).with("owed", store.status.owed).with("data_dir", paths.folder))
    }

    /// What is not as it was, in words; nil when all is.
    private static func fault(_ files: Files, _ paths: DataFolderPaths) -> String? {
        let folder = files.folder.identity.look(at: paths.folder, following: true)
        if let words = words(folder, paths.folder) { return words }
        for (path, identity) in files.files {
            if let words = words(identity.look(at: path), path) { return words }
        }
        return nil
    }

    private static func words(_ look: FileIdentity.Look, _ path: String) -> String? {
        switch look {
        case .same, .unknown: nil
        case .removed: "\(path) was removed"
        case .replaced: "\(path) is another one"
        }
    }

    private func endAfterGrace() {
        let isOver = state.withLock { state in
            let now = MonotonicClock.now()
            guard !state.hasEnded, now >= state.since + Self.graceNanoseconds else { return false }
            state.hasEnded = true
            return true
        }
        if isOver { onEnd() }
    }

    /// Copies the open database to where the folder was, or says why not.
    private func rescue() {
        do {
            try Folder.prepare(paths.folder)
            var target = paths.database
            if Folder.fileBytes(target) != nil {
                let time = WallClock.nowMilliseconds() / 1000
                target += ".rescued-\(time)"
            }
            // A copy that is cut short must not lie where a start would take it for the whole.
            let (head, path) = (store.marker.withLock { $0 }?.head, paths.database + ".copying")
            try Folder.remove(path)
            let mark = try store.perform(.reading) { (store) throws(SQLiteError) -> StoreMark in
                try store.copy(to: path)
                return store.mark
            }
            try Folder.syncFile(path)
            try Folder.move(path, to: target)
            if target == paths.database, let head {
                _ = try StoreMarker(folder: paths.folder, head: head, mark: mark)
            }
            try Folder.sync(paths.folder)
            log.write(
                LogLine(.warning, "the open database was copied to where the data folder was")
                    .with("path", target).with("owed", mark.owed))
        } catch {
            log.write(
                LogLine(.critical, "what waits could not be copied and is lost with the folder")
                    .with("owed", store.status.owed).with("error", "\(error)"))
        }
    }
}

/// The lock of whatever lies at the path now, so that no other server begins there.
private final class HeldLock: Sendable {
    private let lock: FolderLock

    /// Nil when it is not there, or somebody else's.
    init?(_ path: String) {
        do { lock = try FolderLock(path: path) } catch { return nil }
    }
}
