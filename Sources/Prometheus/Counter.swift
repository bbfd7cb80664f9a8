/// A number of events; resolved once, then updated by any thread without lock or allocation.
public struct Counter: Sendable {
    private let cells: ShardedCells

    /// A counter over the first of these cells.
    init(cells: ShardedCells) {
        self.cells = cells
    }

    /// Adds `amount` events, in the shard of the calling thread; another thread's shard costs
    /// time, not correctness.
    public func add(_ amount: UInt64 = 1, shard: Int) {
        cells.add(amount, shard: shard)
    }

    /// The sum over all shards; what other threads add meanwhile may be in it or not.
    public var value: UInt64 { cells.sum() }
}

/// Counters with one label.
public struct Counters<A: LabelValue>: Sendable {
    private let cells: ShardedCells
    private let a: CasePositions<A>

    /// Counters over one cell for each case.
    init(cells: ShardedCells, a: CasePositions<A>) {
        self.cells = cells
        self.a = a
    }

    /// The counter of one label value, to be kept rather than looked up again.
    public subscript(_ value: A) -> Counter {
        Counter(cells: cells.dropping(a.position(of: value)))
    }
}

/// Counters with two labels.
public struct Counters2<A: LabelValue, B: LabelValue>: Sendable {
    private let cells: ShardedCells
    private let a: CasePositions<A>
    private let b: CasePositions<B>

    /// Counters over one cell for each pair of cases, the second label changing fastest.
    init(cells: ShardedCells, a: CasePositions<A>, b: CasePositions<B>) {
        self.cells = cells
        self.a = a
        self.b = b
    }

    /// The counter of one pair of label values, to be kept rather than looked up again.
    public subscript(_ first: A, _ second: B) -> Counter {
        let child = a.position(of: first) * b.cases.count + b.position(of: second)
        return Counter(cells: cells.dropping(child))
    }
}
