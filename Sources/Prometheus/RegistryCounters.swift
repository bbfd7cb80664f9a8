extension Registry {
    /// Registers a counter; `name` ends in `_total`.
    public func counter(_ name: String, help: String) -> Counter {
        addCounters(name, help, .none).counter(child: 0)
    }

    /// Registers a counter whose value lives elsewhere and is read at each scrape; `nil` leaves
    /// the sample out, as does a value that is negative or no number.
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

    private func addCounters(_ name: String, _ help: String, _ sets: LabelSets) -> CounterCells {
        let cells = CounterCells(
            children: sets.children.count, shards: shards,
            exemplarsKeptMilliseconds: options.exemplarsKeptMilliseconds)
        add(.counter, name, help, sets, .counters(cells))
        return cells
    }
}
