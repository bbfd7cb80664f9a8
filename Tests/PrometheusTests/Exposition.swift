import Prometheus

/// Two label sets that the tests use.
enum Colour: String, LabelValue {
    case red
    case green
    case blue
}

/// The second label set.
enum Size: String, LabelValue {
    case small
    case large
}

/// A label set with one case, which takes no memory at all.
enum Only: String, LabelValue {
    case one
}

/// A rendered exposition, taken apart without using any code of the product.
struct Exposition {
    /// The whole page.
    let bytes: [UInt8]
    /// How many samples it says that it has.
    let count: Int

    /// Renders a registry.
    init(_ registry: Registry, _ format: ExpositionFormat = .text) {
        var page = ExpositionPage()
        registry.render(format, into: &page)
        bytes = page.bytes
        count = page.samples
    }

    /// The whole text.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// All lines without their line feeds.
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: true) }

    /// The lines that are samples.
    var samples: [Substring] { lines.filter { !$0.hasPrefix("#") } }

    /// The text of a sample's value; `series` is everything before the space.
    func value(_ series: String) -> Substring? {
        samples.first { $0.hasPrefix(series + " ") }?.dropFirst(series.count + 1)
    }
}

extension Exemplar {
    /// An exemplar of a trace whose id ends in this number, at this second.
    init(_ number: UInt64, at second: Int64 = 1_700_000_000) {
        self.init(
            traceHigh: 0x4bf9_2f35_77b3_4da6, traceLow: number,
            unixMilliseconds: second * 1000 + 250)
    }
}
