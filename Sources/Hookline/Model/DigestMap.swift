/// 16 bytes of a cryptographic digest: any bits of it tell one from another.
protocol Digest: BitwiseCopyable, Equatable, Sendable {
    var high: UInt64 { get }
    var low: UInt64 { get }
}

/// A dictionary whose keys are digests, which need no hashing of their own: open addressing with
/// linear probing (Knuth, "The Art of Computer Programming", volume 3, section 6.4, algorithms L
/// and R), at most five eighths full, so that a power of two of entries and some more fit into
/// twice as many cells. It grows and does not shrink.
struct DigestMap<Key: Digest, Value: BitwiseCopyable & Sendable>: Sendable {
    private struct Cell: BitwiseCopyable, Sendable {
        let key: Key
        var value: Value
    }

    private var cells: [Cell?]
    /// Entries now.
    private(set) var count = 0

    /// An empty map.
    init() { cells = Array(repeating: nil, count: 16) }

    /// The value of a key.
    subscript(_ key: Key) -> Value? { cells[place(of: key)]?.value }

    /// Sets the value of a key; returns the one that it had.
    @discardableResult
    mutating func update(_ key: Key, _ value: Value) -> Value? {
        let place = place(of: key)
        let before = cells[place]
        cells[place] = Cell(key: key, value: value)
        if let before { return before.value }
        count += 1
        if count * 8 > cells.count * 5 { grow() }
        return nil
    }

    /// Forgets a key; one that is not there changes nothing.
    mutating func remove(_ key: Key) {
        var hole = place(of: key)
        guard cells[hole] != nil else { return }
        cells[hole] = nil
        count -= 1
        // What was moved on past the hole moves back into it.
        var place = hole
        while true {
            place = (place + 1) & mask
            guard let cell = cells[place] else { return }
            let home = home(of: cell.key)
            guard (place - home) & mask >= (place - hole) & mask else { continue }
            cells[hole] = cell
            cells[place] = nil
            hole = place
        }
    }

    /// Calls `body` with every entry, in no order.
    func forEach(_ body: (Key, Value) -> Void) {
        for case let cell? in cells { body(cell.key, cell.value) }
    }

    private var mask: Int { cells.count - 1 }

    private func home(of key: Key) -> Int { Int(truncatingIfNeeded: key.low) & mask }

    /// Where a key is, or would be put.
    private func place(of key: Key) -> Int {
        var place = home(of: key)
        while let cell = cells[place], cell.key != key { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let old = cells
        cells = Array(repeating: nil, count: 2 * old.count)
        for case let cell? in old { cells[place(of: cell.key)] = cell }
    }
}
