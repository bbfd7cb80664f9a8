extension Registry {
    /// Registers a counter; `name` ends in `_total`.
    public func counter(_ name: String, help: String) -> Counter {
        Counter(cells: addCounters(name, help, .none))
    }

    /// Registers a counter whose value lives elsewhere and is read at each scrape; `nil` leaves
    /// the sample out.
    public func counter(
        _ name: String, help: String, read: @escaping @Sendable () -> Double?
    ) {
        add(.counter, name, help, .none, .readings([read]))
    }

    /// Registers a counter for each value of a label, all 0 from the start.
    public func counters<A: LabelValue>(
        _ name: String, help: String, label: String, _: A.Type
    ) -> Counters<A> {
        let a = CasePositions(A.self)
        let cells = addCounters(name, help, .product([(label, a.texts)]))
        return Counters(cells: cells, a: a)
    }

    /// Registers a counter for each pair of label values, all 0 from the start.
    public func counters<A: LabelValue, B: LabelValue>(
        _ name: String, help: String, labels: (String, String), _: A.Type, _: B.Type
    ) -> Counters2<A, B> {
        let a = CasePositions(A.self)
        let b = CasePositions(B.self)
        let sets = LabelSets.product([(labels.0, a.texts), (labels.1, b.texts)])
        return Counters2(cells: addCounters(name, help, sets), a: a, b: b)
    }

    private func addCounters(_ name: String, _ help: String, _ sets: LabelSets) -> ShardedCells {
        let cells = ShardedCells(CellBlock(cellsPerShard: sets.children.count, shards: shards))
        add(.counter, name, help, sets, .counters(cells))
        return cells
    }
}
