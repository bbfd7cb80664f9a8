/// The buckets of a histogram family: which cells a child has and what they mean.
///
/// With native buckets the edges of the cells are those of the classic and of the native buckets
/// together, so that both kinds are computed from the same cells, agree with each other, and cost
/// an observer nothing more. A class, so that a renderer passes it on without copying arrays.
final class HistogramLayout: Sendable {
    /// Upper bounds of the classic buckets in the family's unit, without `+Inf`.
    let bounds: [Double]
    /// The unit of the cells.
    let unit: HistogramUnit
    /// The native buckets, if the histograms have them.
    let native: NativeView?
    /// The largest integers of all cells but the last, which has no end.
    let edges: [UInt64]

    /// For each classic bound the number of its cell.
    private let boundCells: [Int]

    /// Native buckets as runs of cells.
    struct NativeView: Sendable {
        /// How many buckets may be exposed.
        let bucketsMax: Int
        /// Indices and schema.
        let buckets: NativeBuckets
        /// For each native bucket the number of its last cell.
        let lastCells: [Int]
    }

    /// Lays the cells out; `bounds` have passed `NameRules`.
    init(bounds: [Double], unit: HistogramUnit, options: NativeHistograms?) {
        let steps = bounds.map { UInt64(unit.steps($0)) }
        self.bounds = steps.map { unit.bound(Double($0)) }
        self.unit = unit
        let buckets = options.map { NativeBuckets(schema: $0.schema, unit: unit) }
        let edges = Array(Set(steps + (buckets?.edges ?? []))).sorted()
        self.edges = edges
        boundCells = Self.positions(of: steps, in: edges)
        native = buckets.flatMap { buckets in
            NativeView(
                bucketsMax: options?.bucketsMax ?? 0, buckets: buckets,
                lastCells: Self.positions(of: buckets.edges, in: edges))
        }
    }

    /// Cells of a child that count observations.
    var cells: Int { edges.count + 1 }

    /// Classic buckets, `+Inf` among them.
    var buckets: Int { bounds.count + 1 }

    /// The number of the last cell of a classic bucket, `bounds.count` being `+Inf`.
    func lastCell(ofBucket bucket: Int) -> Int {
        bucket < boundCells.count ? boundCells[bucket] : edges.count
    }

    /// The classic bucket of each cell.
    var bucketOfCell: [Int] {
        var bucket = 0
        return (0..<cells).map { cell in
            while cell > lastCell(ofBucket: bucket) { bucket += 1 }
            return bucket
        }
    }

    private static func positions(of some: [UInt64], in all: [UInt64]) -> [Int] {
        some.compactMap { all.firstIndex(of: $0) }
    }
}
