import ArgumentParser

/// A duration in whole seconds: `10s`, `2m`, `1h`, or `10` for seconds.
struct WholeSeconds: ExpressibleByArgument, Equatable {
    private static let units = ["s": 1, "m": 60, "h": 3600]

    /// How many.
    let count: Int

    init(_ count: Int) { self.count = count }

    init?(argument: String) {
        let digits = argument.prefix { ("0"..."9").contains($0) }
        let unit = argument[digits.endIndex...]
        guard digits.utf8.count <= 9, let number = Int(digits),
            let factor = unit.isEmpty ? 1 : Self.units[String(unit)]
        else { return nil }
        count = number * factor
    }

    /// As it is written.
    var defaultValueDescription: String { "\(count)s" }
}
