/// Reads `Retry-After` (RFC 9110, section 10.2.3): seconds, or an HTTP date.
enum RetryAfter {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// How long to wait in milliseconds; nil when there is no field or it says neither.
    static func milliseconds(_ field: String?, nowMilliseconds: Int64) -> Int64? {
        guard let field else { return nil }
        let text = field.utf8.filter { $0 != 0x09 }
        let digits = String(decoding: text, as: UTF8.self).split(separator: " ")
        if digits.count == 1, let seconds = number(digits[0]) {
            return seconds * 1000
        }
        guard let date = date(digits) else { return nil }
        return max(0, date - nowMilliseconds)
    }

    /// The one date format that is generated: `Sun, 06 Nov 1994 08:49:37 GMT`; the obsolete ones
    /// (RFC 9110, section 5.6.7) are no answer of today's applications.
    private static func date(_ words: [Substring]) -> Int64? {
        guard words.count == 6, words[5] == "GMT", let day = number(words[1]),
            let month = months.firstIndex(of: String(words[2])), let year = number(words[3]),
            (1970...9999).contains(year), (1...31).contains(day)
        else { return nil }
        let time = words[4].split(separator: ":").compactMap(number)
        guard time.count == 3, time[0] < 24, time[1] < 60, time[2] <= 60 else { return nil }
        let days = Timestamp.days(year: year, month: Int64(month) + 1, day: day)
        return ((days * 24 + time[0]) * 60 + time[1]) * 60_000 + time[2] * 1000
    }

    /// Digits only, and not so many that a product overflows.
    private static func number(_ text: Substring) -> Int64? {
        guard text.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }
}
