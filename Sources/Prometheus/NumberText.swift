/// Writes numbers as expositions want them, into a buffer and without allocation.
enum NumberText {
    /// All digits of an integer.
    static func append(_ value: UInt64, to out: inout [UInt8]) {
        // Most numbers of a page are small.
        guard value > 9 else { return out.append(UInt8(ascii: "0") + UInt8(value)) }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = digits.count
        var rest = value
        while rest > 0 {
            start -= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            rest = quotient
        }
        withUnsafeBytes(of: digits) { digits in
            out.append(contentsOf: UnsafeRawBufferPointer(rebasing: digits[start...]))
        }
    }

    /// The shortest digits that read back as the same value, in Go's form; `NaN`, `+Inf`, `-Inf`.
    static func append(_ value: Double, to out: inout [UInt8]) {
        if value.isNaN {
            out.append(ascii: "NaN")
        } else if value.isInfinite {
            out.append(ascii: value < 0 ? "-Inf" : "+Inf")
        } else {
            var sink = DigitSink()
            value.write(to: &sink)
            sink.digits?.write(to: &out)
        }
    }

    /// The number `value` × 10^-`scale`, exactly, in Go's form.
    static func append(_ value: UInt128, scale: Int, to out: inout [UInt8]) {
        DecimalDigits(value, scale: scale).write(to: &out)
    }

    /// A time in seconds with three decimals, `1700000000.123`; 0 for one before 1970.
    static func append(milliseconds: Int64, to out: inout [UInt8]) {
        let time = UInt64(max(milliseconds, 0))
        append(time / 1000, to: &out)
        out.append(UInt8(ascii: "."))
        var power: UInt64 = 100
        while power > 0 {
            out.append(UInt8(ascii: "0") + UInt8(time / power % 10))
            power /= 10
        }
    }

    /// A bucket's bound: as any other number, but with a point or an exponent, because newer
    /// Prometheus servers rewrite `le="1"` to `le="1.0"` and older ones do not.
    static func bound(_ value: Double) -> [UInt8] {
        var out: [UInt8] = []
        append(value, to: &out)
        let isMarked = out.contains { byte in
            byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "I")
        }
        if !isMarked { out.append(ascii: ".0") }
        return out
    }
}

extension [UInt8] {
    /// Appends the bytes of a literal.
    mutating func append(ascii text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }
}

/// Takes what `Double` prints.
private struct DigitSink: TextOutputStream {
    var digits: DecimalDigits?

    mutating func write(_ string: String) {
        var string = string
        digits = string.withUTF8 { DecimalDigits(parsing: $0) }
    }

    /// What the standard library calls rather than `write(_:)` when it has plain bytes, which
    /// saves a `String` (of more than 15 bytes, an allocation); should it stop doing so, `write`
    /// does the same.
    mutating func _writeASCII(_ buffer: UnsafeBufferPointer<UInt8>) {
        digits = DecimalDigits(parsing: buffer)
    }
}
