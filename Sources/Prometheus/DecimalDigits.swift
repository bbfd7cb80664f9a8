/// A decimal number: significant digits and the place of the point.
struct DecimalDigits {
    /// More than a `UInt128` or a shortest `Double` needs.
    private static let capacity = 40

    private var digits = InlineArray<40, UInt8>(repeating: 0)
    private var count = 0
    /// The value is 0.d1d2d3… × 10^point.
    private var point = 0
    private var isNegative = false

    /// The number `value` × 10^-`scale`, exactly.
    init(_ value: UInt128, scale: Int) {
        var rest = value
        while rest > 0 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            digits[count] = UInt8(truncatingIfNeeded: digit)
            count += 1
            rest = quotient
        }
        for index in 0..<(count / 2) { digits.swapAt(index, count - 1 - index) }
        point = count - scale
        dropTrailingZeros()
    }

    /// The number written as `-12.5`, `0.001` or `1e-05`: what Swift prints for a finite `Double`.
    init(parsing text: UnsafeBufferPointer<UInt8>) {
        var afterPoint = false
        var index = 0
        while index < text.count {
            let byte = text[index]
            index += 1
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): afterPoint = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                append(byte - UInt8(ascii: "0"), afterPoint: afterPoint)
            case UInt8(ascii: "e"):
                point += Self.exponent(text, from: index)
                index = text.count
            default: break
            }
        }
        dropTrailingZeros()
    }

    /// Writes the form of Go's `strconv.FormatFloat(x, 'g', -1, 64)`, in which Prometheus and its
    /// Go client write: an exponent of at least two digits below 1e-4 and from 1e+06 on.
    func write(to out: inout [UInt8]) {
        if isNegative { out.append(UInt8(ascii: "-")) }
        guard count > 0 else { return out.append(UInt8(ascii: "0")) }
        let exponent = point - 1
        guard exponent >= -4 && exponent < 6 else { return writeScientific(exponent, to: &out) }
        if point <= 0 {
            out.append(UInt8(ascii: "0"))
            out.append(UInt8(ascii: "."))
            for _ in point..<0 { out.append(UInt8(ascii: "0")) }
            for index in 0..<count { write(digit: index, to: &out) }
        } else {
            for index in 0..<max(count, point) {
                if index == point { out.append(UInt8(ascii: ".")) }
                write(digit: index, to: &out)
            }
        }
    }

    private func writeScientific(_ exponent: Int, to out: inout [UInt8]) {
        write(digit: 0, to: &out)
        if count > 1 {
            out.append(UInt8(ascii: "."))
            for index in 1..<count { write(digit: index, to: &out) }
        }
        out.append(UInt8(ascii: "e"))
        out.append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        let magnitude = UInt64(exponent.magnitude)
        if magnitude < 10 { out.append(UInt8(ascii: "0")) }
        NumberText.append(magnitude, to: &out)
    }

    /// Writes one digit, 0 after the last one.
    private func write(digit index: Int, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "0") + (index < count ? digits[index] : 0))
    }

    private mutating func append(_ digit: UInt8, afterPoint: Bool) {
        if count == 0 && digit == 0 {
            if afterPoint { point -= 1 }
            return
        }
        guard count < Self.capacity else { return }
        digits[count] = digit
        count += 1
        if !afterPoint { point += 1 }
    }

    private mutating func dropTrailingZeros() {
        while count > 0 && digits[count - 1] == 0 { count -= 1 }
    }

    private static func exponent(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var value = 0
        for byte in text[start...] where byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return text[start] == UInt8(ascii: "-") ? -value : value
    }
}
