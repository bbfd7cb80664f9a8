/// Durations as people write them: `50ms`, `2s`, `5m`, `24h`, `7d`.
enum DurationText {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Reads a whole number with a unit.
    static func parse(_ text: String) throws(SettingProblem) -> Duration {
        let digits = text.prefix { $0 >= "0" && $0 <= "9" }
        let suffix = text[digits.endIndex...]
        guard let number = Int64(digits), digits.utf8.count <= 9,
            let unit = units.first(where: { $0.suffix == suffix })
        else {
            throw SettingProblem(
                "\"\(text)\" is not a duration; write a whole number with its unit, "
                    + "for example 50ms, 2s, 5m, 24h or 7d")
        }
        return .milliseconds(number * unit.milliseconds)
    }

    /// Writes with the largest unit that leaves a whole number.
    static func text(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        let unit = units.last { milliseconds != 0 && milliseconds % $0.milliseconds == 0 }
        guard let unit else { return "0s" }
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
}
