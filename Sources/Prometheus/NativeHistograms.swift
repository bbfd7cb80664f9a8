import Glibc

/// That histograms also have native buckets, and how fine
/// (https://prometheus.io/docs/specs/native_histograms/).
public struct NativeHistograms: Sendable {
    /// Each power of two is divided into 2^schema buckets; from -4 to 8.
    public let schema: Int
    /// Populated buckets of one histogram that are exposed, at most; a histogram with more is
    /// exposed with the next coarser schema that keeps to it.
    public let bucketsMax: Int

    /// The coarsest schema in which a bucket's upper bound is at most `factor` times its lower
    /// one: 1.1 gives schema 3. The factor is above 1.
    public init(factor: Double, bucketsMax: Int = 160) {
        precondition(factor > 1 && bucketsMax > 0, "a factor above 1 and at least one bucket")
        let level = log2(log2(factor)).rounded(.down)
        schema = Int(max(-4, min(8, -level)))
        self.bucketsMax = bucketsMax
    }

    /// Observations up to this are in the zero bucket: 2^-128, which is below any that a
    /// histogram over whole numbers of steps can tell from 0.
    static let zeroThreshold = 0x1p-128
}

/// The native buckets of one schema as far as observed integers reach.
struct NativeBuckets: Sendable {
    /// The schema of `indices`.
    let schema: Int
    /// The largest integers of all buckets, rising. The first is 0, the zero bucket's; the last
    /// is not below `Histogram.largest`.
    let edges: [UInt64]
    /// The index of each bucket: bucket i ends at 2^(i / 2^schema). The zero bucket has none;
    /// its element is a placeholder.
    let indices: [Int]

    /// Computes all buckets that one step up to the largest observation can fall into.
    init(schema: Int, unit: HistogramUnit) {
        var edges: [UInt64] = [0]
        var indices = [0]
        // The last bucket that ends before one step.
        var index = Int((log2(unit.bound(1)) * exp2(Double(schema))).rounded(.down)) - 1
        repeat {
            index += 1
            let upper = exp2(Double(index) * exp2(Double(-schema))) * unit.stepsPerUnit
            // Several buckets may end before the same integer: it belongs to the first of them.
            let whole = UInt64(min(upper, 0x1p63))
            if whole > edges[edges.count - 1] {
                edges.append(whole)
                indices.append(index)
            }
        } while edges[edges.count - 1] < Histogram.largest
        self.schema = schema
        self.edges = edges
        self.indices = indices
    }

    /// The index, in a schema coarser by `reduction`, of the bucket with this index.
    static func index(_ index: Int, reducedBy reduction: Int) -> Int {
        ((index - 1) >> reduction) + 1
    }
}
