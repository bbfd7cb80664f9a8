import Testing

@testable import Hookline

@Suite struct MonitorBucketsTests {
    /// Durations of every size, and those around every edge.
    private static var durations: [UInt64] {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<20_000).map { _ in
            UInt64.random(in: 0...UInt64.max, using: &generator) >> UInt64.random(in: 0...63)
        }
        let edges = (0..<MonitorBuckets.count).flatMap { index in
            let edge = MonitorBuckets.upperEdge(index)
            return [edge - 1, edge, edge + 1]
        }
        return random + edges + [0, 1, .max]
    }

    @Test func `a bucket's upper edge is never below a duration and at most a sixteenth above`() {
        let wrong = Self.durations.filter { duration in
            let index = MonitorBuckets.index(nanoseconds: duration)
            let edge = MonitorBuckets.upperEdge(index)
            guard duration <= 1 << 46 else { return index != MonitorBuckets.count - 1 }
            let isNear = duration <= 1024 ? edge == 1024 : (edge - duration) * 16 <= duration
            let isAbove = index == 0 || MonitorBuckets.upperEdge(index - 1) < duration
            return edge < duration || !isNear || !isAbove
        }
        #expect(wrong == [])
    }

    @Test func `edges rise and belong to the bucket below them`() {
        let edges = (0..<MonitorBuckets.count - 1).map(MonitorBuckets.upperEdge)
        #expect(zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 })
        for (index, edge) in edges.enumerated() {
            #expect(MonitorBuckets.index(nanoseconds: edge) == index)
            #expect(MonitorBuckets.index(nanoseconds: edge + 1) == index + 1)
        }
        #expect(edges.first == 1024 && edges.last == 1 << 46)
    }
}
