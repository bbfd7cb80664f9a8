/// Writes the native buckets of a histogram message: schema, zero bucket, and the populated
/// buckets as spans with the differences of their counts.
enum NativeBucketsMessage {
    private typealias Writer = ProtobufWriter

    /// So many empty buckets between two populated ones cost less as counts than as a new span.
    private static let gapMax = 2

    /// Appends the fields 5, 6, 7, 12 and 13; `page.cells` holds the counts of all cells.
    static func append(_ native: HistogramLayout.NativeView, to page: inout ExpositionPage) {
        count(native, in: &page)
        let buckets = native.buckets
        let reduction = reduction(native, page.natives)
        Writer.field(5, zigZag: Int64(buckets.schema - reduction), to: &page.bytes)
        Writer.field(6, double: NativeHistograms.zeroThreshold, to: &page.bytes)
        Writer.field(7, unsigned: page.natives[0], to: &page.bytes)
        let runs = Runs(counts: page.natives, indices: buckets.indices, reduction: reduction)
        spans(runs, to: &page.bytes)
        deltas(runs, to: &page.bytes)
    }

    /// Adds the cells of each native bucket up.
    private static func count(
        _ native: HistogramLayout.NativeView, in page: inout ExpositionPage
    ) {
        page.natives.removeAll(keepingCapacity: true)
        var cell = 0
        for last in native.lastCells {
            var count: UInt64 = 0
            while cell <= last {
                count &+= page.cells[cell]
                cell += 1
            }
            page.natives.append(count)
        }
    }

    /// By how many schemas the buckets must be coarser so that there are not too many. Counts
    /// only grow, so this does too: a server sees a schema that falls, never a count.
    private static func reduction(
        _ native: HistogramLayout.NativeView, _ counts: [UInt64]
    ) -> Int {
        var reduction = 0
        while native.buckets.schema - reduction > -4 {
            var populated = 0
            var runs = Runs(counts: counts, indices: native.buckets.indices, reduction: reduction)
            while runs.next() != nil { populated += 1 }
            if populated <= native.bucketsMax { break }
            reduction += 1
        }
        return reduction
    }

    private static func spans(_ runs: Runs, to out: inout [UInt8]) {
        var runs = runs
        guard let first = runs.next() else { return }
        var span = (offset: first.index, length: 1)
        var last = first.index
        while let run = runs.next() {
            let gap = run.index - last - 1
            if gap <= gapMax {
                span.length += gap + 1
            } else {
                append(span, to: &out)
                span = (offset: gap, length: 1)
            }
            last = run.index
        }
        append(span, to: &out)
    }

    private static func append(_ span: (offset: Int, length: Int), to out: inout [UInt8]) {
        let message = Writer.begin(12, in: &out)
        Writer.field(1, zigZag: Int64(span.offset), to: &out)
        Writer.field(2, unsigned: UInt64(span.length), to: &out)
        Writer.end(message, in: &out)
    }

    private static func deltas(_ runs: Runs, to out: inout [UInt8]) {
        var runs = runs
        var last: (index: Int, count: Int64)?
        while let run = runs.next() {
            let count = Int64(truncatingIfNeeded: run.count)
            if let (index, before) = last {
                let gap = run.index - index - 1
                var level = before
                if gap > 0 && gap <= gapMax {
                    Writer.field(13, zigZag: -level, to: &out)
                    for _ in 1..<gap { Writer.field(13, zigZag: 0, to: &out) }
                    level = 0
                }
                Writer.field(13, zigZag: count - level, to: &out)
            } else {
                Writer.field(13, zigZag: count, to: &out)
            }
            last = (run.index, count)
        }
    }

    /// Walks over the populated buckets of a schema that may be coarser than that of the counts.
    private struct Runs {
        let counts: [UInt64]
        let indices: [Int]
        let reduction: Int
        /// Behind the zero bucket.
        private var place = 1

        init(counts: [UInt64], indices: [Int], reduction: Int) {
            self.counts = counts
            self.indices = indices
            self.reduction = reduction
        }

        mutating func next() -> (index: Int, count: UInt64)? {
            while place < counts.count, counts[place] == 0 { place += 1 }
            guard place < counts.count else { return nil }
            let index = NativeBuckets.index(indices[place], reducedBy: reduction)
            var count: UInt64 = 0
            while place < counts.count,
                NativeBuckets.index(indices[place], reducedBy: reduction) == index
            {
                count &+= counts[place]
                place += 1
            }
            return (index, count)
        }
    }
}

extension ExpositionPage {
    /// Reads all cells of a child, once; returns the number of its observations.
    mutating func read(
        _ histogram: HistogramCells, _ layout: HistogramLayout, _ child: Int
    ) -> UInt64 {
        cells.removeAll(keepingCapacity: true)
        var count: UInt64 = 0
        for cell in 0..<layout.cells {
            let value = histogram.cell(cell, child: child)
            cells.append(value)
            count &+= value
        }
        return count
    }
}
