/// The header fields of one request, in the order received, as bytes in one buffer.
public struct HTTPFields: Sendable {
    /// Where one field's name and value lie in the buffer.
    struct Entry: Sendable {
        var nameStart: UInt32
        var nameEnd: UInt32
        var valueStart: UInt32
        var valueEnd: UInt32
        var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
        var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []

    /// No fields yet; `append` adds them.
    public init() {
        bytes.reserveCapacity(512)
        entries.reserveCapacity(16)
    }

    /// Fields as they lie in the lines of a head.
    init(lines: UnsafeRawBufferPointer, entries: [Entry]) {
        bytes = Array(lines)
        self.entries = entries
    }

    /// The number of field lines.
    public var count: Int { entries.count }

    /// What all names and values take, with what stands between them, in bytes.
    public var contentBytes: Int { bytes.count }

    /// Adds one field line.
    public mutating func append(name: some Sequence<UInt8>, value: some Sequence<UInt8>) {
        let start = UInt32(bytes.count)
        bytes.append(contentsOf: name)
        let nameEnd = UInt32(bytes.count)
        bytes.append(contentsOf: value)
        entries.append(
            Entry(
                nameStart: start, nameEnd: nameEnd, valueStart: nameEnd,
                valueEnd: UInt32(bytes.count)))
    }

    /// The name of field `index` as received.
    public func name(at index: Int) -> ArraySlice<UInt8> {
        bytes[entries[index].name]
    }

    /// The value of field `index` as received, without the white space around it.
    public func value(at index: Int) -> ArraySlice<UInt8> {
        bytes[entries[index].value]
    }

    /// The number of field lines called `name`, which is written in lower case.
    public func count(of name: StaticString) -> Int {
        var found = 0
        for entry in entries where matches(entry, name) { found += 1 }
        return found
    }

    /// The number of field lines called `name`, which is written in lower case, and the value of
    /// the first one, found in one search.
    func occurrences(of name: StaticString) -> (count: Int, first: ArraySlice<UInt8>?) {
        var found = 0
        var value = 0..<0
        for entry in entries where matches(entry, name) {
            if found == 0 { value = entry.value }
            found += 1
        }
        return (found, found > 0 ? bytes[value] : nil)
    }

    /// The value of the first field called `name`, which is written in lower case.
    public func first(_ name: StaticString) -> ArraySlice<UInt8>? {
        for entry in entries where matches(entry, name) {
            return bytes[entry.value]
        }
        return nil
    }

    /// The values of all fields called `name`, which is written in lower case, in order.
    public func all(_ name: StaticString) -> [ArraySlice<UInt8>] {
        entries.filter { matches($0, name) }.map { bytes[$0.value] }
    }

    /// The fields whose name `isWanted` takes, each as `name: value` and a line feed, in order; one
    /// that there is no room for within `bytesMax` is left out.
    public func lines(bytesMax: Int, where isWanted: (Span<UInt8>) -> Bool) -> [UInt8] {
        var lines: [UInt8] = []
        let span = bytes.span
        for entry in entries where isWanted(span.extracting(entry.name)) {
            guard lines.count + entry.name.count + entry.value.count + 3 <= bytesMax else {
                continue
            }
            lines += bytes[entry.name]
            lines += [UInt8(ascii: ":"), UInt8(ascii: " ")]
            lines += bytes[entry.value]
            lines.append(UInt8(ascii: "\n"))
        }
        return lines
    }

    private func matches(_ entry: Entry, _ name: StaticString) -> Bool {
        let start = Int(entry.nameStart)
        guard Int(entry.nameEnd) - start == name.utf8CodeUnitCount else { return false }
        return bytes.withUnsafeBufferPointer { buffer in
            for offset in 0..<name.utf8CodeUnitCount {
                var byte = buffer[start + offset]
                if byte >= 0x41 && byte <= 0x5a { byte |= 0x20 }
                if byte != name.utf8Start[offset] { return false }
            }
            return true
        }
    }
}
