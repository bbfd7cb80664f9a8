/// Which trace an observation came from and when it was made: the link from a bucket of a graph
/// to one request.
public struct Exemplar: Sendable, Equatable {
    /// The first 8 bytes of the trace id, most significant first.
    public let traceHigh: UInt64
    /// The last 8 bytes of the trace id, most significant first.
    public let traceLow: UInt64
    /// When the observation was made, in milliseconds since 1970-01-01T00:00:00Z.
    public let unixMilliseconds: Int64

    /// An exemplar from the halves of a trace id; an id of zeros is invalid and never stored.
    public init(traceHigh: UInt64, traceLow: UInt64, unixMilliseconds: Int64) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.unixMilliseconds = unixMilliseconds
    }

    /// An exemplar from the 16 bytes of a trace id; nil when there are not 16.
    public init?(traceID: some Collection<UInt8>, unixMilliseconds: Int64) {
        guard traceID.count == 16 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for byte in traceID.prefix(8) { high = high << 8 | UInt64(byte) }
        for byte in traceID.suffix(8) { low = low << 8 | UInt64(byte) }
        self.init(traceHigh: high, traceLow: low, unixMilliseconds: unixMilliseconds)
    }

    /// W3C Trace Context forbids the id of zeros (https://www.w3.org/TR/trace-context/#trace-id);
    /// times before 1970 mean a clock that is not set.
    var isValid: Bool { (traceHigh | traceLow) != 0 && unixMilliseconds > 0 }

    /// Appends the trace id, 32 hexadecimal digits in small letters.
    func appendTraceID(to out: inout [UInt8]) {
        Self.append(traceHigh, to: &out)
        Self.append(traceLow, to: &out)
    }

    private static func append(_ half: UInt64, to out: inout [UInt8]) {
        for digit in 0..<16 {
            let value = UInt8(truncatingIfNeeded: half >> UInt64(60 - 4 * digit)) & 0xf
            out.append(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10)
        }
    }
}
