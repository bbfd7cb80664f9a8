/// How much of the quarantine each source has, and which source has most. A value; every call
/// takes at most the logarithm of the number of sources.
///
/// A heap: a source's share is its rows and bytes, each as a part of its bound, added up. Among
/// equal shares the source that was longest without a new row comes first.
struct SourceShares: Sendable {
    /// One source's part.
    struct Share: Sendable, Equatable {
        var rows = 0
        var bytes = 0
    }

    private struct Entry: Sendable {
        let network: [UInt8]
        var share: Share
        var weight: Int
        var lastAdded: UInt64
    }

    private let rowsMax: Int
    private let bytesMax: Int
    private var heap: [Entry] = []
    private var positions: [[UInt8]: Int] = [:]
    private var clock: UInt64 = 0

    /// No sources; the bounds weigh rows against bytes.
    init(rowsMax: Int, bytesMax: Int) {
        self.rowsMax = max(1, rowsMax)
        self.bytesMax = max(1, bytesMax)
    }

    /// The number of sources that have a row.
    var count: Int { heap.count }

    /// The source with the largest share.
    var largest: [UInt8]? { heap.first?.network }

    /// What a source has.
    subscript(network: [UInt8]) -> Share {
        positions[network].map { heap[$0].share } ?? Share()
    }

    /// True when no source has a larger share than this one.
    func isLargest(_ network: [UInt8]) -> Bool {
        guard let position = positions[network] else { return heap.isEmpty }
        return heap[position].weight == heap[0].weight
    }

    /// Counts rows of a source.
    mutating func add(_ network: [UInt8], rows: Int = 1, bytes: Int) {
        clock += 1
        let position = positions[network] ?? append(network)
        heap[position].lastAdded = clock
        change(position, rows: rows, bytes: bytes)
    }

    /// Takes one row of a source out of the count.
    mutating func remove(_ network: [UInt8], bytes: Int) {
        guard let position = positions[network] else { return }
        change(position, rows: -1, bytes: -bytes)
    }

    private mutating func append(_ network: [UInt8]) -> Int {
        heap.append(Entry(network: network, share: Share(), weight: 0, lastAdded: clock))
        positions[network] = heap.count - 1
        return heap.count - 1
    }

    private mutating func change(_ position: Int, rows: Int, bytes: Int) {
        var share = heap[position].share
        share.rows += rows
        share.bytes += bytes
        heap[position].share = share
        heap[position].weight = share.rows * bytesMax + share.bytes * rowsMax
        if share.rows <= 0 {
            let last = heap.count - 1
            exchange(position, last)
            positions[heap[last].network] = nil
            heap.removeLast()
            guard position < heap.count else { return }
        }
        sink(rise(position))
    }

    private func isAbove(_ left: Int, _ right: Int) -> Bool {
        let (a, b) = (heap[left], heap[right])
        return a.weight == b.weight ? a.lastAdded < b.lastAdded : a.weight > b.weight
    }

    private mutating func rise(_ start: Int) -> Int {
        var position = start
        while position > 0, isAbove(position, (position - 1) / 2) {
            exchange(position, (position - 1) / 2)
            position = (position - 1) / 2
        }
        return position
    }

    private mutating func sink(_ start: Int) {
        var position = start
        while true {
            var top = position
            for child in [2 * position + 1, 2 * position + 2]
            where child < heap.count && isAbove(child, top) {
                top = child
            }
            if top == position { return }
            exchange(position, top)
            position = top
        }
    }

    private mutating func exchange(_ left: Int, _ right: Int) {
        guard left != right else { return }
        heap.swapAt(left, right)
        positions[heap[left].network] = left
        positions[heap[right].network] = right
    }
}
