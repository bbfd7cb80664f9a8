import Synchronization

/// The cells of a child (or of a whole family) in all shards.
///
/// Ordering: relaxed, but for sums. A cell is a number on its own that only grows; no other
/// memory is published through it, and all that a reader relies on is that successive reads of
/// one cell do not go backwards, which coherence gives to relaxed operations too. What must agree
/// (a histogram's count and its buckets) is computed from the same reads, not kept in two cells.
struct ShardedCells: Sendable {
    private let cells: CellPointer
    private let stride: Int
    private let shardMask: Int

    /// All sharded cells of `block`.
    init(_ block: CellBlock) {
        self.init(cells: block.cells, stride: block.stride, shardMask: block.shardMask)
    }

    private init(cells: CellPointer, stride: Int, shardMask: Int) {
        self.cells = cells
        self.stride = stride
        self.shardMask = shardMask
    }

    /// The same cells seen from `index` on.
    func dropping(_ index: Int) -> ShardedCells {
        precondition(index >= 0 && index < stride)
        return ShardedCells(cells: cells + index, stride: stride, shardMask: shardMask)
    }

    /// Adds to the cell `index` of a shard; any shard number is safe, it is taken modulo the
    /// number of shards.
    func add(_ amount: UInt64, at index: Int = 0, shard: Int) {
        cell(index, shard).pointee.wrappingAdd(amount, ordering: .relaxed)
    }

    /// Adds as `add` does, after whatever the thread added before: who reads the new value with
    /// `acquiringWideSum` and then reads other cells finds those additions in them.
    func addReleasing(_ amount: UInt64, at index: Int, shard: Int) {
        cell(index, shard).pointee.wrappingAdd(amount, ordering: .releasing)
    }

    /// Sets the cell `index` of shard 0.
    func store(_ value: UInt64, at index: Int = 0) {
        cells.pointer[index].store(value, ordering: .relaxed)
    }

    /// The cell `index` of shard 0.
    func load(at index: Int = 0) -> UInt64 { cells.pointer[index].load(ordering: .relaxed) }

    /// The sum of the cell `index` over all shards, modulo 2^64.
    func sum(at index: Int = 0) -> UInt64 {
        var total: UInt64 = 0
        for shard in 0...shardMask {
            total &+= cell(index, shard).pointee.load(ordering: .relaxed)
        }
        return total
    }

    /// The sum of the cell `index` over all shards, see `addReleasing`.
    func acquiringWideSum(at index: Int) -> UInt128 {
        var total: UInt128 = 0
        for shard in 0...shardMask {
            total &+= UInt128(cell(index, shard).pointee.load(ordering: .acquiring))
        }
        return total
    }

    private func cell(_ index: Int, _ shard: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        cells.pointer + ((shard & shardMask) &* stride &+ index)
    }
}
