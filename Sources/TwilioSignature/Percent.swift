/// Percent-encoding (RFC 3986, section 2.1) byte by byte; an escape that is none stays.
package enum Percent {
    /// Letters of escapes in another case.
    package static func recased(_ text: [UInt8], _ recase: (UInt8) -> UInt8) -> [UInt8] {
        var changed = text
        for index in text.indices where value(text, at: index) != nil {
            for digit in [index + 1, index + 2] where text[digit] > 0x39 {
                changed[digit] = recase(text[digit])
            }
        }
        return changed
    }

    /// Escapes the bytes that `isEscaped` names, with capital digits; `+` as the space it is.
    package static func escaping(_ text: [UInt8], _ isEscaped: (UInt8) -> Bool) -> [UInt8] {
        var changed: [UInt8] = []
        changed.reserveCapacity(text.count)
        for byte in text {
            if isEscaped(byte) {
                changed += escape(byte == UInt8(ascii: "+") ? 0x20 : byte)
            } else {
                changed.append(byte)
            }
        }
        return changed
    }

    /// Unescapes the bytes that `isBare` names; a space becomes `space`.
    package static func unescaping(
        _ text: [UInt8], space: UInt8 = 0x20, _ isBare: (UInt8) -> Bool
    ) -> [UInt8] {
        var changed: [UInt8] = []
        changed.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if let byte = value(text, at: index), isBare(byte) {
                changed.append(byte == 0x20 ? space : byte)
                index += 3
            } else {
                changed.append(text[index])
                index += 1
            }
        }
        return changed
    }

    /// The escape of a byte, with capital digits.
    package static func escape(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    /// The byte that an escape at `index` stands for, nil when there is none.
    package static func value(_ text: [UInt8], at index: Int) -> UInt8? {
        guard text[index] == UInt8(ascii: "%"), index + 2 < text.count,
            let high = digit(text[index + 1]), let low = digit(text[index + 2])
        else { return nil }
        return high << 4 | low
    }

    /// The value of a hexadecimal digit, nil for any other byte.
    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
