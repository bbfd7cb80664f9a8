/// A distribution over fixed buckets; resolved once, then updated by any thread without lock or
/// allocation: two additions in the caller's shard.
public struct Histogram: Sendable {
    /// The largest observation, 2^58 (nine years in nanoseconds); larger ones count as this one,
    /// so that a clock that stepped back cannot spoil the sum.
    static let largest: UInt64 = 1 << 58

    private let cells: ShardedCells
    private let edges: BucketEdges
    private let exemplars: ExemplarCells
    private let sumCell: Int
    private let shift: UInt64
    private let unit: HistogramUnit

    /// The histogram of a child whose cells, its sum behind its buckets, begin at the first one.
    init(
        cells: ShardedCells, edges: BucketEdges, exemplars: ExemplarCells, sumCell: Int,
        shift: UInt64, unit: HistogramUnit
    ) {
        self.cells = cells
        self.edges = edges
        self.exemplars = exemplars
        self.sumCell = sumCell
        self.shift = shift
        self.unit = unit
    }

    /// Observes a duration; negative ones and NaN count as 0. For names that end in `_seconds`.
    public func observe(seconds: Double, shard: Int) {
        observe(nanoseconds: Self.nanoseconds(seconds), shard: shard)
    }

    /// Observes a duration and leaves an exemplar with its bucket, see
    /// `observe(nanoseconds:shard:exemplar:)`.
    public func observe(seconds: Double, shard: Int, exemplar: Exemplar) {
        observe(nanoseconds: Self.nanoseconds(seconds), shard: shard, exemplar: exemplar)
    }

    /// Observes a duration. For names that end in `_seconds`.
    public func observe(nanoseconds: UInt64, shard: Int) {
        assert(unit == .seconds, "this histogram is not over seconds")
        _ = observe(min(nanoseconds, Self.largest), shard)
    }

    /// Observes a duration and leaves an exemplar with its bucket, unless the bucket has one that
    /// is not a second older; dropped and counted if its id is zero, or if another thread is
    /// leaving one there at this moment. OpenMetrics and protobuf expose it.
    public func observe(nanoseconds: UInt64, shard: Int, exemplar: Exemplar) {
        assert(unit == .seconds, "this histogram is not over seconds")
        observe(min(nanoseconds, Self.largest), shard, exemplar)
    }

    /// Observes a plain number. For names that do not end in `_seconds`.
    public func observe(count: UInt64, shard: Int) {
        assert(unit == .ones, "this histogram is over seconds")
        _ = observe(min(count, Self.largest), shard)
    }

    /// Observes a plain number and leaves an exemplar with its bucket, see
    /// `observe(nanoseconds:shard:exemplar:)`.
    public func observe(count: UInt64, shard: Int, exemplar: Exemplar) {
        assert(unit == .ones, "this histogram is over seconds")
        observe(min(count, Self.largest), shard, exemplar)
    }

    private static func nanoseconds(_ seconds: Double) -> UInt64 {
        seconds > 0 ? UInt64(min(seconds * 1e9, Double(largest)).rounded()) : 0
    }

    private func observe(_ steps: UInt64, _ shard: Int) -> Int {
        let cell = edges.cell(of: steps)
        cells.add(1, at: cell, shard: shard)
        let rounded = steps &+ ((1 &<< shift) &>> 1)
        // After the bucket: a scrape that has it in the sum has it in the buckets too.
        cells.addReleasing(rounded &>> shift, at: sumCell, shard: shard)
        return cell
    }

    private func observe(_ steps: UInt64, _ shard: Int, _ exemplar: Exemplar) {
        let cell = observe(steps, shard)
        exemplars.store(exemplar, value: steps, at: edges.bucket(ofCell: cell))
    }
}

/// Histograms with one label.
public struct Histograms<A: LabelValue>: Sendable {
    @usableFromInline let cells: HistogramCells
    @usableFromInline let a: CasePositions<A>

    /// Histograms for each case.
    init(cells: HistogramCells, a: CasePositions<A>) {
        self.cells = cells
        self.a = a
    }

    /// The histogram of one label value.
    @inlinable public subscript(_ value: A) -> Histogram {
        cells.histogram(child: a.position(of: value))
    }
}

/// Histograms with two labels.
public struct Histograms2<A: LabelValue, B: LabelValue>: Sendable {
    @usableFromInline let cells: HistogramCells
    @usableFromInline let a: CasePositions<A>
    @usableFromInline let b: CasePositions<B>

    /// Histograms for each pair of cases, the second label changing fastest.
    init(cells: HistogramCells, a: CasePositions<A>, b: CasePositions<B>) {
        self.cells = cells
        self.a = a
        self.b = b
    }

    /// The histogram of one pair of label values.
    @inlinable public subscript(_ first: A, _ second: B) -> Histogram {
        cells.histogram(child: a.position(of: first) * b.count + b.position(of: second))
    }
}
