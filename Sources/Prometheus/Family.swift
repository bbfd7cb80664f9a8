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
    /// Sharded integers, the child's number being the cell's.
    case counters(ShardedCells)
    /// `Gauge` bit patterns, the child's number being the cell's.
    case gauges(ShardedCells)
    /// Buckets and sums.
    case histograms(HistogramCells)
    /// Values that live elsewhere, one closure a child; `nil` leaves the sample out.
    case readings([@Sendable () -> Double?])
    /// The constant 1 of an info.
    case one
}

/// One metric family: a description and the place of its values.
struct Family: Sendable {
    /// Names and labels.
    let description: FamilyDescription
    /// Values.
    let values: FamilyValues
}
