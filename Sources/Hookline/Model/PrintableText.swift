/// Text for a terminal or a log that people read.
enum PrintableText {
    /// The text with U+FFFD for whatever would move the cursor, break the line or turn the writing
    /// direction: control characters, U+2028 to U+202E, U+2066 to U+2069.
    static func of(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7f...0x9f, 0x2028...0x202e, 0x2066...0x2069: shown += "\u{fffd}"
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
