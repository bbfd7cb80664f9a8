/// The Prometheus text format 0.0.4
/// (https://github.com/prometheus/docs, `content/docs/instrumenting/exposition_formats.md`).
public enum TextFormat {
    /// The content type to answer with; servers from 3.0 on refuse a reply without one.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// A help text, in which only backslash and line feed are escaped.
    static func escaped(help: String) -> String {
        escaped(help, quote: "\"")
    }

    /// A label value, in which the double quote is escaped too.
    static func escaped(labelValue: String) -> String {
        escaped(labelValue, quote: "\\\"")
    }

    private static func escaped(_ text: String, quote: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"": result += quote
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// A family made ready for the text format: all bytes but the numbers are written once, when it
/// is registered.
struct TextFamily: Sendable {
    private let family: Family
    private let header: [UInt8]
    // The beginnings of all sample lines in one array, up to and with the space before the
    // number; line n ends at `ends[n]`.
    private var prefixes: [UInt8] = []
    private var ends: [Int] = []

    /// Writes header and line beginnings.
    init(_ family: Family) {
        self.family = family
        let description = family.description
        let name = description.kind == .info ? description.name + "_info" : description.name
        let help = TextFormat.escaped(help: description.help)
        let type = Self.typeName(description.kind)
        header = Array("# HELP \(name) \(help)\n# TYPE \(name) \(type)\n".utf8)
        for child in description.labels.children {
            let labels = zip(description.labels.names, child).map { label, value in
                "\(label)=\"\(TextFormat.escaped(labelValue: value))\""
            }
            if case .histograms(let cells) = family.values {
                for bound in cells.bounds {
                    let le = String(decoding: NumberText.bound(bound), as: UTF8.self)
                    addPrefix(name + "_bucket", labels + ["le=\"\(le)\""])
                }
                addPrefix(name + "_bucket", labels + ["le=\"+Inf\""])
                addPrefix(name + "_sum", labels)
                addPrefix(name + "_count", labels)
            } else {
                addPrefix(name, labels)
            }
        }
    }

    /// Appends the whole family; allocates nothing but the growth of `out`.
    func render(into out: inout [UInt8]) {
        out.append(contentsOf: header)
        let children = family.description.labels.children.count
        switch family.values {
        case .counters(let cells):
            for child in 0..<children { renderLine(child, cells.sum(at: child), into: &out) }
        case .gauges(let cells):
            for child in 0..<children {
                renderLine(child, Gauge.value(of: cells.load(at: child)), into: &out)
            }
        case .readings(let readings):
            for child in 0..<children { renderLine(child, readings[child](), into: &out) }
        case .histograms(let cells):
            for child in 0..<children { render(cells, child: child, into: &out) }
        case .one:
            renderLine(0, 1, into: &out)
        }
    }

    private func render(_ cells: HistogramCells, child: Int, into out: inout [UInt8]) {
        let buckets = cells.bounds.count + 1
        var line = child * (buckets + 2)
        var count: UInt64 = 0
        for bucket in 0..<buckets {
            count &+= cells.bucket(bucket, child: child)
            renderLine(line, count, into: &out)
            line += 1
        }
        beginLine(line, into: &out)
        let scale = cells.unit == .seconds ? 9 : 0
        NumberText.append(cells.sum(child: child), scale: scale, to: &out)
        out.append(UInt8(ascii: "\n"))
        renderLine(line + 1, count, into: &out)
    }

    private func renderLine(_ line: Int, _ value: UInt64, into out: inout [UInt8]) {
        beginLine(line, into: &out)
        NumberText.append(value, to: &out)
        out.append(UInt8(ascii: "\n"))
    }

    private func renderLine(_ line: Int, _ value: Double?, into out: inout [UInt8]) {
        guard let value else { return }
        beginLine(line, into: &out)
        NumberText.append(value, to: &out)
        out.append(UInt8(ascii: "\n"))
    }

    private func beginLine(_ line: Int, into out: inout [UInt8]) {
        let start = line == 0 ? 0 : ends[line - 1]
        out.append(contentsOf: prefixes[start..<ends[line]])
    }

    private mutating func addPrefix(_ name: String, _ labels: [String]) {
        let set = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
        prefixes += Array("\(name)\(set) ".utf8)
        ends.append(prefixes.count)
    }

    private static func typeName(_ kind: FamilyKind) -> String {
        switch kind {
        case .counter: "counter"
        case .gauge, .info: "gauge"
        case .histogram: "histogram"
        }
    }
}
