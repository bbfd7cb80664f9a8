/// A JSON document under construction, without Foundation.
enum JSONValue: Sendable {
    /// Members in the order in which they are written.
    case object([(String, JSONValue)])
    case array([JSONValue])
    case text(String)
    case bool(Bool)
    /// What is not finite, or not there, is written as null.
    case number(Double?)

    /// A whole number; above 2^53 it is rounded, as every reader of JSON would round it.
    static func count(_ count: UInt64) -> JSONValue { .number(Double(count)) }

    /// Appends the document by RFC 8259.
    func write(to bytes: inout [UInt8]) {
        switch self {
        case .object(let members):
            Self.writeList(members, "{", "}", to: &bytes) { member, bytes in
                JSONText.appendQuoted(member.0, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.1.write(to: &bytes)
            }
        case .array(let items):
            Self.writeList(items, "[", "]", to: &bytes) { item, bytes in item.write(to: &bytes) }
        case .text(let text): JSONText.appendQuoted(text, to: &bytes)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let value): bytes.append(contentsOf: Self.digits(value).utf8)
        }
    }

    private static func digits(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "null" }
        // Swift writes 7 as 7.0; both are JSON, the short one is for people.
        return value == value.rounded() && abs(value) < 9e15 ? "\(Int64(value))" : "\(value)"
    }

    private static func writeList<Item>(
        _ items: [Item], _ open: Unicode.Scalar, _ close: Unicode.Scalar,
        to bytes: inout [UInt8], _ write: (Item, inout [UInt8]) -> Void
    ) {
        bytes.append(UInt8(ascii: open))
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(item, &bytes)
        }
        bytes.append(UInt8(ascii: close))
    }
}
