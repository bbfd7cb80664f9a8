extension Registry {
    /// Registers a gauge that is absent until it is set.
    public func gauge(_ name: String, help: String) -> Gauge {
        Gauge(cells: addGauges(name, help, .none))
    }

    /// Registers a gauge for each value of a label, each absent until it is set.
    public func gauges<A: LabelValue>(
        _ name: String, help: String, label: String, _: A.Type
    ) -> Gauges<A> {
        let a = CasePositions(A.self)
        return Gauges(cells: addGauges(name, help, .product([(label, a.texts)])), a: a)
    }

    /// Registers a gauge that is read at each scrape, in the scraping thread; `nil` leaves the
    /// sample out.
    public func gauge(_ name: String, help: String, read: @escaping @Sendable () -> Double?) {
        add(.gauge, name, help, .none, .readings([read]))
    }

    /// Registers a gauge for each value of a label, read at each scrape.
    public func gauges<A: LabelValue>(
        _ name: String, help: String, label: String, _: A.Type,
        read: @escaping @Sendable (A) -> Double?
    ) {
        let a = CasePositions(A.self)
        let readings = a.cases.map { first in { @Sendable in read(first) } }
        add(.gauge, name, help, .product([(label, a.texts)]), .readings(readings))
    }

    /// Registers a gauge for each pair of label values, read at each scrape.
    public func gauges<A: LabelValue, B: LabelValue>(
        _ name: String, help: String, labels: (String, String), _: A.Type, _: B.Type,
        read: @escaping @Sendable (A, B) -> Double?
    ) {
        let a = CasePositions(A.self)
        let b = CasePositions(B.self)
        let readings = a.cases.flatMap { first in
            b.cases.map { second in { @Sendable in read(first, second) } }
        }
        let sets = LabelSets.product([(labels.0, a.texts), (labels.1, b.texts)])
        add(.gauge, name, help, sets, .readings(readings))
    }

    /// Registers a gauge for each triple of label values, read at each scrape.
    public func gauges<A: LabelValue, B: LabelValue, C: LabelValue>(
        _ name: String, help: String, labels: (String, String, String),
        _: A.Type, _: B.Type, _: C.Type, read: @escaping @Sendable (A, B, C) -> Double?
    ) {
        let a = CasePositions(A.self)
        let b = CasePositions(B.self)
        let c = CasePositions(C.self)
        let readings = a.cases.flatMap { first in
            b.cases.flatMap { second in
                c.cases.map { third in { @Sendable in read(first, second, third) } }
            }
        }
        let sets = LabelSets.product([
            (labels.0, a.texts), (labels.1, b.texts), (labels.2, c.texts),
        ])
        add(.gauge, name, help, sets, .readings(readings))
    }

    private func addGauges(_ name: String, _ help: String, _ sets: LabelSets) -> ShardedCells {
        // One cell a child: what is set has no parts to add up.
        let block = CellBlock(
            cellsPerShard: sets.children.count, shards: 1, value: Gauge.absent)
        let cells = ShardedCells(block)
        add(.gauge, name, help, sets, .gauges(cells))
        return cells
    }
}
