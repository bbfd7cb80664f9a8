import Synchronization

/// The memory of one family's cells: one allocation, made at registration and never given back.
///
/// Never, because then an instrument is a few plain numbers: to copy one or to look one up by its
/// labels touches no reference count, for which two threads would contend. Metrics are made at the
/// start of a process and live as long as it does.
///
/// Layout, in cells of 8 bytes: first `constants` (read only, say bucket bounds), then one run of
/// `cellsPerShard` for each shard, then the `shared` cells that are not sharded. Each of these
/// parts begins on a multiple of 128 bytes, so that two shards never share a cache line, nor the
/// pair of lines that x86 processors prefetch together (Intel 64 and IA-32 Optimization Manual,
/// "Spatial Prefetcher").
struct CellBlock: Sendable {
    /// The first constant.
    let constants: CellPointer
    /// The first cell of shard 0.
    let cells: CellPointer
    /// The first shared cell.
    let shared: CellPointer
    /// Cells from one shard's run to the next one's, a multiple of 16.
    let stride: Int
    /// Number of shards less one; the number of shards is a power of two.
    let shardMask: Int

    /// Allocates for `shards` (a power of two); sets sharded cells to `value`, shared ones to 0.
    init(
        constants: [UInt64] = [], cellsPerShard: Int, shards: Int, value: UInt64 = 0,
        shared: Int = 0
    ) {
        precondition(shards > 0 && shards & (shards - 1) == 0, "shards must be a power of two")
        let head = Self.padded(constants.count)
        stride = Self.padded(cellsPerShard)
        shardMask = shards - 1
        let sharded = head + stride * shards
        let count = sharded + Self.padded(shared)
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: max(count, 1) * MemoryLayout<Atomic<UInt64>>.stride, alignment: 128)
        let first = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
        for index in 0..<count {
            let initial =
                index < constants.count ? constants[index] : index < sharded ? value : 0
            (first + index).initialize(to: Atomic(initial))
        }
        self.constants = CellPointer(pointer: first)
        cells = CellPointer(pointer: first + head)
        self.shared = CellPointer(pointer: first + sharded)
    }

    private static func padded(_ cells: Int) -> Int { (cells + 15) / 16 * 16 }
}

/// A pointer to one cell of a block.
///
/// Proof of `@unchecked Sendable`: the pointer itself is a constant; all that can be reached
/// through it are `Atomic` cells, which are themselves `Sendable`; and the memory of a block is
/// never freed, so that it outlives every use.
struct CellPointer: @unchecked Sendable {
    /// The cell.
    let pointer: UnsafeMutablePointer<Atomic<UInt64>>

    /// The cell so many cells on.
    static func + (cell: CellPointer, offset: Int) -> CellPointer {
        CellPointer(pointer: cell.pointer + offset)
    }
}
