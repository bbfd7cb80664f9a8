/// Moments as Twilio's API writes them: RFC 2822 in the oldest part, ISO 8601 in the others.
enum APIDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `2026-11-28T16:24:00Z`; what is left of a second is cut.
    static func text(milliseconds: Int64) -> String {
        let seconds = milliseconds.flooredDivision(by: 1000)
        let day = seconds.flooredDivision(by: 86_400)
        let time = seconds - day * 86_400
        let date = date(days: day)
        func two(_ value: Int64) -> String { (value < 10 ? "0" : "") + "\(value)" }
        return "\(date.year)-\(two(date.month))-\(two(date.day))T\(two(time / 3600)):"
            + "\(two(time / 60 % 60)):\(two(time % 60))Z"
    }

    /// Milliseconds since 1970 of either form, of the years 1970 to 9999; nil for anything else.
    static func milliseconds(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        if words.count == 6 { return rfc2822(words) }
        let bytes = Array(text.utf8)
        guard bytes.count == 20, bytes[4] == 0x2d, bytes[7] == 0x2d, bytes[10] == 0x54,
            bytes[19] == 0x5a, let year = number(text.prefix(4)),
            let month = number(text.dropFirst(5).prefix(2)),
            let day = number(text.dropFirst(8).prefix(2))
        else { return nil }
        return joined(year, month, day, text.dropFirst(11).prefix(8))
    }

    /// `Sat, 28 Nov 2026 16:24:00 +0000`.
    private static func rfc2822(_ words: [Substring]) -> Int64? {
        guard words[5] == "+0000" || words[5] == "GMT", let day = number(words[1]),
            let month = months.firstIndex(of: String(words[2])), let year = number(words[3])
        else { return nil }
        return joined(year, Int64(month) + 1, day, words[4])
    }

    private static func joined(
        _ year: Int64, _ month: Int64, _ day: Int64, _ time: Substring
    ) -> Int64? {
        let parts = time.split(separator: ":", omittingEmptySubsequences: false).compactMap(number)
        guard (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
            parts.count == 3, parts[0] < 24, parts[1] < 60, parts[2] <= 60
        else { return nil }
        return ((days(year, month, day) * 24 + parts[0]) * 60 + parts[1]) * 60_000 + parts[2] * 1000
    }

    private static func number(_ text: Substring) -> Int64? {
        guard (1...4).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int64(text)
    }

    /// Days since 1970-01-01 of the Gregorian calendar, counted from March so that the day that
    /// leaps is the last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = shifted.flooredDivision(by: 400)
        let ofEra = shifted - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let ofEra = shifted - era * 146_097
        let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        let isNextYear = month >= 10
        return (
            year + era * 400 + (isNextYear ? 1 : 0), month + (isNextYear ? -9 : 3),
            ofYear - (153 * month + 2) / 5 + 1
        )
    }
}

extension Int64 {
    /// The quotient rounded down.
    fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}
