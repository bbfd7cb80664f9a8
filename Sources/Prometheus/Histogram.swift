/// A distribution over fixed buckets; resolved once, then updated by any thread without lock or
/// allocation: two relaxed additions in the caller's shard.
public struct Histogram: Sendable {
    /// The largest observation, 2^58 (nine years in nanoseconds); larger ones count as this one,
    /// so that a clock that stepped back cannot spoil the sum.
    static let largest: UInt64 = 1 << 58

    // `cells` keeps the block alive that `bounds` points into.
    private let cells: ShardedCells
    private let bounds: CellPointer
    private let boundCount: Int
    private let unit: HistogramCells.Unit
    private let shift: UInt64

    /// A histogram over these cells: its buckets, then its sum.
    init(
        cells: ShardedCells, bounds: CellPointer, boundCount: Int, unit: HistogramCells.Unit,
        shift: UInt64
    ) {
        self.cells = cells
        self.bounds = bounds
        self.boundCount = boundCount
        self.unit = unit
        self.shift = shift
    }

    /// Observes a duration; negative ones and NaN count as 0. For names that end in `_seconds`.
    public func observe(seconds: Double, shard: Int) {
        let nanoseconds = seconds > 0 ? min(seconds * 1e9, Double(Self.largest)).rounded() : 0
        observe(nanoseconds: UInt64(nanoseconds), shard: shard)
    }

    /// Observes a duration. For names that end in `_seconds`.
    public func observe(nanoseconds: UInt64, shard: Int) {
        assert(unit == .seconds, "this histogram is not over seconds")
        observe(steps: nanoseconds, shard: shard)
    }

    /// Observes a plain number. For names that do not end in `_seconds`.
    public func observe(count: UInt64, shard: Int) {
        assert(unit == .ones, "this histogram is over seconds")
        observe(steps: count, shard: shard)
    }

    private func observe(steps: UInt64, shard: Int) {
        let value = min(steps, Self.largest)
        let bucket = withExtendedLifetime(cells) {
            // Few bounds, and most observations fall into the first ones: a walk is fastest.
            var bucket = 0
            while bucket < boundCount, value > bounds.pointer[bucket].load(ordering: .relaxed) {
                bucket &+= 1
            }
            return bucket
        }
        cells.add(1, at: bucket, shard: shard)
        let rounded = value &+ ((1 &<< shift) &>> 1)
        cells.add(rounded &>> shift, at: boundCount &+ 1, shard: shard)
    }
}

/// Histograms with one label.
public struct Histograms<A: LabelValue>: Sendable {
    private let cells: HistogramCells
    private let a: CasePositions<A>

    /// Histograms for each case.
    init(cells: HistogramCells, a: CasePositions<A>) {
        self.cells = cells
        self.a = a
    }

    /// The histogram of one label value, to be kept rather than looked up again.
    public subscript(_ value: A) -> Histogram { cells.histogram(child: a.position(of: value)) }
}

/// Histograms with two labels.
public struct Histograms2<A: LabelValue, B: LabelValue>: Sendable {
    private let cells: HistogramCells
    private let a: CasePositions<A>
    private let b: CasePositions<B>

    /// Histograms for each pair of cases, the second label changing fastest.
    init(cells: HistogramCells, a: CasePositions<A>, b: CasePositions<B>) {
        self.cells = cells
        self.a = a
        self.b = b
    }

    /// The histogram of one pair of label values, to be kept rather than looked up again.
    public subscript(_ first: A, _ second: B) -> Histogram {
        cells.histogram(child: a.position(of: first) * b.cases.count + b.position(of: second))
    }
}
