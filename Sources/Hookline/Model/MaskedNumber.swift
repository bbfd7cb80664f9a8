/// A phone number as a log may show it: kind and last two digits, so that two senders can be
/// told apart in most cases and nobody can be called.
enum MaskedNumber {
    /// For example `whatsapp:+…06` for `whatsapp:+15005550006`; a short code or a name of a
    /// sender shows its last two characters only if it has more than four.
    static func text(_ address: some Collection<UInt8>) -> String {
        let bytes = Array(address.prefix(64))
        let kind = bytes.firstIndex(of: UInt8(ascii: ":")).map { bytes[...$0] } ?? []
        let isKnownKind = ["whatsapp:", "messenger:", "rcs:"].contains {
            kind.elementsEqual($0.utf8)
        }
        let number = isKnownKind ? bytes[kind.count...] : bytes[...]
        let plus = number.first == UInt8(ascii: "+") ? "+" : ""
        let shown = number.count > 4 ? number.suffix(2).filter { $0 > 0x20 && $0 < 0x7f } : []
        return (isKnownKind ? String(decoding: kind, as: UTF8.self) : "") + plus + "…"
            + String(decoding: shown, as: UTF8.self)
    }
}
