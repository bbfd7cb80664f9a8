/// A number of events; resolved once, then updated by any thread without lock or allocation.
public struct Counter: Sendable {
    private let cells: ShardedCells
    private let exemplars: ExemplarCells

    /// A counter over the first of these cells.
    init(cells: ShardedCells, exemplars: ExemplarCells) {
        self.cells = cells
        self.exemplars = exemplars
    }

    /// Adds `amount` events, in the shard of the calling thread; another thread's shard costs
    /// time, not correctness.
    public func add(_ amount: UInt64 = 1, shard: Int) {
        cells.add(amount, shard: shard)
    }

    /// Adds as `add(_:shard:)` and leaves an exemplar, see `Histogram.observe`.
    public func add(_ amount: UInt64 = 1, shard: Int, exemplar: Exemplar) {
        cells.add(amount, shard: shard)
        exemplars.store(exemplar, value: amount, at: 0)
    }

    /// The sum over all shards; what other threads add meanwhile may be in it or not.
    public var value: UInt64 { cells.sum() }
}

/// The cells of all children of a counter family.
@usableFromInline struct CounterCells: Sendable {
    /// One cell for each child.
    let values: ShardedCells
    /// One place for each child.
    let exemplars: ExemplarCells

    /// Makes the cells of `children` counters.
    init(children: Int, shards: Int, exemplarsKeptMilliseconds: Int64) {
        let block = CellBlock(
            cellsPerShard: children, shards: shards, shared: ExemplarCells.cells(places: children))
        values = ShardedCells(block)
        exemplars = ExemplarCells(
            block, places: children, keptMilliseconds: exemplarsKeptMilliseconds)
    }

    /// The instrument of one child.
    @usableFromInline func counter(child: Int) -> Counter {
        Counter(cells: values.dropping(child), exemplars: exemplars.dropping(child))
    }
}

/// Counters with one label.
public struct Counters<A: LabelValue>: Sendable {
    @usableFromInline let cells: CounterCells
    @usableFromInline let a: CasePositions<A>

    /// Counters over one cell for each case.
    init(cells: CounterCells, a: CasePositions<A>) {
        self.cells = cells
        self.a = a
    }

    /// The counter of one label value.
    @inlinable public subscript(_ value: A) -> Counter {
        cells.counter(child: a.position(of: value))
    }
}

/// Counters with two labels.
public struct Counters2<A: LabelValue, B: LabelValue>: Sendable {
    @usableFromInline let cells: CounterCells
    @usableFromInline let a: CasePositions<A>
    @usableFromInline let b: CasePositions<B>

    /// Counters over one cell for each pair of cases, the second label changing fastest.
    init(cells: CounterCells, a: CasePositions<A>, b: CasePositions<B>) {
        self.cells = cells
        self.a = a
        self.b = b
    }

    /// The counter of one pair of label values.
    @inlinable public subscript(_ first: A, _ second: B) -> Counter {
        cells.counter(child: a.position(of: first) * b.count + b.position(of: second))
    }
}
