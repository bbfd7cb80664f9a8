import POSIX
import SQLite

/// Moves what waits in memory into the table, a slice at a time. Confined to the store thread,
/// which calls it when no webhook waits.
///
/// A slice is short, is cut shorter when a webhook comes, and does not wait for the disk. Proven
/// requests go first. The others are written at a steady rate after a first burst, so that a
/// flood costs the store thread about one part in a hundred of its time; each source has its
/// turn.
final class QuarantineWriter {
    private static let pauseNanoseconds: UInt64 = 50_000_000
    private static let errorPauseNanoseconds: UInt64 = 1_000_000_000
    private static let housekeepingNanoseconds: UInt64 = 1_000_000_000
    private static let rowsMax = 64
    private static let bytesMax = 256 * 1024
    private static let provenRowsMax = 128
    private static let provenBytesMax = 1024 * 1024
    private static let proofsMax = 1024
    /// What is left of a nearly full disk is the queue's.
    static let diskReserveBytes: UInt64 = 64 * 1024 * 1024

    private let store: DeliveryStore
    private let quarantine: Quarantine
    /// After this time a slice takes no further request.
    private let sliceNanoseconds: UInt64
    private var allowance = QuarantineAllowance()
    /// Proofs whose request was not found, for it may still wait in memory; the oldest first.
    private var proofs: [(fingerprint: Identity, hint: String)] = []
    private var nextNanoseconds: UInt64 = 0
    private var nextHousekeepingNanoseconds: UInt64 = 0
    private var isDiskFull = false

    init(store: DeliveryStore, quarantine: Quarantine, sliceNanoseconds: UInt64 = 5_000_000) {
        self.store = store
        self.sliceNanoseconds = sliceNanoseconds
        self.quarantine = quarantine
        do {
            try store.quarantine.setLimits(
                rowsMax: quarantine.options.rowsMax, bytesMax: quarantine.options.bytesMax)
            publish()
        } catch {
            // The gauge stays absent; the first transaction that fails is reported.
            quarantine.status.publish(nil)
        }
    }

    /// When the next slice is due, nil when nothing waits for one.
    var dueNanoseconds: UInt64? {
        let isWaiting = quarantine.withInbox { !$0.isEmpty }
        return isWaiting
            ? min(nextNanoseconds, nextHousekeepingNanoseconds) : nextHousekeepingNanoseconds
    }

    /// True when a slice is due.
    func isDue(nowNanoseconds now: UInt64) -> Bool { dueNanoseconds.map { $0 <= now } ?? false }

    /// Writes one slice; `isDisturbed` says that a webhook came, which ends it.
    func writeSlice(nowNanoseconds now: UInt64, isDisturbed: () -> Bool) throws(SQLiteError) {
        nextNanoseconds = now + Self.errorPauseNanoseconds
        if now >= nextHousekeepingNanoseconds { try housekeep(now) }
        allowance.grow(nowNanoseconds: now)
        let end = store.clock.monotonicNanoseconds + sliceNanoseconds
        try write(rowsMax: Self.rowsMax, bytesMax: Self.bytesMax) {
            store.clock.monotonicNanoseconds >= end || isDisturbed()
        }
        nextNanoseconds = now + Self.pauseNanoseconds
    }

    /// Writes everything that waits; what comes meanwhile, as far as a bound allows.
    func writeAll() throws(SQLiteError) {
        for _ in 0..<64 where quarantine.withInbox({ !$0.isEmpty }) {
            allowance = QuarantineAllowance()
            try write(rowsMax: .max, bytesMax: .max) { false }
        }
    }

    /// The store writes no more; its figures are absent from now on.
    func ended() { quarantine.status.publish(nil) }

    /// Says what is kept, after a transaction that may have changed it.
    func publish() {
        for (reason, count) in store.quarantine.takeLost() { quarantine.drop(reason, count) }
        quarantine.status.publish(store.quarantine.figures)
    }

    private func write(
        rowsMax: Int, bytesMax: Int, isOver: () -> Bool
    ) throws(SQLiteError) {
        let (proven, proofs) = quarantine.withInbox {
            $0.takeProven(rowsMax: Self.provenRowsMax, bytesMax: Self.provenBytesMax)
        }
        let rows = min(rowsMax, allowance.rows)
        let bytes = min(bytesMax, allowance.bytes)
        let waiting =
            rows > 0 && bytes > 0
            ? quarantine.withInbox { $0.take(rowsMax: rows, bytesMax: bytes) } : []
        guard !proven.isEmpty || !proofs.isEmpty || !waiting.isEmpty else { return }
        guard !isDiskFull else {
            return quarantine.drop(.disk, proven.count + waiting.count)
        }
        var progress = Progress()
        do {
            try store.begin(isDurable: false)
            try apply(proofs)
            for entry in proven where !progress.isOver {
                _ = try store.quarantine.keep(
                    entry.request, hint: entry.hint, isProven: true,
                    at: store.clock.nowMilliseconds)
                progress.proven += 1
                progress.isOver = isOver()
            }
            for request in waiting where !progress.isOver {
                _ = try keep(request)
                progress.waiting += 1
                allowance.spend(bytes: request.byteCount)
                progress.isOver = isOver()
            }
            try store.commit()
        } catch {
            quarantine.drop(.store, proven.count + waiting.count)
            throw error
        }
        // What a webhook's arrival kept from being written waits again.
        quarantine.putBack(Array(proven.dropFirst(progress.proven)))
        for request in waiting.dropFirst(progress.waiting) { quarantine.offer(request) }
        publish()
    }

    /// How far a slice came.
    private struct Progress {
        var proven = 0
        var waiting = 0
        var isOver = false
    }

    private func keep(_ request: QuarantinedRequest) throws(SQLiteError) -> QuarantineTable.Kept {
        let now = store.clock.nowMilliseconds
        guard !proofs.isEmpty else { return try store.quarantine.keep(request, at: now) }
        let fingerprint = request.fingerprint
        let index = proofs.firstIndex { $0.fingerprint == fingerprint }
        let hint = index.map { proofs.remove(at: $0).hint }
        return try store.quarantine.keep(request, hint: hint, isProven: hint != nil, at: now)
    }

    private func apply(
        _ new: [(fingerprint: Identity, hint: String)]
    ) throws(SQLiteError) {
        for proof in new where try !store.quarantine.prove(proof.fingerprint, hint: proof.hint) {
            if proofs.count >= Self.proofsMax { proofs.removeFirst() }
            proofs.append(proof)
        }
    }

    /// What is too old or too much goes, and the disk is looked at, once a second.
    private func housekeep(_ now: UInt64) throws(SQLiteError) {
        nextHousekeepingNanoseconds = now + Self.housekeepingNanoseconds
        let free = Folder.freeBytes(quarantine.options.folder)
        isDiskFull = free.map { $0 < Self.diskReserveBytes } ?? false
        let limit = store.clock.nowMilliseconds - quarantine.options.retentionMilliseconds
        try store.begin(isDurable: false)
        let expired = try store.quarantine.expire(before: limit, count: 256)
        let trimmed = try store.quarantine.trim(count: 256)
        guard expired + trimmed > 0 else { return store.rollBack() }
        try store.commit()
        publish()
    }
}

/// How much of what is not proven may be written now: a burst, then a steady rate.
struct QuarantineAllowance {
    private static let rowsBurst = 2048.0
    private static let rowsPerSecond = 100.0
    private static let bytesBurst = 4.0 * 1024 * 1024
    private static let bytesPerSecond = 512.0 * 1024

    private var rowsLeft = rowsBurst
    private var bytesLeft = bytesBurst
    private var grownNanoseconds: UInt64?

    /// Rows that may be written.
    var rows: Int { Int(max(0, rowsLeft)) }
    /// Bytes that may be written; a row may exceed them.
    var bytes: Int { Int(max(0, bytesLeft)) }

    /// Adds what the time since the last call allows.
    mutating func grow(nowNanoseconds now: UInt64) {
        defer { grownNanoseconds = now }
        guard let before = grownNanoseconds, now > before else { return }
        let seconds = Double(now - before) / 1e9
        rowsLeft = min(Self.rowsBurst, rowsLeft + seconds * Self.rowsPerSecond)
        bytesLeft = min(Self.bytesBurst, bytesLeft + seconds * Self.bytesPerSecond)
    }

    /// Takes away one row.
    mutating func spend(bytes: Int) {
        rowsLeft -= 1
        bytesLeft -= Double(bytes)
    }
}
