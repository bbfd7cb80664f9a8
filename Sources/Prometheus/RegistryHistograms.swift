extension Registry {
    /// Registers a histogram: over durations if `name` ends in `_seconds`, else over plain
    /// numbers; `bounds` are upper bounds, inclusive, rising, without `+Inf`.
    public func histogram(_ name: String, help: String, bounds: [Double]) -> Histogram {
        addHistograms(name, help, bounds, .none).histogram(child: 0)
    }

    /// Registers a histogram for each value of a label.
    public func histograms<A: LabelValue>(
        _ name: String, help: String, label: String, _: A.Type, bounds: [Double]
    ) -> Histograms<A> {
        let a = CasePositions(A.self)
        let sets = LabelSets.product([(label, a.texts)])
        return Histograms(cells: addHistograms(name, help, bounds, sets), a: a)
    }

    /// Registers a histogram for each pair of label values.
    public func histograms<A: LabelValue, B: LabelValue>(
        _ name: String, help: String, labels: (String, String), _: A.Type, _: B.Type,
        bounds: [Double]
    ) -> Histograms2<A, B> {
        let a = CasePositions(A.self)
        let b = CasePositions(B.self)
        let sets = LabelSets.product([(labels.0, a.texts), (labels.1, b.texts)])
        return Histograms2(cells: addHistograms(name, help, bounds, sets), a: a, b: b)
    }

    private func addHistograms(
        _ name: String, _ help: String, _ bounds: [Double], _ sets: LabelSets
    ) -> HistogramCells {
        let unit = HistogramUnit(familyName: name)
        precondition(
            NameRules.areGood(bounds, unit: unit), "metric \(name): \(NameFault.bounds.reason)")
        let layout = HistogramLayout(
            bounds: bounds, unit: unit, options: options.nativeHistograms)
        let cells = HistogramCells(
            layout, children: sets.children.count, shards: shards,
            exemplarsKeptMilliseconds: options.exemplarsKeptMilliseconds)
        add(.histogram, name, help, sets, .histograms(cells, layout))
        return cells
    }
}
