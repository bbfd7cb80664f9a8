import Testing

@testable import Hookline

@Suite struct DigestMapTests {
    private struct Key: Digest, Hashable {
        let high: UInt64
        let low: UInt64
    }

    /// Keys of which many have one place, at the end of the table too.
    private func key(_ random: inout SystemRandomNumberGenerator) -> Key {
        let lows: [UInt64] = [0, 1, 2, 14, 15, .max]
        let low = lows.randomElement(using: &random) ?? 0
        return Key(high: UInt64.random(in: 0..<12, using: &random), low: low)
    }

    @Test func `it holds what a dictionary holds, however keys collide`() {
        var random = SystemRandomNumberGenerator()
        var map = DigestMap<Key, Int>()
        var dictionary: [Key: Int] = [:]
        for step in 0..<20_000 {
            let key = key(&random)
            if Int.random(in: 0..<5, using: &random) < 2 {
                map.remove(key)
                dictionary[key] = nil
            } else {
                #expect(map.update(key, step) == dictionary.updateValue(step, forKey: key))
            }
            #expect(map.count == dictionary.count)
            let other = self.key(&random)
            #expect(map[other] == dictionary[other])
        }
        var all: [Key: Int] = [:]
        map.forEach { all[$0] = $1 }
        #expect(all == dictionary)
    }

    @Test func `it grows`() {
        var map = DigestMap<Key, Int>()
        for number in 0..<10_000 {
            map.update(Key(high: 0, low: UInt64(number) &* 0x9e37_79b9_7f4a_7c15), number)
        }
        #expect(map.count == 10_000)
        for number in 0..<10_000 {
            #expect(map[Key(high: 0, low: UInt64(number) &* 0x9e37_79b9_7f4a_7c15)] == number)
        }
        #expect(map[Key(high: 1, low: 0)] == nil)
    }
}
