/// The samples of one scrape in the text format 0.0.4, as far as they are wanted.
struct MetricsPage: Sendable {
    /// One series and its value.
    struct Sample: Sendable {
        /// Its labels.
        var labels: [String: String]
        /// Its value.
        var value: Double
    }

    private var samples: [String: [Sample]] = [:]

    /// Reads a page, only the samples of these names.
    init(_ text: String, names: Set<String>) {
        for line in text.utf8.split(separator: UInt8(ascii: "\n"))
        where line.first != UInt8(ascii: "#") {
            let end = line.firstIndex { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: " ") }
            guard let end, let name = String(line[..<end]), names.contains(name) else { continue }
            var rest = line[end...]
            guard let labels = Self.labels(&rest) else { continue }
            let number = rest.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != UInt8(ascii: " ") }
            guard let text = String(number), let value = Self.value(text) else { continue }
            samples[name, default: []].append(Sample(labels: labels, value: value))
        }
    }

    /// True when there is a series of this name.
    func has(_ name: String) -> Bool { samples[name] != nil }

    /// The series of a name with these labels, others may be there too.
    func samples(_ name: String, _ labels: [String: String]) -> [Sample] {
        (samples[name] ?? []).filter { sample in
            labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
    }

    /// The sum over the series of a name with these labels; nil when there are none.
    func sum(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let found = samples(name, labels)
        return found.isEmpty ? nil : found.reduce(0) { $0 + $1.value }
    }

    /// A sample's value as the format writes it.
    private static func value(_ text: String) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        default: Double(text)
        }
    }

    /// The labels at the beginning, which are then gone; nil when they are malformed.
    private static func labels(_ rest: inout Substring.UTF8View) -> [String: String]? {
        var labels: [String: String] = [:]
        guard rest.first == UInt8(ascii: "{") else { return labels }
        rest = rest.dropFirst()
        while let first = rest.first, first != UInt8(ascii: "}") {
            if first == UInt8(ascii: ",") || first == UInt8(ascii: " ") {
                rest = rest.dropFirst()
                continue
            }
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")),
                let name = String(rest[..<equals])
            else { return nil }
            rest = rest[equals...].dropFirst()
            guard let text = quoted(&rest) else { return nil }
            labels[name] = text
        }
        guard !rest.isEmpty else { return nil }
        rest = rest.dropFirst()
        return labels
    }

    /// The quoted text at the beginning, which is then gone; nil when it is malformed.
    private static func quoted(_ rest: inout Substring.UTF8View) -> String? {
        guard rest.first == UInt8(ascii: "\"") else { return nil }
        rest = rest.dropFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                bytes.append(escaped == UInt8(ascii: "n") ? 0x0a : escaped)
            default: bytes.append(byte)
            }
        }
        return nil
    }
}
