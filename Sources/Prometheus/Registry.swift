import Synchronization

/// All metrics of a process (or of a test), in the order in which they were registered.
///
/// Metrics are registered at start; a name that is ill-formed or taken is a mistake in the
/// program and traps. Rendering is possible from any thread, also from several at once, and never
/// holds up an update.
public final class Registry: Sendable {
    /// Number of shards: that asked for, rounded up to a power of two.
    public let shards: Int

    private struct State {
        var names: Set<String> = []
        var texts: [TextFamily] = []
    }

    private let state = Mutex(State())

    /// An empty registry; `shards` is the number of threads that update at once.
    public init(shards: Int) {
        var rounded = 1
        while rounded < min(shards, 1024) { rounded *= 2 }
        self.shards = rounded
    }

    /// Registers a constant 1 whose labels tell what the process is; `name` is without `_info`.
    public func info(_ name: String, help: String, labels: [(String, String)]) {
        let sets = LabelSets(names: labels.map(\.0), children: [labels.map(\.1)])
        add(.info, name, help, sets, .one)
    }

    /// Appends the exposition of all metrics in the text format 0.0.4 to `buffer`; keeps its
    /// capacity busy rather than allocating if the caller empties it with `keepingCapacity`.
    public func renderText(into buffer: inout [UInt8]) {
        // A copy of the list, so that the closures of `readings` run without the lock.
        let texts = state.withLock { $0.texts }
        for text in texts { text.render(into: &buffer) }
    }

    /// Adds a family, or traps if its name breaks a rule.
    func add(
        _ kind: FamilyKind, _ name: String, _ help: String, _ labels: LabelSets,
        _ values: FamilyValues
    ) {
        let family = Family(
            description: FamilyDescription(name: name, help: help, kind: kind, labels: labels),
            values: values)
        state.withLock { state in
            let fault = NameRules.fault(in: family, taken: state.names)
            precondition(fault == nil, "metric \(name): \(fault?.reason ?? "")")
            state.names.formUnion(NameRules.claims(family.description))
            state.texts.append(TextFamily(family))
        }
    }
}
