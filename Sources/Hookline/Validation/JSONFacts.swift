import POSIX

/// What of a JSON body tells one event from another and names its account, found in one pass.
///
/// Bounded by the body's size and by `depthMax`; text that is no JSON has no facts but the account
/// that was found before its fault. Strings are compared as they are written: a key that is
/// spelled with escapes is not recognised.
struct JSONFacts: Sendable {
    /// The first account SID under a key such as `accountSid`; empty when none is named.
    private(set) var account: [UInt8] = []
    /// The `id` of each CloudEvent (https://www.twilio.com/docs/events/webhook-quickstart), sorted,
    /// each once; empty when the body is not a CloudEvent or a list of nothing but CloudEvents.
    private(set) var eventIDs: [[UInt8]] = []
    /// The `type` of each CloudEvent, as it is written; empty where `eventIDs` is.
    private(set) var eventTypes: [[UInt8]] = []

    /// Objects and lists within each other beyond which nothing is read.
    static let depthMax = 64

    /// Reads a body; nil when it begins neither as an object nor as a list.
    init?(_ body: [UInt8]) {
        var scanner = JSONScanner(body)
        guard let first = scanner.next(), first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return nil }
        var events: [JSONScanner.Event] = []
        let isWhole: Bool
        if first == UInt8(ascii: "[") {
            isWhole = scanner.list { scanner in
                guard let event = scanner.event(depth: 2) else { return false }
                events.append(event)
                return true
            }
        } else {
            let event = scanner.event(depth: 1)
            if let event { events.append(event) }
            isWhole = event != nil
        }
        account = scanner.account.map { Array($0) } ?? []
        guard isWhole, scanner.isAtEnd, !events.isEmpty,
            events.allSatisfy({ $0.hasVersion && !$0.id.isEmpty })
        else { return }
        eventTypes = events.map { Array($0.type) }
        let sorted = events.map { Array($0.id) }.sorted { $0.lexicographicallyPrecedes($1) }
        eventIDs = sorted.indices.filter { $0 == 0 || sorted[$0] != sorted[$0 - 1] }
            .map { sorted[$0] }
    }
}

/// Reads JSON (RFC 8259) byte by byte, without making values of it.
private struct JSONScanner {
    /// What a CloudEvent is recognised by (https://github.com/cloudevents/spec, 1.0: `id` and
    /// `specversion` are required strings).
    struct Event {
        var id: ArraySlice<UInt8> = []
        var hasVersion = false
        var type: ArraySlice<UInt8> = []
    }

    private static let accountKeys: [StaticString] = ["accountSid", "account_sid", "AccountSid"]

    private let text: [UInt8]
    private var position = 0
    /// The first account SID that was met.
    private(set) var account: ArraySlice<UInt8>?

    init(_ text: [UInt8]) { self.text = text }

    /// True when nothing but white space is left.
    var isAtEnd: Bool {
        text[position...].allSatisfy { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
    }

    /// The next byte that is no white space, which is not passed over; nil at the end.
    mutating func next() -> UInt8? {
        while position < text.count {
            let byte = text[position]
            guard byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d else { return byte }
            position += 1
        }
        return nil
    }

    /// Reads an object and notes what makes it a CloudEvent; nil when it is none, or names its id
    /// twice: two readers could then take two different ones.
    mutating func event(depth: Int) -> Event? {
        var event = Event()
        var ids = 0
        let isObject = object { scanner, key in
            if key.equals("id") || key.equals("specversion"), scanner.next() == 0x22 {
                guard let value = scanner.string() else { return false }
                if key.equals("specversion") { event.hasVersion = true } else { event.id = value }
                if key.equals("id") { ids += 1 }
                return true
            }
            if key.equals("type"), scanner.next() == 0x22 {
                guard let value = scanner.string() else { return false }
                event.type = value
                return true
            }
            return scanner.member(key, depth: depth)
        }
        guard isObject, ids <= 1 else { return nil }
        return event
    }

    /// Reads a list; false when it is none, or `element` says so.
    mutating func list(_ element: (inout JSONScanner) -> Bool) -> Bool {
        guard take(UInt8(ascii: "[")) else { return false }
        if take(UInt8(ascii: "]")) { return true }
        repeat { if !element(&self) { return false } } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]"))
    }

    /// Reads an object; false when it is none, or `member` says so.
    private mutating func object(
        _ member: (inout JSONScanner, ArraySlice<UInt8>) -> Bool
    ) -> Bool {
        guard take(UInt8(ascii: "{")) else { return false }
        if take(UInt8(ascii: "}")) { return true }
        repeat {
            guard next() == 0x22, let key = string(), take(UInt8(ascii: ":")),
                member(&self, key)
            else { return false }
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}"))
    }

    /// Reads the value of a key, and notes the account that it names.
    private mutating func member(_ key: ArraySlice<UInt8>, depth: Int) -> Bool {
        let isAccount = Self.accountKeys.contains { key.equals($0) }
        if isAccount, account == nil, next() == 0x22 {
            guard let value = string() else { return false }
            if AccountSID.isValid(value) { account = value }
            return true
        }
        return value(depth: depth + 1)
    }

    /// Reads any value.
    private mutating func value(depth: Int) -> Bool {
        guard depth <= JSONFacts.depthMax, let first = next() else { return false }
        switch first {
        case UInt8(ascii: "{"):
            return object { scanner, key in scanner.member(key, depth: depth) }
        case UInt8(ascii: "["):
            return list { scanner in scanner.value(depth: depth + 1) }
        case 0x22: return string() != nil
        default: return word()
        }
    }

    /// Reads a string and returns what is between its quotes; nil when it has no end.
    private mutating func string() -> ArraySlice<UInt8>? {
        position += 1
        let start = position
        while position < text.count {
            switch text[position] {
            case 0x22:
                position += 1
                return text[start..<position - 1]
            case UInt8(ascii: "\\"): position += 2
            case 0..<0x20: return nil
            default: position += 1
            }
        }
        position = text.count
        return nil
    }

    /// Reads a number, `true`, `false` or `null`, without a look at which it is.
    private mutating func word() -> Bool {
        let start = position
        while position < text.count {
            let byte = text[position]
            let isPart =
                (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
                || byte == UInt8(ascii: ".")
            guard isPart else { break }
            position += 1
        }
        return position > start
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next() == byte else { return false }
        position += 1
        return true
    }
}
