import MicroHTTP
import POSIX
import Synchronization

/// The trace that a request belongs to, by W3C Trace Context
/// (https://www.w3.org/TR/trace-context/): the caller's if it sent a valid `traceparent`, else a
/// new one. The span is this process's work on the request.
struct TraceContext: Sendable, Equatable {
    /// 32 lower-case hexadecimal digits, not all zero.
    let traceID: [UInt8]
    /// 16 lower-case hexadecimal digits, not all zero: the parent of what the application does.
    let spanID: [UInt8]
    /// True when the caller records this trace; a new trace is recorded.
    let isSampled: Bool

    private static let fieldBytes = 55
    /// Longer fields are not looked at.
    private static let fieldBytesMax = 512

    /// The caller's trace with a span of ours; nil when the field is no valid `traceparent`.
    init?(field: ArraySlice<UInt8>, spanID: [UInt8]) {
        let bytes = Array(field)
        guard bytes.count >= Self.fieldBytes, bytes.count <= Self.fieldBytesMax,
            [2, 35, 52].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }),
            [0..<2, 3..<35, 36..<52, 53..<55].allSatisfy({ bytes[$0].allSatisfy(Self.isDigit) }),
            Self.isNotZero(bytes[3..<35]), Self.isNotZero(bytes[36..<52])
        else { return nil }
        let version = bytes[0..<2]
        // A later version may say more behind another dash; ff is none.
        let isKnown = version.elementsEqual("00".utf8)
        guard !version.elementsEqual("ff".utf8),
            bytes.count == Self.fieldBytes || !isKnown && bytes[55] == UInt8(ascii: "-")
        else { return nil }
        traceID = Array(bytes[3..<35])
        self.spanID = spanID
        let flags = bytes[54]
        isSampled = (flags < 0x3a ? flags - 0x30 : flags - 0x61 + 10) & 1 == 1
    }

    /// A new trace.
    init(traceID: [UInt8], spanID: [UInt8]) {
        self.traceID = traceID
        self.spanID = spanID
        isSampled = true
    }

    /// The value of `traceparent` for what is done on this request's behalf, and of
    /// `traceresponse` for the caller.
    var field: [UInt8] {
        Array("00-".utf8) + traceID + Array("-".utf8) + spanID
            + Array((isSampled ? "-01" : "-00").utf8)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x66
    }

    private static func isNotZero(_ digits: ArraySlice<UInt8>) -> Bool {
        digits.contains { $0 != UInt8(ascii: "0") }
    }
}

/// Makes the ids of traces and spans: unlike over processes, never repeated within one. Any
/// thread.
final class TraceIDs: Sendable {
    private let seed: UInt64
    private let prefix: [UInt8]
    private let count = Atomic<UInt64>(0)

    init() {
        seed = RandomBytes.make(8).reduce(0) { $0 << 8 | UInt64($1) }
        prefix = Hexadecimal.bytes(RandomBytes.make(8))
    }

    /// The trace of a request by its `traceparent`, nil when it had none.
    func context(of field: ArraySlice<UInt8>?) -> TraceContext {
        let span = next()
        if let field, let given = TraceContext(field: field, spanID: span) { return given }
        return TraceContext(traceID: prefix + next(), spanID: span)
    }

    /// The trace of a request; several lines are as good as none.
    func context(of fields: HTTPFields) -> TraceContext {
        context(of: fields.count(of: "traceparent") == 1 ? fields.first("traceparent") : nil)
    }

    /// 16 digits: SplitMix64 (Steele, Lea, Flood 2014) over a count, which is a bijection, so
    /// that no number comes twice.
    private func next() -> [UInt8] {
        while true {
            var bits =
                (seed &+ count.add(1, ordering: .relaxed).newValue) &* 0x9e37_79b9_7f4a_7c15
            bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
            bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
            bits ^= bits >> 31
            guard bits != 0 else { continue }
            return Hexadecimal.bytes(
                stride(from: UInt64(56), through: 0, by: -8).map {
                    UInt8(truncatingIfNeeded: bits >> $0)
                })
        }
    }
}

extension HTTPRequest {
    /// The request with its trace, if it came without one, so that it keeps it when it is stored.
    func keeping(_ trace: TraceContext) -> HTTPRequest {
        guard fields.count(of: "traceparent") == 0 else { return self }
        var request = self
        request.fields.append(name: "traceparent".utf8, value: trace.field)
        return request
    }
}
