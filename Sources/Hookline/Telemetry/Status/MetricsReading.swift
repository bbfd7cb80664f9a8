import Prometheus

/// One reading of the process's own metrics, taken from the very page that `/metrics` serves, so
/// that what is shown elsewhere cannot differ from it.
struct MetricsReading: Sendable {
    /// One sample with its labels.
    struct Sample: Sendable {
        /// The labels in their order on the page.
        var labels: [(name: String, value: String)]
        /// The value.
        var value: Double

        /// The value of a label, nil when it has none of this name.
        subscript(label: String) -> String? { labels.first { $0.name == label }?.value }
    }

    private var samples: [String: [Sample]] = [:]

    /// Reads a registry; the families that are not among `names` (with `_sum` and the like) are
    /// passed over, and so is what cannot be read.
    init(_ registry: Registry, names: Set<String>) {
        var page: [UInt8] = []
        page.reserveCapacity(128 * 1024)
        registry.renderText(into: &page)
        self.init(page: page, names: names)
    }

    /// Reads a page in the text format 0.0.4.
    init(page: [UInt8], names: Set<String>) {
        for line in page.split(separator: 0x0a) where line.first != UInt8(ascii: "#") {
            let nameEnd = line.firstIndex { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: " ") }
            guard let nameEnd, let space = line.lastIndex(of: UInt8(ascii: " ")) else { continue }
            let name = String(decoding: line[..<nameEnd], as: UTF8.self)
            guard names.contains(name),
                let value = Double(String(decoding: line[(space + 1)...], as: UTF8.self))
            else { continue }
            let labels = Self.labels(line[nameEnd..<space])
            samples[name, default: []].append(Sample(labels: labels, value: value))
        }
    }

    /// All samples of a name, in their order on the page; none when it is absent.
    subscript(_ name: String) -> [Sample] { samples[name] ?? [] }

    /// The value of a name without labels, nil when it is absent.
    func value(_ name: String) -> Double? { self[name].first?.value }

    /// The sum over the samples of a name that carry these labels, nil when there are none.
    func sum(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let matching = self[name].filter { sample in
            labels.allSatisfy { sample[$0.key] == $0.value }
        }
        return matching.isEmpty ? nil : matching.reduce(0) { $0 + $1.value }
    }

    /// Labels as our own renderer writes them: values from fixed sets, nothing escaped.
    private static func labels(_ text: ArraySlice<UInt8>) -> [(name: String, value: String)] {
        let parts = text.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
        return stride(from: 0, to: parts.count - 1, by: 2).map { index in
            let name = parts[index].filter { !" ,{=".utf8.contains($0) }
            return (
                String(decoding: name, as: UTF8.self),
                String(decoding: parts[index + 1], as: UTF8.self)
            )
        }
    }
}
