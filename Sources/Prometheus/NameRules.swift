/// Why a metric cannot be registered: always a mistake in the program.
enum NameFault: String {
    case name = "the name is not lower-case words joined by underscores"
    case help = "the help is empty"
    case total = "a counter's name ends in _total, and no other name does"
    case reservedSuffix = "the name ends in _bucket, _count, _sum, _info or _created"
    case typeInName = "the name says what type the metric has"
    case unit = "the unit is not a base unit written out"
    case label = "a label name is ill-formed or reserved"
    case repeatedLabel = "two labels have the same name"
    case repeatedChild = "two children have the same label values, or there is none"
    case bounds = "bounds must be positive, rising, and whole numbers unless they are seconds"
    case taken = "another metric has this name or would write samples of this name"

    /// A fixed sentence.
    var reason: String { rawValue }
}

/// The rules of `promtool check metrics` (prometheus/client_golang, `testutil/promlint`) and the
/// clash rule of OpenMetrics 1.0, applied when a metric is registered.
enum NameRules {
    private static let abbreviations: Set<Substring> = [
        "s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d",
    ]
    private static let unitPrefixes = ["milli", "micro", "nano", "kilo", "mega", "giga"]
    private static let unitStems: Set<String> = ["seconds", "bytes", "grams", "meters", "joules"]
    private static let otherUnits: Set<Substring> = [
        "minutes", "hours", "days", "weeks", "bits", "percent", "percents", "fahrenheit",
    ]
    private static let types: Set<Substring> = [
        "counter", "gauge", "histogram", "summary", "untyped", "info",
    ]
    private static let reserved = ["_bucket", "_count", "_sum", "_info", "_created"]

    /// The first fault of a family, `nil` if it may be registered; `taken` are the names that
    /// earlier families have claimed.
    static func fault(in family: Family, taken: Set<String>) -> NameFault? {
        let description = family.description
        if let fault = faultInName(description) { return fault }
        if description.help.isEmpty { return .help }
        if let fault = faultInLabels(description) { return fault }
        if case .histograms(_, let layout) = family.values,
            !areGood(layout.bounds, unit: layout.unit)
        {
            return .bounds
        }
        return taken.isDisjoint(with: claims(description)) ? nil : .taken
    }

    /// All names that a family's samples may have in any format: no other may have one of them.
    static func claims(_ description: FamilyDescription) -> Set<String> {
        let name = description.name
        switch description.kind {
        case .counter:
            return [description.stem, name, description.stem + "_created"]
        case .gauge: return [name]
        case .info: return [name, name + "_info"]
        case .histogram:
            let suffixes = ["", "_bucket", "_count", "_sum", "_created"]
            return Set(suffixes.map { name + $0 })
        }
    }

    /// Whether bucket bounds can be counted in a histogram's steps without two becoming one.
    static func areGood(_ bounds: [Double], unit: HistogramUnit) -> Bool {
        let steps = bounds.map(unit.steps)
        let areWhole = unit == .seconds || bounds.allSatisfy { $0 == $0.rounded() }
        let areInRange = steps.allSatisfy { $0 >= 1 && $0 <= Double(Histogram.largest) }
        return areWhole && areInRange && zip(steps, steps.dropFirst()).allSatisfy { $0 < $1 }
    }

    private static func faultInName(_ description: FamilyDescription) -> NameFault? {
        let name = description.name
        guard isWordList(name) else { return .name }
        if (description.kind == .counter) != name.hasSuffix("_total") { return .total }
        if reserved.contains(where: name.hasSuffix) { return .reservedSuffix }
        let words = name.split(separator: "_")
        if words.contains(where: types.contains) { return .typeInName }
        let hasBadUnit = words.dropFirst().contains { word in
            abbreviations.contains(word) || otherUnits.contains(word)
                || unitPrefixes.contains { prefix in
                    word.hasPrefix(prefix)
                        && unitStems.contains(String(word.dropFirst(prefix.count)))
                }
        }
        return hasBadUnit ? .unit : nil
    }

    private static func faultInLabels(_ description: FamilyDescription) -> NameFault? {
        let names = description.labels.names
        let isIllFormed = names.contains { name in
            !isWordList(name) || name == "le" || name == "quantile"
        }
        if isIllFormed { return .label }
        if Set(names).count != names.count { return .repeatedLabel }
        let children = description.labels.children
        let areDistinct = !children.isEmpty && Set(children).count == children.count
        return areDistinct ? nil : .repeatedChild
    }

    private static func isWordList(_ name: String) -> Bool {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let first = name.utf8.first, letters.contains(first) else { return false }
        return !name.hasSuffix("_") && !name.contains("__")
            && name.utf8.allSatisfy { byte in
                letters.contains(byte) || digits.contains(byte) || byte == UInt8(ascii: "_")
            }
    }
}
