/// What an account SID looks like: `AC` and 32 hexadecimal digits
/// (https://www.twilio.com/docs/glossary/what-is-a-sid).
enum AccountSID {
    /// True for text of that form.
    static func isValid(_ text: some Collection<UInt8>) -> Bool {
        text.count == 34 && text.starts(with: "AC".utf8)
            && text.dropFirst(2).allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20)
            }
    }
}
