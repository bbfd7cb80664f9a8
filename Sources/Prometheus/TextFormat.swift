/// What both text formats write: 0.0.4
/// (https://github.com/prometheus/docs, `content/docs/instrumenting/exposition_formats.md`) and
/// OpenMetrics 1.0 (same place, `content/docs/specs/om/open_metrics_spec.md`).
enum TextFormat {
    /// The content type of 0.0.4.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// A help text of 0.0.4, in which only backslash and line feed are escaped.
    static func escaped(help: String) -> String {
        escaped(help, quote: "\"")
    }

    /// A label value, or a help text of OpenMetrics, in which the double quote is escaped too.
    static func escaped(labelValue: String) -> String {
        escaped(labelValue, quote: "\\\"")
    }

    /// The lines before a family's samples in 0.0.4.
    static func header(_ family: FamilyDescription) -> [UInt8] {
        let name = family.kind == .info ? family.name + "_info" : family.name
        let type =
            switch family.kind {
            case .counter: "counter"
            case .gauge, .info: "gauge"
            case .histogram: "histogram"
            }
        return Array(
            "# HELP \(name) \(escaped(help: family.help))\n# TYPE \(name) \(type)\n".utf8)
    }

    /// The lines before a family's samples in OpenMetrics: type, unit, help.
    static func openMetricsHeader(_ family: FamilyDescription) -> [UInt8] {
        let name = family.stem
        let type =
            switch family.kind {
            case .counter: "counter"
            case .gauge: "gauge"
            case .info: "info"
            case .histogram: "histogram"
            }
        let unit = family.unit.map { "# UNIT \(name) \($0)\n" } ?? ""
        let help = escaped(labelValue: family.help)
        return Array("# TYPE \(name) \(type)\n\(unit)# HELP \(name) \(help)\n".utf8)
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
