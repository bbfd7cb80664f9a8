/// A family made ready for the text formats: all bytes but the numbers are written once, when it
/// is registered.
final class TextFamily: Sendable {
    private let family: Family
    private let header: [UInt8]
    private let openMetricsHeader: [UInt8]
    private let samples: LinePrefixes
    /// One `_created` line for each child; none if the registry has no creation time.
    private let created: LinePrefixes
    private let createdMilliseconds: Int64?

    /// Writes headers and line beginnings.
    init(_ family: Family, createdMilliseconds: Int64?) {
        self.family = family
        let description = family.description
        let name = description.kind == .info ? description.name + "_info" : description.name
        header = TextFormat.header(description)
        openMetricsHeader = TextFormat.openMetricsHeader(description)
        let createdMilliseconds = description.hasCreationTime ? createdMilliseconds : nil
        self.createdMilliseconds = createdMilliseconds
        var samples = LinePrefixes()
        var created = LinePrefixes()
        for child in description.labels.children {
            let labels = zip(description.labels.names, child).map { label, value in
                "\(label)=\"\(TextFormat.escaped(labelValue: value))\""
            }
            if case .histograms(_, let layout) = family.values {
                for bound in layout.bounds {
                    let le = String(decoding: NumberText.bound(bound), as: UTF8.self)
                    samples.add(name + "_bucket", labels + ["le=\"\(le)\""])
                }
                samples.add(name + "_bucket", labels + ["le=\"+Inf\""])
                samples.add(name + "_sum", labels)
                samples.add(name + "_count", labels)
            } else {
                samples.add(name, labels)
            }
            if createdMilliseconds != nil {
                created.add(description.stem + "_created", labels)
            }
        }
        self.samples = samples
        self.created = created
    }

    /// Appends the whole family; allocates nothing but the growth of the page.
    func render(openMetrics: Bool, into page: inout ExpositionPage) {
        page.bytes.append(contentsOf: openMetrics ? openMetricsHeader : header)
        for child in 0..<family.description.labels.children.count {
            switch family.values {
            case .counters(let cells):
                line(child, cells.values.sum(at: child), &page)
                if openMetrics { exemplar(cells.exemplars.load(at: child), .ones, &page) }
                end(&page)
            case .gauges(let cells):
                reading(child, Gauge.value(of: cells.load(at: child)), &page)
            case .readings(let read):
                reading(child, read[child](), &page)
            case .histograms(let cells, let layout):
                histogram(cells, layout, child, openMetrics, &page)
            case .sampleCount:
                reading(child, Double(page.samples + 1), &page)
            case .one:
                reading(child, 1, &page)
            }
            if openMetrics, let createdMilliseconds {
                created.append(child, to: &page.bytes)
                NumberText.append(milliseconds: createdMilliseconds, to: &page.bytes)
                end(&page)
            }
        }
    }

    private func histogram(
        _ cells: HistogramCells, _ layout: HistogramLayout, _ child: Int, _ openMetrics: Bool,
        _ page: inout ExpositionPage
    ) {
        let sum = cells.sum(child: child)
        let buckets = layout.buckets
        let first = child * (buckets + 2)
        var count: UInt64 = 0
        var cell = 0
        for bucket in 0..<buckets {
            while cell <= layout.lastCell(ofBucket: bucket) {
                count &+= cells.cell(cell, child: child)
                cell += 1
            }
            line(first + bucket, count, &page)
            if openMetrics {
                exemplar(cells.exemplar(bucket: bucket, child: child), layout.unit, &page)
            }
            end(&page)
        }
        samples.append(first + buckets, to: &page.bytes)
        NumberText.append(sum, scale: layout.unit.scale, to: &page.bytes)
        end(&page)
        line(first + buckets + 1, count, &page)
        end(&page)
    }

    /// A whole number, its line not ended.
    private func line(_ line: Int, _ value: UInt64, _ page: inout ExpositionPage) {
        samples.append(line, to: &page.bytes)
        NumberText.append(value, to: &page.bytes)
    }

    /// A whole line; none if there is no value, or if a counter has one that no counter can have.
    private func reading(_ line: Int, _ value: Double?, _ page: inout ExpositionPage) {
        guard let value = family.presentable(value) else { return }
        samples.append(line, to: &page.bytes)
        NumberText.append(value, to: &page.bytes)
        end(&page)
    }

    private func exemplar(
        _ stored: (exemplar: Exemplar, value: UInt64)?, _ unit: HistogramUnit,
        _ page: inout ExpositionPage
    ) {
        guard let (exemplar, value) = stored else { return }
        page.bytes.append(ascii: " # {trace_id=\"")
        exemplar.appendTraceID(to: &page.bytes)
        page.bytes.append(ascii: "\"} ")
        NumberText.append(UInt128(value), scale: unit.scale, to: &page.bytes)
        page.bytes.append(UInt8(ascii: " "))
        NumberText.append(milliseconds: exemplar.unixMilliseconds, to: &page.bytes)
    }

    private func end(_ page: inout ExpositionPage) {
        page.bytes.append(UInt8(ascii: "\n"))
        page.samples += 1
    }
}
