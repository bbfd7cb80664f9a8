/// One scrape, by series.
struct Metrics {
    private var samples: [String: Double] = [:]

    /// Reads the text format.
    init(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "),
                let value = Double(line[line.index(after: space)...])
            else { continue }
            samples[String(line[..<space])] = value
        }
    }

    /// The value of one series, without the prefix `hookline_`; nil when it is absent.
    subscript(_ series: String) -> Double? { samples["hookline_" + series] }

    /// The sum over every series of a family whose labels hold this text.
    func sum(_ family: String, _ label: String = "") -> Double {
        samples.reduce(0) { sum, sample in
            let isOfFamily =
                sample.key == "hookline_" + family
                || sample.key.hasPrefix("hookline_" + family + "{")
            return isOfFamily && (label.isEmpty || sample.key.contains(label))
                ? sum + sample.value : sum
        }
    }
}
