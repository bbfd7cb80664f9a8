/// What kind of metric a family is, apart from how a format calls it.
enum FamilyKind: Sendable {
    case counter
    case gauge
    case histogram
    case info
}

/// What a family is called and which children it has; the same for every exposition format.
struct FamilyDescription: Sendable {
    /// The name as the user of the metric writes it, for an info without `_info`.
    let name: String
    /// One sentence for people, not escaped.
    let help: String
    /// The kind.
    let kind: FamilyKind
    /// The label names and each child's values.
    let labels: LabelSets

    /// The name without `_total`, which OpenMetrics calls the family's.
    var stem: String { kind == .counter ? String(name.dropLast("_total".count)) : name }

    /// The unit in which a name ends; an info has none.
    var unit: String? {
        guard kind != .info else { return nil }
        return ["seconds", "bytes", "ratio"].first { stem.hasSuffix("_" + $0) }
    }

    /// Whether a format may say when the family began to count.
    var hasCreationTime: Bool { kind == .counter || kind == .histogram }
}

/// The children of a family: label names, and for each child as many values.
struct LabelSets: Sendable {
    /// Label names, in the order in which they are written.
    let names: [String]
    /// The values of each child.
    let children: [[String]]

    /// One child without labels.
    static let none = LabelSets(names: [], children: [[]])

    /// The product of value lists, the last label changing fastest.
    static func product(_ labels: [(name: String, values: [String])]) -> LabelSets {
        var children: [[String]] = [[]]
        for label in labels {
            children = children.flatMap { child in label.values.map { child + [$0] } }
        }
        return LabelSets(names: labels.map(\.name), children: children)
    }
}

/// Where the values of a family's children are read from; a renderer asks for nothing else.
enum FamilyValues: Sendable {
    /// Sharded integers and exemplars.
    case counters(CounterCells)
    /// `Gauge` bit patterns, the child's number being the cell's.
    case gauges(ShardedCells)
    /// Buckets and sums.
    case histograms(HistogramCells, HistogramLayout)
    /// Values that live elsewhere, one closure a child; `nil` leaves the sample out.
    case readings([@Sendable () -> Double?])
    /// How many samples the page has, this one included; on the page's last line.
    case sampleCount
    /// The constant 1 of an info.
    case one
}

/// One metric family: a description and the place of its values.
struct Family: Sendable {
    /// Names and labels.
    let description: FamilyDescription
    /// Values.
    let values: FamilyValues

    /// A value that was read, nil if it must not be shown: OpenMetrics has no counter that is
    /// negative or no number, and a page with one is refused as a whole.
    func presentable(_ value: Double?) -> Double? {
        guard description.kind == .counter, let value else { return value }
        return value >= 0 && value.isFinite ? value : nil
    }

    /// How many exemplars were dropped.
    var droppedExemplars: UInt64 {
        switch values {
        case .counters(let cells): cells.exemplars.dropped
        case .histograms(let cells, _): cells.droppedExemplars
        case .gauges, .readings, .sampleCount, .one: 0
        }
    }
}
