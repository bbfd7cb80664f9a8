/// A family made ready for the protobuf format; the numbers of fields are those of
/// https://github.com/prometheus/client_model, `io/prometheus/client/metrics.proto`.
final class ProtobufFamily: Sendable {
    private typealias Writer = ProtobufWriter

    private let family: Family
    /// Name, help, type and unit.
    private let header: [UInt8]
    /// The labels of each child.
    private let labels: [[UInt8]]
    private let createdMilliseconds: Int64?

    /// Writes header and labels.
    init(_ family: Family, createdMilliseconds: Int64?) {
        self.family = family
        let description = family.description
        self.createdMilliseconds = description.hasCreationTime ? createdMilliseconds : nil
        header = Self.header(description)
        labels = description.labels.children.map { child in
            var out: [UInt8] = []
            for (name, value) in zip(description.labels.names, child) {
                Self.label(name, value, to: &out)
            }
            return out
        }
    }

    /// Appends the family, its length before it; nothing if no child has a value.
    func render(into page: inout ExpositionPage) {
        let bytesBefore = page.bytes.count
        let samplesBefore = page.samples
        let start = Writer.begin(in: &page.bytes)
        page.bytes.append(contentsOf: header)
        for child in labels.indices { metric(child, &page) }
        if page.samples == samplesBefore {
            page.bytes.removeLast(page.bytes.count - bytesBefore)
        } else {
            Writer.end(start, in: &page.bytes)
        }
    }

    private func metric(_ child: Int, _ page: inout ExpositionPage) {
        switch family.values {
        case .counters(let cells):
            counter(child, Double(cells.values.sum(at: child)), cells, &page)
        case .gauges(let cells):
            reading(child, Gauge.value(of: cells.load(at: child)), &page)
        case .readings(let read):
            reading(child, read[child](), &page)
        case .sampleCount:
            reading(child, Double(page.samples + 1), &page)
        case .one:
            reading(child, 1, &page)
        case .histograms(let cells, let layout):
            histogram(child, cells, layout, &page)
        }
    }

    private func reading(_ child: Int, _ value: Double?, _ page: inout ExpositionPage) {
        guard let value = family.presentable(value) else { return }
        if family.description.kind == .counter { return counter(child, value, nil, &page) }
        let metric = begin(child, &page)
        let gauge = Writer.begin(2, in: &page.bytes)
        Writer.field(1, double: value, to: &page.bytes)
        Writer.end(gauge, in: &page.bytes)
        end(metric, &page)
    }

    private func counter(
        _ child: Int, _ value: Double, _ cells: CounterCells?, _ page: inout ExpositionPage
    ) {
        let metric = begin(child, &page)
        let counter = Writer.begin(3, in: &page.bytes)
        Writer.field(1, double: value, to: &page.bytes)
        if let (exemplar, value) = cells?.exemplars.load(at: child) {
            Self.exemplar(2, exemplar, Double(value), to: &page.bytes)
        }
        created(3, &page)
        Writer.end(counter, in: &page.bytes)
        end(metric, &page)
    }

    private func histogram(
        _ child: Int, _ cells: HistogramCells, _ layout: HistogramLayout,
        _ page: inout ExpositionPage
    ) {
        let sum = cells.sum(child: child)
        let count = page.read(cells, layout, child)
        let metric = begin(child, &page)
        let histogram = Writer.begin(7, in: &page.bytes)
        Writer.field(1, unsigned: count, to: &page.bytes)
        Writer.field(2, double: layout.unit.bound(Double(sum)), to: &page.bytes)
        classicBuckets(child, cells, layout, &page)
        if let native = layout.native { NativeBucketsMessage.append(native, to: &page) }
        created(15, &page)
        Writer.end(histogram, in: &page.bytes)
        end(metric, &page)
        // A server that takes the native buckets leaves the classic ones, and counts one sample.
        if layout.native == nil { page.samples += layout.buckets + 1 }
    }

    /// The buckets with bounds, cumulative; the one of `+Inf` too, which has an exemplar.
    private func classicBuckets(
        _ child: Int, _ cells: HistogramCells, _ layout: HistogramLayout,
        _ page: inout ExpositionPage
    ) {
        var count: UInt64 = 0
        var cell = 0
        for bucket in 0..<layout.buckets {
            while cell <= layout.lastCell(ofBucket: bucket) {
                count &+= page.cells[cell]
                cell += 1
            }
            let message = Writer.begin(3, in: &page.bytes)
            Writer.field(1, unsigned: count, to: &page.bytes)
            let isLast = bucket == layout.bounds.count
            let bound = isLast ? Double.infinity : layout.bounds[bucket]
            Writer.field(2, double: bound, to: &page.bytes)
            if let (exemplar, steps) = cells.exemplar(bucket: bucket, child: child) {
                let value = layout.unit.bound(Double(steps))
                Self.exemplar(3, exemplar, value, to: &page.bytes)
            }
            Writer.end(message, in: &page.bytes)
        }
    }

    private func created(_ field: UInt64, _ page: inout ExpositionPage) {
        guard let createdMilliseconds else { return }
        Writer.field(field, milliseconds: createdMilliseconds, to: &page.bytes)
    }

    /// Begins a `Metric` and writes its labels.
    private func begin(_ child: Int, _ page: inout ExpositionPage) -> Int {
        let start = Writer.begin(4, in: &page.bytes)
        page.bytes.append(contentsOf: labels[child])
        return start
    }

    private func end(_ metric: Int, _ page: inout ExpositionPage) {
        Writer.end(metric, in: &page.bytes)
        page.samples += 1
    }

    private static func header(_ description: FamilyDescription) -> [UInt8] {
        var out: [UInt8] = []
        let suffix = description.kind == .info ? "_info" : ""
        Writer.field(1, text: description.name + suffix, to: &out)
        Writer.field(2, text: description.help, to: &out)
        let type: UInt64 =
            switch description.kind {
            case .counter: 0
            case .gauge, .info: 1
            case .histogram: 4
            }
        Writer.field(3, unsigned: type, to: &out)
        if let unit = description.unit { Writer.field(5, text: unit, to: &out) }
        return out
    }

    private static func label(_ name: String, _ value: String, to out: inout [UInt8]) {
        let start = Writer.begin(1, in: &out)
        Writer.field(1, text: name, to: &out)
        Writer.field(2, text: value, to: &out)
        Writer.end(start, in: &out)
    }

    private static func exemplar(
        _ field: UInt64, _ exemplar: Exemplar, _ value: Double, to out: inout [UInt8]
    ) {
        let message = Writer.begin(field, in: &out)
        let label = Writer.begin(1, in: &out)
        Writer.field(1, text: "trace_id", to: &out)
        let digits = Writer.begin(2, in: &out)
        exemplar.appendTraceID(to: &out)
        Writer.end(digits, in: &out)
        Writer.end(label, in: &out)
        Writer.field(2, double: value, to: &out)
        Writer.field(3, milliseconds: exemplar.unixMilliseconds, to: &out)
        Writer.end(message, in: &out)
    }
}
