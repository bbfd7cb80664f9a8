import MicroHTTP
import POSIX
import Prometheus
import Synchronization

/// The trace that a request belongs to, by W3C Trace Context
/// (https://www.w3.org/TR/trace-context/): the caller's if it sent a valid `traceparent`, else a
/// new one. The span is this process's work on the request.
struct TraceContext: Sendable, Equatable {
    private let traceHigh: UInt64
    private let traceLow: UInt64
    private let span: UInt64
    private let isSampled: Bool
    /// True when the caller began the trace: then it is told the span.
    let isCallers: Bool

    private static let fieldBytes = 55
    /// Longer fields are not looked at.
    private static let fieldBytesMax = 512

    /// The caller's trace with a span of ours; nil when the field is no valid `traceparent`.
    init?(field: ArraySlice<UInt8>, span: UInt64) {
        guard field.count >= Self.fieldBytes, field.count <= Self.fieldBytesMax else { return nil }
        let bytes = Array(field)
        guard [2, 35, 52].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }),
            [0..<2, 3..<35, 36..<52, 53..<55].allSatisfy({ bytes[$0].allSatisfy(Self.isDigit) }),
            Self.isNotZero(bytes[3..<35]), Self.isNotZero(bytes[36..<52])
        else { return nil }
        let version = bytes[0..<2]
        // A later version may say more behind another dash; ff is none.
        let isKnown = version.elementsEqual("00".utf8)
        guard !version.elementsEqual("ff".utf8),
            bytes.count == Self.fieldBytes || !isKnown && bytes[55] == UInt8(ascii: "-")
        else { return nil }
        traceHigh = Self.number(bytes[3..<19])
        traceLow = Self.number(bytes[19..<35])
        self.span = span
        isSampled = Self.number(bytes[53..<55]) & 1 == 1
        isCallers = true
    }

    /// A new trace, which is recorded.
    init(trace: (UInt64, UInt64), span: UInt64) {
        (traceHigh, traceLow) = trace
        self.span = span
        isSampled = true
        isCallers = false
    }

    /// The value of `traceparent` for what is done on this request's behalf, and of
    /// `traceresponse` for the caller: `00-TRACE-SPAN-FLAGS`.
    var field: InlineArray<55, UInt8> {
        var field = InlineArray<55, UInt8>(repeating: UInt8(ascii: "0"))
        for place in 0..<16 {
            field[3 + place] = Self.digit(traceHigh, place)
            field[19 + place] = Self.digit(traceLow, place)
            field[36 + place] = Self.digit(span, place)
        }
        field[2] = UInt8(ascii: "-")
        field[35] = UInt8(ascii: "-")
        field[52] = UInt8(ascii: "-")
        if isSampled { field[54] = UInt8(ascii: "1") }
        return field
    }

    /// `field` as an array.
    var bytes: [UInt8] {
        let field = field
        return [UInt8](room: field.count) { bytes in
            for place in field.indices { bytes.append(field[place]) }
        }
    }

    /// 32 lower-case hexadecimal digits, not all zero.
    var traceID: ArraySlice<UInt8> { bytes[3..<35] }

    /// The trace as the exemplar of something that was observed at `unixMilliseconds`.
    func exemplar(unixMilliseconds: Int64) -> Exemplar {
        Exemplar(
            traceHigh: traceHigh, traceLow: traceLow, unixMilliseconds: unixMilliseconds)
    }

    /// 16 lower-case hexadecimal digits, not all zero: the parent of what the application does.
    var spanID: ArraySlice<UInt8> { bytes[36..<52] }

    /// A hexadecimal digit of a number, place 0 the most significant of sixteen.
    private static func digit(_ number: UInt64, _ place: Int) -> UInt8 {
        let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * place)) & 15
        return digit &+ (digit < 10 ? 0x30 : 0x57)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64 {
        digits.reduce(0) { $0 << 4 | UInt64($1 < 0x3a ? $1 - 0x30 : $1 - 0x61 + 10) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x66
    }

    private static func isNotZero(_ digits: ArraySlice<UInt8>) -> Bool {
        digits.contains { $0 != UInt8(ascii: "0") }
    }
}

/// Makes the ids of traces and spans: unlike those of any other maker, never repeated. Any
/// thread.
final class TraceIDs: Sendable {
    private let seed: UInt64
    private let process: UInt64
    private let count = Atomic<UInt64>(0)

    init() {
        let random = RandomBytes.make(16)
        seed = random.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        process = random.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The trace of a request by its `traceparent`, nil when it had none.
    func context(of field: ArraySlice<UInt8>?) -> TraceContext {
        let span = next()
        if let field, let given = TraceContext(field: field, span: span) { return given }
        return TraceContext(trace: (process, next()), span: span)
    }

    /// The trace of a request; several lines are as good as none.
    func context(of fields: HTTPFields) -> TraceContext {
        context(of: fields.count(of: "traceparent") == 1 ? fields.first("traceparent") : nil)
    }

    /// SplitMix64 (Steele, Lea, Flood 2014) over a count, which is a bijection, so that no number
    /// comes twice; never 0.
    private func next() -> UInt64 {
        while true {
            var bits =
                (seed &+ count.add(1, ordering: .relaxed).newValue) &* 0x9e37_79b9_7f4a_7c15
            bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
            bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
            bits ^= bits >> 31
            if bits != 0 { return bits }
        }
    }
}

extension HTTPRequest {
    /// The request with its trace, if it came without one, so that it keeps it when it is stored.
    func keeping(_ trace: TraceContext) -> HTTPRequest {
        guard fields.count(of: "traceparent") == 0 else { return self }
        var request = self
        request.fields.append(name: "traceparent".utf8, value: trace.bytes)
        return request
    }
}
