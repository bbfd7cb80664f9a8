/// Writes messages of protocol buffers (https://protobuf.dev/programming-guides/encoding/) into a
/// buffer, without allocation but for the growth of the buffer.
enum ProtobufWriter {
    /// Appends a number in 7-bit groups, the lowest first.
    static func varint(_ value: UInt64, to out: inout [UInt8]) {
        var rest = value
        while rest > 0x7f {
            out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        out.append(UInt8(rest))
    }

    /// Appends a field of type `uint64`, `uint32`, `int64` that is not negative, or an enum.
    static func field(_ number: UInt64, unsigned value: UInt64, to out: inout [UInt8]) {
        varint(number << 3, to: &out)
        varint(value, to: &out)
    }

    /// Appends a field of type `sint32` or `sint64`.
    static func field(_ number: UInt64, zigZag value: Int64, to out: inout [UInt8]) {
        let folded = UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63)
        field(number, unsigned: folded, to: &out)
    }

    /// Appends a field of type `double`.
    static func field(_ number: UInt64, double value: Double, to out: inout [UInt8]) {
        varint(number << 3 | 1, to: &out)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { out.append(contentsOf: $0) }
    }

    /// Appends a field of type `string`.
    static func field(_ number: UInt64, text: String, to out: inout [UInt8]) {
        varint(number << 3 | 2, to: &out)
        varint(UInt64(text.utf8.count), to: &out)
        out.append(contentsOf: text.utf8)
    }

    /// Begins a field that is a message; returns what `end` wants.
    static func begin(_ number: UInt64, in out: inout [UInt8]) -> Int {
        varint(number << 3 | 2, to: &out)
        return begin(in: &out)
    }

    /// Begins a message that has its length before it; returns what `end` wants.
    static func begin(in out: inout [UInt8]) -> Int {
        // Room for a length below 128.
        out.append(0)
        return out.count
    }

    /// Ends the message that begins at `start`: writes its length, and moves it if that is long.
    static func end(_ start: Int, in out: inout [UInt8]) {
        var rest = UInt64(out.count - start)
        var place = start - 1
        while rest > 0x7f {
            out[place] = UInt8(truncatingIfNeeded: rest) | 0x80
            place += 1
            out.insert(0, at: place)
            rest >>= 7
        }
        out[place] = UInt8(rest)
    }

    /// Appends a `google.protobuf.Timestamp` as field `number`.
    static func field(_ number: UInt64, milliseconds: Int64, to out: inout [UInt8]) {
        let time = UInt64(max(milliseconds, 0))
        let start = begin(number, in: &out)
        field(1, unsigned: time / 1000, to: &out)
        field(2, unsigned: time % 1000 * 1_000_000, to: &out)
        end(start, in: &out)
    }
}
