/// The beginnings of sample lines, up to and with the space before the number, in one array.
struct LinePrefixes: Sendable {
    private var bytes: [UInt8] = []
    /// Line n ends at `ends[n]`.
    private var ends: [Int] = []

    /// Adds a line of a sample with these labels, each written as `name="value"`.
    mutating func add(_ name: String, _ labels: [String]) {
        let set = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
        bytes += Array("\(name)\(set) ".utf8)
        ends.append(bytes.count)
    }

    /// Appends the beginning of a line.
    func append(_ line: Int, to out: inout [UInt8]) {
        let start = line == 0 ? 0 : ends[line - 1]
        out.append(contentsOf: bytes[start..<ends[line]])
    }
}
