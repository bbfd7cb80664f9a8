/// Buckets, sums and exemplars of all children of a histogram family.
///
/// A child has, in each shard, one cell for each of its layout's cells (not cumulative) and one
/// for the sum. There is no cell for the count: it is the sum of the buckets, so that `_count` and
/// `le="+Inf"` agree in every exposition. Nothing here is counted by references, so that to look a
/// child up costs none.
@usableFromInline struct HistogramCells: Sendable {
    private let values: ShardedCells
    private let exemplars: ExemplarCells
    private let edges: BucketEdges
    private let unit: HistogramUnit
    private let shift: UInt64
    private let cellsPerChild: Int
    private let placesPerChild: Int

    /// Makes the cells of `children` histograms.
    init(
        _ layout: HistogramLayout, children: Int, shards: Int, exemplarsKeptMilliseconds: Int64
    ) {
        // 2^64 ns are 584 years in sum: enough for latencies, but not for a day's delay of
        // 200,000 messages. Those sums are kept in steps of 1.024 us.
        shift = layout.unit == .seconds && (layout.bounds.last ?? 0) > 3600 ? 10 : 0
        unit = layout.unit
        cellsPerChild = layout.cells
        placesPerChild = layout.buckets
        let places = children * layout.buckets
        let block = CellBlock(
            constants: BucketEdges.constants(edges: layout.edges, buckets: layout.bucketOfCell),
            cellsPerShard: children * (layout.cells + 1), shards: shards,
            shared: ExemplarCells.cells(places: places))
        values = ShardedCells(block)
        edges = BucketEdges(block, count: layout.edges.count)
        exemplars = ExemplarCells(
            block, places: places, keptMilliseconds: exemplarsKeptMilliseconds)
    }

    /// The instrument of one child.
    @usableFromInline func histogram(child: Int) -> Histogram {
        Histogram(
            cells: values.dropping(child * (cellsPerChild + 1)), edges: edges,
            exemplars: exemplars.dropping(child * placesPerChild), sumCell: cellsPerChild,
            shift: shift, unit: unit)
    }

    /// Observations in one cell of a child alone.
    func cell(_ cell: Int, child: Int) -> UInt64 {
        values.sum(at: child * (cellsPerChild + 1) + cell)
    }

    /// The sum of a child's observations in steps. Read before the cells, it holds no observation
    /// that they do not.
    func sum(child: Int) -> UInt128 {
        let cell = child * (cellsPerChild + 1) + cellsPerChild
        return values.acquiringWideSum(at: cell) << UInt128(shift)
    }

    /// The exemplar of a child's classic bucket, with its value in steps.
    func exemplar(bucket: Int, child: Int) -> (exemplar: Exemplar, value: UInt64)? {
        exemplars.load(at: child * placesPerChild + bucket)
    }

    /// How many exemplars were dropped.
    var droppedExemplars: UInt64 { exemplars.dropped }
}
