import Expat

extension StringProtocol where UTF8View: BidirectionalCollection {
    /// The text without XML's white space at its ends (https://www.w3.org/TR/xml/#sec-common-syn).
    var trimmed: String {
        let isSpace = { (byte: UInt8) in
            byte == 0x20 || byte == 0x0a || byte == 0x09 || byte == 0x0d
        }
        guard let first = utf8.firstIndex(where: { !isSpace($0) }),
            let last = utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(self[first...last])
    }
}

extension XMLElement {
    /// The value of an attribute without white space around it; nil when it is not there, or when
    /// nothing is left.
    func value(_ attribute: String) -> String? {
        guard let value = attributes[attribute]?.trimmed, !value.isEmpty else { return nil }
        return value
    }
}
