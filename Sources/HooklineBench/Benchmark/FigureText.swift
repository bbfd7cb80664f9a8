/// Numbers as people read them, without Foundation.
enum FigureText {
    /// A count with separators: `60,000`.
    static func count(_ number: Int) -> String {
        let digits = Array(String(abs(number)))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }

    /// A duration with its unit, about three digits: `0.85 ms`, `30.2 ms`, `712 ms`, `1.25 s`.
    static func duration(_ nanoseconds: UInt64) -> String {
        switch nanoseconds {
        case ..<9_995_000: decimal(nanoseconds, unit: 1_000_000, digits: 2) + " ms"
        case ..<99_950_000: decimal(nanoseconds, unit: 1_000_000, digits: 1) + " ms"
        case ..<999_500_000: decimal(nanoseconds, unit: 1_000_000, digits: 0) + " ms"
        default: decimal(nanoseconds, unit: 1_000_000_000, digits: 2) + " s"
        }
    }

    /// A number of units with so many digits after the point, rounded.
    static func decimal(_ value: UInt64, unit: UInt64, digits: Int) -> String {
        var scale: UInt64 = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = (value * scale + unit / 2) / unit
        guard digits > 0 else { return "\(scaled)" }
        let fraction = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: digits - fraction.utf8.count)
            + fraction
    }

    /// Text filled up with spaces on its left.
    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// Text filled up with spaces on its right.
    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
