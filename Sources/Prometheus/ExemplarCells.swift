import Synchronization

/// The exemplars of a child (or of a whole family): at most one for each of its places, which are
/// a histogram's buckets or the counter itself.
///
/// One is kept until an observation replaces it that is at least `keptMilliseconds` younger (or
/// was made before it, after the clock stepped back). So a busy bucket costs its observers one
/// read of a shared line, and a scraper finds the same exemplar with the same time until then.
///
/// A place has a version and two slots of four cells. Versions count up by two for each exemplar;
/// an odd one says that a thread is writing. Version v (even) names the slot v/2 mod 2; a writer
/// fills the other slot and then makes its version the next even one. Writers never wait: one
/// that meets an odd version, or loses the exchange that makes it odd, drops its exemplar and
/// counts that. Readers hinder nobody and always find the last whole exemplar, even while a
/// writer stands still half-way.
///
/// Ordering, writer: (1) exchange v → v+1, acquiring; (2) release fence; (3) relaxed stores into
/// the slot; (4) store v+2, releasing. Reader: (5) load v, acquiring; (6) relaxed loads of the
/// slot; (7) acquire fence; (8) load the version again, relaxed. (4) and (5) make the slot's
/// content visible with the version that names it. The slot that v names is written again only
/// after v+3 was set; should (6) see any such store, then by the fences (2) and (7) the load (8)
/// sees v+3 or more, and the reader starts again. (1) acquires so that the stores of (3) come
/// after those of the writer before.
struct ExemplarCells: Sendable {
    private static let cellsPerSlot = 4

    /// Exemplars that were not stored: an invalid one, or another thread was writing.
    private let dropCount: CellPointer
    private let versions: CellPointer
    private let slots: CellPointer
    private let keptMilliseconds: Int64

    /// How many shared cells a block needs for `places` places.
    static func cells(places: Int) -> Int { 1 + places * (1 + 2 * cellsPerSlot) }

    /// The exemplars in the shared cells of `block`, all of them none.
    init(_ block: CellBlock, places: Int, keptMilliseconds: Int64) {
        dropCount = block.shared
        // Versions lie together: a renderer looks at all of them, and most say "none".
        versions = block.shared + 1
        slots = block.shared + (1 + places)
        self.keptMilliseconds = keptMilliseconds
    }

    private init(_ whole: ExemplarCells, dropping places: Int) {
        dropCount = whole.dropCount
        versions = whole.versions + places
        slots = whole.slots + places * 2 * Self.cellsPerSlot
        keptMilliseconds = whole.keptMilliseconds
    }

    /// The same places seen from `places` on.
    func dropping(_ places: Int) -> ExemplarCells { ExemplarCells(self, dropping: places) }

    /// How many exemplars of the whole family were dropped.
    var dropped: UInt64 { dropCount.pointer.pointee.load(ordering: .relaxed) }

    /// Stores an exemplar with the observed integer, unless the one before is to be kept. Any
    /// thread; neither waits nor allocates.
    func store(_ exemplar: Exemplar, value: UInt64, at place: Int) {
        guard exemplar.isValid else { return drop() }
        let version = versions.pointer[place].load(ordering: .acquiring)
        if version > 1, isKept(slot(place, version), at: exemplar.unixMilliseconds) { return }
        guard version & 1 == 0,
            versions.pointer[place].compareExchange(
                expected: version, desired: version + 1, successOrdering: .acquiring,
                failureOrdering: .relaxed
            ).exchanged
        else { return drop() }
        atomicMemoryFence(ordering: .releasing)
        let slot = slot(place, version + 2)
        slot[0].store(exemplar.traceHigh, ordering: .relaxed)
        slot[1].store(exemplar.traceLow, ordering: .relaxed)
        slot[2].store(UInt64(bitPattern: exemplar.unixMilliseconds), ordering: .relaxed)
        slot[3].store(value, ordering: .relaxed)
        versions.pointer[place].store(version + 2, ordering: .releasing)
    }

    /// The exemplar of a place and the integer that was observed, nil if there is none. A test
    /// hands in what happens after the slot's first load, in the midst of its content.
    func load(at place: Int, midway: () -> Void = {}) -> (exemplar: Exemplar, value: UInt64)? {
        // Three replacements during one reading would be needed for a second round; a fourth
        // round is given up, and the next scrape reads again.
        for _ in 0..<4 {
            let version = versions.pointer[place].load(ordering: .acquiring)
            guard version > 1 else { return nil }
            let slot = slot(place, version)
            let traceHigh = slot[0].load(ordering: .relaxed)
            midway()
            let exemplar = Exemplar(
                traceHigh: traceHigh, traceLow: slot[1].load(ordering: .relaxed),
                unixMilliseconds: Int64(bitPattern: slot[2].load(ordering: .relaxed)))
            let value = slot[3].load(ordering: .relaxed)
            atomicMemoryFence(ordering: .acquiring)
            let after = versions.pointer[place].load(ordering: .relaxed)
            if after - (version & ~1) <= 2 { return (exemplar, value) }
        }
        return nil
    }

    private func isKept(_ slot: UnsafeMutablePointer<Atomic<UInt64>>, at now: Int64) -> Bool {
        let before = Int64(bitPattern: slot[2].load(ordering: .relaxed))
        return now >= before && now - before < keptMilliseconds
    }

    private func slot(_ place: Int, _ version: UInt64) -> UnsafeMutablePointer<Atomic<UInt64>> {
        let number = 2 * place + Int(truncatingIfNeeded: version >> 1 & 1)
        return slots.pointer + number * Self.cellsPerSlot
    }

    private func drop() {
        dropCount.pointer.pointee.wrappingAdd(1, ordering: .relaxed)
    }
}
