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
    /// The whole text.
    let text: String

    /// Renders a registry.
    init(_ registry: Registry) {
        var buffer: [UInt8] = []
        registry.renderText(into: &buffer)
        text = String(decoding: buffer, as: UTF8.self)
    }

    /// All lines without their line feeds.
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: true) }

    /// The lines that are samples.
    var samples: [Substring] { lines.filter { !$0.hasPrefix("#") } }

    /// The text of a sample's value; `series` is everything before the space.
    func value(_ series: String) -> Substring? {
        samples.first { $0.hasPrefix(series + " ") }?.dropFirst(series.count + 1)
    }
}
