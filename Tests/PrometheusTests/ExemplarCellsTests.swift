import Testing

@testable import Prometheus

/// What a reader of exemplars meets when writers come in the midst of its reading, one step at a
/// time and so without luck; `ExemplarTests` lets threads run.
@Suite struct ExemplarCellsTests {
    private let block = CellBlock(
        cellsPerShard: 1, shards: 1, shared: ExemplarCells.cells(places: 1))
    private let cells: ExemplarCells

    init() {
        cells = ExemplarCells(block, places: 1, keptMilliseconds: 0)
    }

    /// Stores an exemplar all of whose parts say the number.
    private func store(_ number: UInt64) {
        let exemplar = Exemplar(
            traceHigh: number, traceLow: ~number, unixMilliseconds: Int64(number))
        cells.store(exemplar, value: number, at: 0)
    }

    /// What a reader finds if `midway` happens in each of its rounds, which are counted: the number
    /// that all parts agree on, 0 for a mixture, nil for none.
    private func load(_ midway: (Int) -> Void) -> (number: UInt64?, rounds: Int) {
        var rounds = 0
        let found = cells.load(at: 0) {
            rounds += 1
            midway(rounds)
        }
        guard let (exemplar, value) = found else { return (nil, rounds) }
        let isWhole =
            exemplar.traceHigh == value && exemplar.traceLow == ~value
            && exemplar.unixMilliseconds == Int64(value)
        return (isWhole ? value : 0, rounds)
    }

    /// Makes the version of the place odd, as a writer does that then stands still, having written
    /// one cell of the slot.
    private func beginStore(_ number: UInt64) {
        let version = block.shared.pointer + 1
        let odd = version.pointee.load(ordering: .relaxed) + 1
        version.pointee.store(odd, ordering: .relaxed)
        let slot = block.shared.pointer + 2 + Int((odd + 1) >> 1 & 1) * 4
        slot[1].store(number, ordering: .relaxed)
    }

    @Test func `one replacement leaves the exemplar that is being read alone`() {
        store(1)
        #expect(load { _ in store(2) } == (1, 1))
        #expect(load { _ in } == (2, 1))
    }

    @Test func `two replacements make the reader start again, and find the last`() {
        store(1)
        let found = load { round in
            guard round == 1 else { return }
            store(2)
            store(3)
        }
        #expect(found == (3, 2))
    }

    @Test func `a second replacement that is half done makes the reader start again`() {
        store(1)
        let found = load { round in
            guard round == 1 else { return }
            store(2)
            beginStore(3)
        }
        #expect(found == (2, 2))
    }

    @Test func `a writer that stands still hides nothing, and the next one drops its exemplar`() {
        store(1)
        beginStore(2)
        #expect(load { _ in } == (1, 1))
        store(3)
        #expect(cells.dropped == 1)
        #expect(load { _ in } == (1, 1))
    }

    @Test func `a reader gives up after four rounds`() {
        store(1)
        let found = load { round in
            store(UInt64(2 * round))
            store(UInt64(2 * round + 1))
        }
        #expect(found == (nil, 4))
        #expect(load { _ in } == (9, 1))
    }
}
