import Synchronization

/// All metrics of a process (or of a test), in the order in which they were registered.
///
/// Metrics are registered at start; a name that is ill-formed or taken is a mistake in the
/// program and traps. Rendering is possible from any thread, also from several at once, and never
/// holds up an update.
public final class Registry: Sendable {
    /// Number of shards: that asked for, rounded up to a power of two.
    public let shards: Int
    /// What all its metrics have in common.
    let options: RegistryOptions

    private struct State {
        var names: Set<String> = []
        var families: [RenderedFamily] = []
        /// The family whose value is known when all others have been rendered.
        var last: RenderedFamily?
    }

    /// A family in the form that each format wants.
    private final class RenderedFamily: Sendable {
        let family: Family
        let text: TextFamily
        let protobuf: ProtobufFamily

        init(_ family: Family, createdMilliseconds: Int64?) {
            self.family = family
            text = TextFamily(family, createdMilliseconds: createdMilliseconds)
            protobuf = ProtobufFamily(family, createdMilliseconds: createdMilliseconds)
        }

        func render(_ format: ExpositionFormat, into page: inout ExpositionPage) {
            switch format {
            case .text: text.render(openMetrics: false, into: &page)
            case .openMetrics: text.render(openMetrics: true, into: &page)
            case .protobuf: protobuf.render(into: &page)
            }
        }
    }

    private let state = Mutex(State())

    /// An empty registry; `shards` is the number of threads that update at once.
    public init(shards: Int, options: RegistryOptions = RegistryOptions()) {
        var rounded = 1
        while rounded < min(shards, 1024) { rounded *= 2 }
        self.shards = rounded
        self.options = options
    }

    /// Registers a constant 1 whose labels tell what the process is; `name` is without `_info`.
    public func info(_ name: String, help: String, labels: [(String, String)]) {
        let sets = LabelSets(names: labels.map(\.0), children: [labels.map(\.1)])
        add(.info, name, help, sets, .one)
    }

    /// Registers a gauge of the number of samples on the very page that it is on; it is the last
    /// one there. At most one.
    public func sampleCount(_ name: String, help: String) {
        add(.gauge, name, help, .none, .sampleCount)
    }

    /// Replaces a page by the exposition of all metrics.
    public func render(_ format: ExpositionFormat, into page: inout ExpositionPage) {
        page.reset()
        // A copy of the list, so that the closures of `readings` run without the lock.
        let (families, last) = state.withLock { ($0.families, $0.last) }
        for family in families { family.render(format, into: &page) }
        last?.render(format, into: &page)
        if format == .openMetrics { page.bytes.append(ascii: "# EOF\n") }
    }

    /// Appends the exposition of all metrics in the text format 0.0.4 to `buffer`; keeps its
    /// capacity busy rather than allocating if the caller empties it with `keepingCapacity`.
    public func renderText(into buffer: inout [UInt8]) {
        var page = ExpositionPage()
        swap(&page.bytes, &buffer)
        let (families, last) = state.withLock { ($0.families, $0.last) }
        for family in families { family.render(.text, into: &page) }
        last?.render(.text, into: &page)
        swap(&page.bytes, &buffer)
    }

    /// How many exemplars were not stored, because their trace id was zero or another thread was
    /// storing one in the same place at that moment.
    public var droppedExemplars: UInt64 {
        state.withLock { state in
            state.families.reduce(0) { $0 &+ $1.family.droppedExemplars }
        }
    }

    /// Adds a family, or traps if its name breaks a rule.
    func add(
        _ kind: FamilyKind, _ name: String, _ help: String, _ labels: LabelSets,
        _ values: FamilyValues
    ) {
        let family = Family(
            description: FamilyDescription(name: name, help: help, kind: kind, labels: labels),
            values: values)
        let rendered = RenderedFamily(
            family, createdMilliseconds: options.createdMilliseconds)
        state.withLock { state in
            let fault = NameRules.fault(in: family, taken: state.names)
            precondition(fault == nil, "metric \(name): \(fault?.reason ?? "")")
            state.names.formUnion(NameRules.claims(family.description))
            if case .sampleCount = values {
                precondition(state.last == nil, "metric \(name): there is a sample count already")
                state.last = rendered
            } else {
                state.families.append(rendered)
            }
        }
    }
}
