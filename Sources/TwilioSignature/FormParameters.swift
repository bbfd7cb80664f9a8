import OpenSSL
import POSIX

/// Why a form cannot be read.
public enum FormFault: Error, Sendable, Equatable {
    /// There are more parameters than the limit.
    case tooManyParameters(max: Int)
}

/// A parameter that a webhook is read from; those of the first line have one value.
package enum WebhookField: Int, CaseIterable, Sendable {
    case accountSID, messageSID, body, from, to, messageStatus, errorCode, mediaCount
    case smsStatus, smsSID, smsMessageSID, eventType, callSID

    /// True for a field of which nobody could say which one of two values is meant.
    package var isSingle: Bool { rawValue <= Self.mediaCount.rawValue }

    /// The field of this name, compared byte by byte.
    package init?(_ name: Span<UInt8>) {
        switch name.count {
        case 2 where name.equals("To"): self = .to
        case 4 where name.equals("Body"): self = .body
        case 4 where name.equals("From"): self = .from
        case 6 where name.equals("SmsSid"): self = .smsSID
        case 7 where name.equals("CallSid"): self = .callSID
        case 8 where name.equals("NumMedia"): self = .mediaCount
        case 9 where name.equals("SmsStatus"): self = .smsStatus
        case 9 where name.equals("ErrorCode"): self = .errorCode
        case 9 where name.equals("EventType"): self = .eventType
        case 10 where name.equals("AccountSid"): self = .accountSID
        case 10 where name.equals("MessageSid"): self = .messageSID
        case 13 where name.equals("SmsMessageSid"): self = .smsMessageSID
        case 13 where name.equals("MessageStatus"): self = .messageStatus
        default: return nil
        }
    }
}

/// The parameters of an `application/x-www-form-urlencoded` body, decoded to bytes, in the order
/// received.
///
/// Split at `&` only, empty segments skipped, first `=` ends the name, `+` is a space, `%XX` is
/// a byte; an escape that is none stays as it is. What the signature covers and what is read
/// from a webhook are these same pairs. A class, because it is passed on many times.
public final class FormParameters: Sendable {
    /// Where one pair lies in the buffer.
    package struct Pair: Sendable {
        let start: Int
        let nameEnd: Int
        let valueEnd: Int
        /// The first eight bytes of the name, missing ones as 0, the first the most significant.
        let beginning: UInt64

        init(start: Int, nameEnd: Int, valueEnd: Int, in bytes: Span<UInt8>) {
            self.start = start
            self.nameEnd = nameEnd
            self.valueEnd = valueEnd
            var beginning: UInt64 = 0
            let count = min(8, nameEnd - start)
            for index in start..<start + count { beginning = beginning << 8 | UInt64(bytes[index]) }
            self.beginning = beginning << UInt64(8 * (8 - count))
        }

        var name: Range<Int> { start..<nameEnd }
        var value: Range<Int> { nameEnd..<valueEnd }
    }

    private let bytes: [UInt8]
    private let pairs: [Pair]
    /// The first pair of each field, -1 when there is none.
    private let firsts: InlineArray<13, Int>

    /// A single field that occurs with two different values; nil when none does.
    package let ambiguous: WebhookField?

    /// Reads a body; throws above `parametersMax` pairs.
    public convenience init(parsing body: [UInt8], parametersMax: Int) throws(FormFault) {
        var pairs: [Pair] = []
        pairs.reserveCapacity(24)
        let bytes = Self.decode(body, into: &pairs, parametersMax: parametersMax)
        guard pairs.count <= parametersMax else { throw .tooManyParameters(max: parametersMax) }
        self.init(bytes, pairs)
    }

    /// The parameters that lie so in a buffer.
    package init(_ bytes: [UInt8], _ pairs: [Pair]) {
        var firsts = InlineArray<13, Int>(repeating: -1)
        var ambiguous: WebhookField?
        let span = bytes.span
        for index in pairs.indices {
            let pair = pairs[index]
            guard let field = WebhookField(span.extracting(pair.start..<pair.nameEnd)) else {
                continue
            }
            let first = firsts[field.rawValue]
            if first < 0 {
                firsts[field.rawValue] = index
            } else if ambiguous == nil, field.isSingle,
                bytes[pairs[first].value] != bytes[pair.value]
            {
                ambiguous = field
            }
        }
        self.bytes = bytes
        self.pairs = pairs
        self.firsts = firsts
        self.ambiguous = ambiguous
    }

    /// No parameters.
    package static let empty = FormParameters([], [])

    /// The number of pairs.
    public var count: Int { pairs.count }

    /// Every pair as decoded, in the order received.
    package var decoded: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] {
        pairs.map { (bytes[$0.name], bytes[$0.value]) }
    }

    /// The value of the first parameter of this name.
    package subscript(_ field: WebhookField) -> ArraySlice<UInt8>? {
        let index = firsts[field.rawValue]
        return index < 0 ? nil : bytes[pairs[index].value]
    }

    /// The value of the first parameter of a name that is no `WebhookField`.
    package func first(_ name: StaticString) -> ArraySlice<UInt8>? {
        guard let pair = pairs.first(where: { bytes[$0.name].equals(name) }) else { return nil }
        return bytes[pair.value]
    }

    /// The decoded name and value of one pair, in the order received.
    package subscript(pair index: Int) -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
        let pair = pairs[index]
        return (bytes[pair.name], bytes[pair.value])
    }

    /// Names and values as Twilio appends them to the URL: sorted by name, values of one name
    /// sorted and each once, all by bytes, without delimiters.
    package var signedSuffix: [UInt8] { signedSuffix { _ in true } }

    /// The same of the parameters whose names `isCounted` takes.
    package func signedSuffix(where isCounted: (Span<UInt8>) -> Bool) -> [UInt8] {
        // The beginnings of the names decide nearly every comparison, as one number each.
        let bytes = bytes
        let span = bytes.span
        var sorted = pairs
        sorted.sort { left, right in
            left.beginning != right.beginning
                ? left.beginning < right.beginning : Self.compare(left, right, span) < 0
        }
        return [UInt8](room: bytes.count) { suffix in
            for index in sorted.indices {
                let pair = sorted[index]
                if index > 0, sorted[index - 1].beginning == pair.beginning,
                    Self.compare(sorted[index - 1], pair, span) == 0
                {
                    continue
                }
                guard isCounted(span.extracting(pair.start..<pair.nameEnd)) else { continue }
                suffix.append(copying: span.extracting(pair.start..<pair.valueEnd))
            }
        }
    }

    /// The pairs as a form body, escaped by the WHATWG rules.
    package var encoded: [UInt8] {
        var body: [UInt8] = []
        for pair in pairs {
            if !body.isEmpty { body.append(UInt8(ascii: "&")) }
            Self.escape(bytes[pair.name], into: &body)
            body.append(UInt8(ascii: "="))
            Self.escape(bytes[pair.value], into: &body)
        }
        return body
    }

    /// By name, then by value: below, equal to or above 0.
    private static func compare(_ left: Pair, _ right: Pair, _ bytes: Span<UInt8>) -> Int {
        let names = compare(left.name, right.name, bytes)
        return names != 0 ? names : compare(left.value, right.value, bytes)
    }

    private static func compare(
        _ left: Range<Int>, _ right: Range<Int>, _ bytes: Span<UInt8>
    ) -> Int {
        for offset in 0..<min(left.count, right.count) {
            let difference =
                Int(bytes[left.lowerBound + offset]) - Int(bytes[right.lowerBound + offset])
            if difference != 0 { return difference }
        }
        return left.count - right.count
    }
}

extension FormParameters {
    /// Decodes in one pass; stops soon after `parametersMax` pairs.
    private static func decode(
        _ body: [UInt8], into pairs: inout [Pair], parametersMax: Int
    ) -> [UInt8] {
        // Decoding never makes a body longer.
        [UInt8](room: body.count) { output in
            let input = body.span
            var index = 0
            while index < input.count, pairs.count <= parametersMax {
                let segment = index
                let start = output.count
                var nameEnd = -1
                scan: while true {
                    index = output.append(runOf: input, from: index, to: meaningful)
                    guard index < input.count else { break }
                    let byte = input[index]
                    switch byte {
                    case UInt8(ascii: "&"): break scan
                    case UInt8(ascii: "=") where nameEnd < 0: nameEnd = output.count
                    case UInt8(ascii: "+"): output.append(UInt8(ascii: " "))
                    case UInt8(ascii: "%"):
                        if let escaped = escape(input, index) {
                            output.append(escaped)
                            index += 2
                        } else {
                            output.append(byte)
                        }
                    default: output.append(byte)
                    }
                    index += 1
                }
                if index > segment {
                    let end = output.count
                    pairs.append(
                        Pair(
                            start: start, nameEnd: nameEnd < 0 ? end : nameEnd, valueEnd: end,
                            in: output.span))
                }
                index += 1
            }
        }
    }

    /// The bytes that have a meaning of their own.
    private static var meaningful: RunEnds {
        RunEnds(UInt8(ascii: "&"), UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "%"))
    }

    /// The byte of the escape that begins at `index`; nil when it is none. `&` is no digit, so
    /// an escape never reaches over its segment's end.
    private static func escape(_ input: Span<UInt8>, _ index: Int) -> UInt8? {
        guard index + 2 < input.count, let high = Percent.digit(input[index + 1]),
            let low = Percent.digit(input[index + 2])
        else { return nil }
        return high << 4 | low
    }

    private static func escape(_ text: ArraySlice<UInt8>, into body: inout [UInt8]) {
        for byte in text {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2a, 0x2d, 0x2e, 0x5f: body.append(byte)
            case 0x20: body.append(UInt8(ascii: "+"))
            default:
                body.append(UInt8(ascii: "%"))
                body.append(
                    contentsOf: Hexadecimal.bytes([byte]).map { $0 >= 0x61 ? $0 - 0x20 : $0 })
            }
        }
    }
}
