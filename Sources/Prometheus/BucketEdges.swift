import Synchronization

/// Finds the cell of an observed integer: the first whose edge, inclusive, is not below it.
///
/// The constants of a block begin with, for each number of significant bits, the first cell that
/// such a number can fall into; then the edges, rising, and one that no number is above; then for
/// each cell the classic bucket that it is a part of. So a search begins where the number's power
/// of two begins and walks past the few edges within it.
struct BucketEdges: Sendable {
    /// Numbers up to `Histogram.largest` have at most 59 significant bits.
    private static let starts = 60

    private let first: CellPointer
    private let count: Int

    /// The constants that `init` expects in a block; `buckets` has one element more than `edges`.
    static func constants(edges: [UInt64], buckets: [Int]) -> [UInt64] {
        let starts = (0..<starts).map { bits in
            let smallest: UInt64 = bits == 0 ? 0 : 1 << UInt64(bits - 1)
            return UInt64(edges.count { $0 < smallest })
        }
        return starts + edges + [.max] + buckets.map { UInt64($0) }
    }

    /// The edges in the constants of `block`.
    init(_ block: CellBlock, count: Int) {
        first = block.constants
        self.count = count
    }

    /// The cell of a number that is at most `Histogram.largest`; `count` if it is above all edges.
    @inline(__always) func cell(of value: UInt64) -> Int {
        let bits = UInt64.bitWidth &- value.leadingZeroBitCount
        let edges = first.pointer + Self.starts
        var cell = Int(truncatingIfNeeded: first.pointer[bits].load(ordering: .relaxed))
        while value > edges[cell].load(ordering: .relaxed) { cell &+= 1 }
        return cell
    }

    /// The classic bucket that a cell is a part of.
    func bucket(ofCell cell: Int) -> Int {
        let buckets = first.pointer + (Self.starts &+ count &+ 1)
        return Int(truncatingIfNeeded: buckets[cell].load(ordering: .relaxed))
    }
}
