/// Bounds, buckets, sums and exemplars of all children of a histogram family.
///
/// A child has, in each shard, one cell a bucket (not cumulative, the last for what is above all
/// edges) and one for the sum. There is no cell for the count: it is the sum of the buckets, so
/// that `_count` and `le="+Inf"` agree in every exposition. With native buckets the edges of the
/// cells are those of the classic and of the native buckets together, so that both kinds are
/// computed from the same cells, agree with each other, and cost an observer nothing more.
@usableFromInline struct HistogramCells: Sendable {
    /// Upper bounds of the classic buckets in the family's unit, without `+Inf`.
    let bounds: [Double]
    /// The unit of the cells.
    let unit: HistogramUnit
    /// The native buckets, if the histograms have them.
    let native: NativeView?
    /// Cells of a child that count observations, one more than there are edges.
    let cellsPerChild: Int

    private let values: ShardedCells
    private let exemplars: ExemplarCells
    private let edges: BucketEdges
    /// For each classic bound the number of its cell.
    private let boundCells: [Int]
    private let shift: UInt64

    /// Native buckets as runs of cells.
    struct NativeView: Sendable {
        /// How many buckets may be exposed.
        let bucketsMax: Int
        /// Indices and schema.
        let buckets: NativeBuckets
        /// For each native bucket the number of its last cell.
        let lastCells: [Int]
    }

    /// Makes the cells of `children` histograms; `bounds` have passed `NameRules`.
    init(
        bounds: [Double], unit: HistogramUnit, children: Int, shards: Int, options: RegistryOptions
    ) {
        let steps = bounds.map { UInt64(unit.steps($0)) }
        self.bounds = steps.map { unit.bound(Double($0)) }
        self.unit = unit
        let buckets = options.nativeHistograms.map { NativeBuckets(schema: $0.schema, unit: unit) }
        let allEdges = Array(Set(steps + (buckets?.edges ?? []))).sorted()
        boundCells = Self.positions(of: steps, in: allEdges)
        native = buckets.flatMap { buckets in
            NativeView(
                bucketsMax: options.nativeHistograms?.bucketsMax ?? 0, buckets: buckets,
                lastCells: Self.positions(of: buckets.edges, in: allEdges))
        }
        // 2^64 ns are 584 years in sum: enough for latencies, but not for a day's delay of
        // 200,000 messages. Those sums are kept in steps of 1.024 us.
        shift = unit == .seconds && (bounds.last ?? 0) > 3600 ? 10 : 0
        cellsPerChild = allEdges.count + 1
        let places = children * (bounds.count + 1)
        let block = CellBlock(
            constants: BucketEdges.constants(
                edges: allEdges, buckets: Self.buckets(of: allEdges, bounds: steps)),
            cellsPerShard: children * (cellsPerChild + 1), shards: shards,
            shared: ExemplarCells.cells(places: places))
        values = ShardedCells(block)
        edges = BucketEdges(block, count: allEdges.count)
        exemplars = ExemplarCells(
            block, places: places, keptMilliseconds: options.exemplarsKeptMilliseconds)
    }

    /// The instrument of one child.
    @usableFromInline func histogram(child: Int) -> Histogram {
        Histogram(
            cells: values.dropping(child * (cellsPerChild + 1)), edges: edges,
            exemplars: exemplars.dropping(child * (bounds.count + 1)), sumCell: cellsPerChild,
            shift: shift, unit: unit)
    }

    /// Observations in one cell of a child alone.
    func cell(_ cell: Int, child: Int) -> UInt64 {
        values.sum(at: child * (cellsPerChild + 1) + cell)
    }

    /// The number of the last cell of a classic bucket, `bounds.count` being `+Inf`.
    func lastCell(ofBucket bucket: Int) -> Int {
        bucket < boundCells.count ? boundCells[bucket] : cellsPerChild - 1
    }

    /// The sum of a child's observations in steps. Read before the cells, it holds no observation
    /// that they do not.
    func sum(child: Int) -> UInt128 {
        let cell = child * (cellsPerChild + 1) + cellsPerChild
        return values.acquiringWideSum(at: cell) << UInt128(shift)
    }

    /// The exemplar of a child's classic bucket, with its value in steps.
    func exemplar(bucket: Int, child: Int) -> (exemplar: Exemplar, value: UInt64)? {
        exemplars.load(at: child * (bounds.count + 1) + bucket)
    }

    /// How many exemplars were dropped.
    var droppedExemplars: UInt64 { exemplars.dropped }

    private static func positions(of some: [UInt64], in all: [UInt64]) -> [Int] {
        some.compactMap { all.firstIndex(of: $0) }
    }

    /// The classic bucket of each cell.
    private static func buckets(of edges: [UInt64], bounds: [UInt64]) -> [Int] {
        edges.map { edge in bounds.firstIndex { edge <= $0 } ?? bounds.count } + [bounds.count]
    }
}
