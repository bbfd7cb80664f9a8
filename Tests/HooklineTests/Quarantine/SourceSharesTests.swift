import Testing

@testable import Hookline

@Suite struct SourceSharesTests {
    @Test func `the largest share is always first, whatever comes and goes`() {
        var shares = SourceShares(rowsMax: 100, bytesMax: 1000)
        var rows: [UInt8: [Int]] = [:]
        var random = SplitMix(state: 1)
        for _ in 0..<3000 {
            let source = UInt8(random.below(30))
            if random.below(5) < 3 {
                let bytes = random.below(100)
                rows[source, default: []].append(bytes)
                shares.add([source], bytes: bytes)
            } else if let bytes = rows[source]?.popLast() {
                if rows[source]?.isEmpty == true { rows[source] = nil }
                shares.remove([source], bytes: bytes)
            }
            func weight(_ source: UInt8) -> Int {
                let own = rows[source] ?? []
                return own.count * 1000 + own.reduce(0, +) * 100
            }
            let largest = rows.keys.map(weight).max()
            #expect(shares.count == rows.count)
            #expect(shares.largest.map { weight($0[0]) } == largest)
            #expect(shares[[source]].rows == rows[source]?.count ?? 0)
            #expect(shares[[source]].bytes == rows[source]?.reduce(0, +) ?? 0)
            #expect(
                shares.isLargest([source])
                    == (largest == nil || weight(source) == largest && rows[source] != nil))
        }
    }

    @Test func `among equals the one without a new row for longest comes first`() {
        var shares = SourceShares(rowsMax: 10, bytesMax: 10)
        for source in [UInt8(3), 1, 2] { shares.add([source], bytes: 1) }
        #expect(shares.largest == [3])
        shares.remove([3], bytes: 1)
        #expect(shares.largest == [1])
    }

    @Test func `bytes weigh against rows by their bounds`() {
        var shares = SourceShares(rowsMax: 100, bytesMax: 1000)
        shares.add([1], rows: 10, bytes: 100)
        shares.add([2], rows: 1, bytes: 190)
        #expect(shares.largest == [1])
        shares.add([2], bytes: 20)
        #expect(shares.largest == [2])
    }
}
