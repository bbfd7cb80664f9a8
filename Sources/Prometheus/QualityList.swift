/// The elements of an `Accept` or `Accept-Encoding` field (RFC 9110, section 12.4.2).
struct QualityList {
    /// One element.
    struct Element {
        /// The media range or coding, in small letters.
        var value: String
        /// Parameters besides `q`, names and values in small letters.
        var parameters: [(name: String, value: String)]
        /// The weight in thousandths, 0 to 1000.
        var quality: Int

        /// The value of a parameter, nil if it is not there.
        func parameter(_ name: String) -> String? {
            parameters.first { $0.name == name }?.value
        }
    }

    /// The elements in the order of the field; those that are malformed are left out.
    let elements: [Element]

    /// Reads the values of all fields of the name, in order.
    init(_ values: [ArraySlice<UInt8>]) {
        elements = values.flatMap { value in
            Self.split(value, at: UInt8(ascii: ",")).compactMap(Self.element)
        }
    }

    private static func element(_ bytes: ArraySlice<UInt8>) -> Element? {
        let parts = split(bytes, at: UInt8(ascii: ";"))
        guard let first = parts.first.map(text), !first.isEmpty else { return nil }
        var element = Element(value: first, parameters: [], quality: 1000)
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else {
                if text(part).isEmpty { continue }
                return nil
            }
            let name = text(part[..<equals])
            let value = unquoted(text(part[part.index(after: equals)...]))
            if name == "q" {
                guard let quality = quality(value) else { return nil }
                element.quality = quality
            } else {
                element.parameters.append((name, value))
            }
        }
        return element
    }

    /// `0.25` is 250; nil for what is no weight.
    private static func quality(_ text: String) -> Int? {
        let digits = Array(text.utf8)
        guard let whole = digits.first, whole == UInt8(ascii: "0") || whole == UInt8(ascii: "1"),
            digits.count == 1 || digits[1] == UInt8(ascii: ".")
        else { return nil }
        var quality = whole == UInt8(ascii: "1") ? 1000 : 0
        var place = 100
        for digit in digits.dropFirst(2) {
            guard digit >= UInt8(ascii: "0") && digit <= UInt8(ascii: "9") else { return nil }
            quality += Int(digit - UInt8(ascii: "0")) * place
            place /= 10
        }
        return quality <= 1000 ? quality : nil
    }

    /// The parts between separators that are not within quotes.
    private static func split(
        _ bytes: ArraySlice<UInt8>, at separator: UInt8
    ) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        var isQuoted = false
        for index in bytes.indices {
            if bytes[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
            if bytes[index] == separator && !isQuoted {
                parts.append(bytes[start..<index])
                start = index + 1
            }
        }
        return parts + [bytes[start...]]
    }

    /// Without the white space around it, in small letters.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let trimmed = bytes.drop(while: isSpace)
        let end = trimmed.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? trimmed.startIndex
        return String(
            decoding: trimmed[trimmed.startIndex..<end].map { byte in
                byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
            }, as: UTF8.self)
    }

    private static func unquoted(_ text: String) -> String {
        guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        return String(text.dropFirst().dropLast())
    }
}
