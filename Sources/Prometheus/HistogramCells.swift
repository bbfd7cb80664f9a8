/// Bounds, buckets and sums of all children of a histogram family.
///
/// A child has, in each shard, one cell a bucket (not cumulative, `+Inf` last) and one for the
/// sum. There is no cell for the count: it is the sum of the buckets, so that `_count` and
/// `le="+Inf"` agree in every exposition. The sum may be behind or ahead of the buckets by the
/// observations under way.
struct HistogramCells: Sendable {
    /// Upper bounds in the family's unit, without `+Inf`.
    let bounds: [Double]
    /// The unit of the cells.
    let unit: Unit
    private let cells: ShardedCells
    private let block: CellBlock
    private let shift: UInt64

    /// What one step of an observed integer is.
    enum Unit: Sendable {
        /// Durations, observed in nanoseconds.
        case seconds
        /// Plain numbers, observed as they are.
        case ones

        /// Names that end in `_seconds` are durations, all others plain numbers.
        init(familyName: String) {
            self = familyName.hasSuffix("_seconds") ? .seconds : .ones
        }

        /// A bound in steps.
        func steps(_ bound: Double) -> Double {
            self == .seconds ? (bound * 1e9).rounded() : bound
        }
    }

    /// Makes the cells of `children` histograms; `bounds` have passed `NameRules`.
    init(bounds: [Double], unit: Unit, children: Int, shards: Int) {
        self.bounds = bounds
        self.unit = unit
        // 2^64 ns are 584 years in sum: enough for latencies, but not for a day's delay of
        // 200,000 messages. Those sums are kept in steps of 1.024 us.
        shift = unit == .seconds && (bounds.last ?? 0) > 3600 ? 10 : 0
        block = CellBlock(
            constants: bounds.map { UInt64(unit.steps($0)) },
            cellsPerShard: children * (bounds.count + 2), shards: shards)
        cells = ShardedCells(block)
    }

    /// The instrument of one child.
    func histogram(child: Int) -> Histogram {
        Histogram(
            cells: cells.dropping(child * (bounds.count + 2)), bounds: block.constants,
            boundCount: bounds.count, unit: unit, shift: shift)
    }

    /// Observations of a child in one bucket alone, `bounds.count` being `+Inf`.
    func bucket(_ bucket: Int, child: Int) -> UInt64 {
        cells.sum(at: child * (bounds.count + 2) + bucket)
    }

    /// The sum of a child's observations in nanoseconds or ones.
    func sum(child: Int) -> UInt128 {
        cells.wideSum(at: child * (bounds.count + 2) + bounds.count + 1) << UInt128(shift)
    }
}
