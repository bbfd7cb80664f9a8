import Synchronization

/// The memory of one family's cells: one allocation, made at registration, freed with the last
/// instrument or registry that refers to it.
///
/// Layout, in cells of 8 bytes: first `constants` (read only, say bucket bounds), then one run of
/// `cellsPerShard` for each shard. Each of these parts begins on a multiple of 128 bytes, so that
/// two shards never share a cache line, nor the pair of lines that x86 processors prefetch
/// together (Intel 64 and IA-32 Optimization Manual, "Spatial Prefetcher").
final class CellBlock: Sendable {
    /// The first constant.
    let constants: CellPointer
    /// The first cell of shard 0.
    let cells: CellPointer
    /// Cells from one shard's run to the next one's, a multiple of 16.
    let stride: Int
    /// Number of shards less one; the number of shards is a power of two.
    let shardMask: Int

    private let count: Int

    /// Allocates for `shards` (a power of two) and sets every cell to `value`.
    init(constants: [UInt64] = [], cellsPerShard: Int, shards: Int, value: UInt64 = 0) {
        precondition(shards > 0 && shards & (shards - 1) == 0, "shards must be a power of two")
        let head = Self.padded(constants.count)
        stride = Self.padded(cellsPerShard)
        shardMask = shards - 1
        count = head + stride * shards
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: count * MemoryLayout<Atomic<UInt64>>.stride, alignment: 128)
        let first = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
        for index in 0..<count {
            let initial = index < constants.count ? constants[index] : value
            (first + index).initialize(to: Atomic(initial))
        }
        self.constants = CellPointer(pointer: first)
        cells = CellPointer(pointer: first + head)
    }

    deinit {
        constants.pointer.deinitialize(count: count)
        UnsafeMutableRawPointer(constants.pointer).deallocate()
    }

    private static func padded(_ cells: Int) -> Int { (cells + 15) / 16 * 16 }
}

/// A pointer to one cell of a block.
///
/// Proof of `@unchecked Sendable`: the pointer itself is a constant; all that can be reached
/// through it are `Atomic` cells, which are themselves `Sendable`; and whoever holds one holds
/// the `CellBlock` too (`ShardedCells` keeps both), so that the memory outlives every use.
struct CellPointer: @unchecked Sendable {
    /// The cell.
    let pointer: UnsafeMutablePointer<Atomic<UInt64>>
}

/// The cells of a child (or of a whole family) in all shards.
///
/// Ordering: all operations are relaxed. A cell is a number on its own that only grows; no other
/// memory is published through it, and all that a reader relies on is that successive reads of
/// one cell do not go backwards, which coherence gives to relaxed operations too. What must agree
/// (a histogram's count and its buckets) is computed from the same reads, not kept in two cells.
struct ShardedCells: Sendable {
    private let owner: CellBlock
    private let cells: CellPointer
    // Copies, so that an update does not read the owner, whose reference count other threads may
    // be writing.
    private let stride: Int
    private let shardMask: Int

    /// All cells of `block`.
    init(_ block: CellBlock) {
        self.init(
            owner: block, cells: block.cells, stride: block.stride, shardMask: block.shardMask)
    }

    private init(owner: CellBlock, cells: CellPointer, stride: Int, shardMask: Int) {
        self.owner = owner
        self.cells = cells
        self.stride = stride
        self.shardMask = shardMask
    }

    /// The same cells seen from `index` on.
    func dropping(_ index: Int) -> ShardedCells {
        precondition(index >= 0 && index < stride)
        return ShardedCells(
            owner: owner, cells: CellPointer(pointer: cells.pointer + index), stride: stride,
            shardMask: shardMask)
    }

    /// Adds to the cell `index` of a shard; any shard number is safe, it is taken modulo the
    /// number of shards.
    func add(_ amount: UInt64, at index: Int = 0, shard: Int) {
        // The owner must live until the atomic operation is done.
        withExtendedLifetime(owner) {
            let cell = (shard & shardMask) &* stride &+ index
            _ = cells.pointer[cell].wrappingAdd(amount, ordering: .relaxed)
        }
    }

    /// Sets the cell `index` of shard 0.
    func store(_ value: UInt64, at index: Int = 0) {
        withExtendedLifetime(owner) {
            cells.pointer[index].store(value, ordering: .relaxed)
        }
    }

    /// The cell `index` of shard 0.
    func load(at index: Int = 0) -> UInt64 {
        withExtendedLifetime(owner) { cells.pointer[index].load(ordering: .relaxed) }
    }

    /// The sum of the cell `index` over all shards, modulo 2^64.
    func sum(at index: Int = 0) -> UInt64 { UInt64(truncatingIfNeeded: wideSum(at: index)) }

    /// The sum of the cell `index` over all shards.
    func wideSum(at index: Int = 0) -> UInt128 {
        withExtendedLifetime(owner) {
            var total: UInt128 = 0
            for shard in 0...shardMask {
                let cell = cells.pointer + (shard &* stride &+ index)
                total &+= UInt128(cell.pointee.load(ordering: .relaxed))
            }
            return total
        }
    }
}
