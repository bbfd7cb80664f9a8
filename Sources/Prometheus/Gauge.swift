/// A settable value; absent from the exposition until it is set.
public struct Gauge: Sendable {
    /// The bit pattern of an absent value: a NaN that no arithmetic makes.
    static let absent: UInt64 = 0x7FF4_4142_5345_4E54

    private let cells: ShardedCells

    /// A gauge over the first of these cells.
    init(cells: ShardedCells) {
        self.cells = cells
    }

    /// Sets the value, or with `nil` takes the sample out; any thread, the last one wins.
    public func set(_ value: Double?) {
        cells.store(value?.bitPattern ?? Self.absent)
    }

    /// The value last set.
    public var value: Double? { Self.value(of: cells.load()) }

    /// The value that a cell stands for.
    static func value(of bits: UInt64) -> Double? {
        bits == absent ? nil : Double(bitPattern: bits)
    }
}

/// Settable gauges with one label.
public struct Gauges<A: LabelValue>: Sendable {
    private let cells: ShardedCells
    private let a: CasePositions<A>

    /// Gauges over one cell for each case.
    init(cells: ShardedCells, a: CasePositions<A>) {
        self.cells = cells
        self.a = a
    }

    /// The gauge of one label value.
    public subscript(_ value: A) -> Gauge {
        Gauge(cells: cells.dropping(a.position(of: value)))
    }
}
