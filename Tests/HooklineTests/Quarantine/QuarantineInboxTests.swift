import Testing

@testable import Hookline

@Suite struct QuarantineInboxTests {
    private typealias Dropped = QuarantineInbox.Dropped

    private func inbox(_ change: (inout QuarantineInbox.Limits) -> Void = { _ in })
        -> QuarantineInbox
    {
        var limits = QuarantineInbox.Limits()
        change(&limits)
        return QuarantineInbox(limits: limits, seed: 1)
    }

    private func numbers(_ requests: [QuarantinedRequest]) -> [String] {
        requests.map { request in
            let form = String(decoding: request.request.body, as: UTF8.self)
            return String(form.dropFirst(13).prefix { $0 != "&" })
        }
    }

    @Test func `a lane takes n, and of n and one more it drops one`() {
        var inbox = inbox { $0.laneRowsMax = 5 }
        for number in 0..<5 {
            #expect(inbox.add(Refused.request(number), network: [1]) == nil)
        }
        #expect(
            inbox.add(Refused.request(5), network: [1]) == Dropped(reason: .sampled, count: 1))
        #expect(inbox.take(rowsMax: 100, bytesMax: .max).count == 5)
        #expect(inbox.isEmpty && inbox.bytes == 0)
    }

    @Test func `sources take turns, and one request is taken whatever its size`() {
        var inbox = inbox()
        for number in 0..<4 { _ = inbox.add(Refused.request(number), network: [1]) }
        _ = inbox.add(Refused.request(10), network: [2])
        _ = inbox.add(Refused.request(20), network: [3])
        _ = inbox.add(Refused.request(21), network: [3])
        #expect(numbers(inbox.take(rowsMax: 4, bytesMax: .max)) == ["0", "10", "20", "1"])
        #expect(numbers(inbox.take(rowsMax: 4, bytesMax: 1)) == ["21"])
        #expect(numbers(inbox.take(rowsMax: 4, bytesMax: .max)) == ["2", "3"])
        #expect(inbox.isEmpty)
    }

    @Test func `so many sources wait and not one more`() {
        var inbox = inbox { $0.lanesMax = 3 }
        for source in UInt8(1)...3 {
            #expect(inbox.add(Refused.request(1), network: [source]) == nil)
        }
        #expect(
            inbox.add(Refused.request(1), network: [4]) == Dropped(reason: .sources, count: 1))
        #expect(inbox.add(Refused.request(2), network: [1]) == nil)
        _ = inbox.take(rowsMax: 2, bytesMax: .max)
        #expect(inbox.add(Refused.request(1), network: [4]) == nil)
    }

    @Test func `what a full lane keeps is a fair sample of what came`() {
        var kept = [Int](repeating: 0, count: 100)
        for seed in 0..<2000 {
            var limits = QuarantineInbox.Limits()
            limits.laneRowsMax = 10
            var inbox = QuarantineInbox(limits: limits, seed: UInt64(seed))
            for number in 0..<100 { _ = inbox.add(Refused.request(number), network: [1]) }
            for number in numbers(inbox.take(rowsMax: 100, bytesMax: .max)) {
                kept[Int(number) ?? 0] += 1
            }
        }
        // 200 are expected of each; the standard deviation is 13.4.
        #expect(kept.allSatisfy { (120...280).contains($0) }, "\(kept)")
    }

    @Test func `when memory is short the longest lane gives way and the others stay`() {
        let size = Refused.request(0).byteCount
        var inbox = inbox { $0.bytesMax = 12 * size + size / 2 }
        for number in 0..<12 { _ = inbox.add(Refused.request(number % 10), network: [1]) }
        #expect(inbox.bytes == 12 * size)
        for number in 0..<6 {
            #expect(
                inbox.add(Refused.request(number), network: [2])
                    == Dropped(reason: .inboxFull, count: 1))
        }
        #expect(inbox.bytes == 12 * size)
        let taken = inbox.take(rowsMax: 100, bytesMax: .max)
        #expect(taken.count == 12)
        // The newcomer took from the longest until both had half: none of its own was dropped.
        #expect(inbox.isEmpty)
    }

    @Test func `a request that is larger than all memory is dropped and leaves nothing behind`() {
        var inbox = inbox { $0.bytesMax = 100 }
        #expect(
            inbox.add(Refused.request(0, bodyBytes: 200), network: [1])
                == Dropped(reason: .inboxFull, count: 1))
        #expect(inbox.isEmpty && inbox.bytes == 0)
    }

    @Test func `a flood stays within its bounds and costs no other source anything`() {
        var inbox = inbox()
        for number in 0..<20 {
            #expect(inbox.add(Refused.request(number), network: [9, UInt8(number)]) == nil)
        }
        for number in 0..<100_000 {
            let request = Refused.request(number, bodyBytes: number % 7 == 0 ? 60_000 : 300)
            let dropped = inbox.add(request, network: [1])
            #expect(inbox.bytes <= 2 << 20)
            #expect(dropped.map { $0.count == 1 } ?? true)
        }
        let first = numbers(inbox.take(rowsMax: 21, bytesMax: .max))
        #expect(Set((0..<20).map { "\($0)" }).isSubset(of: first))
    }

    @Test func `proven requests stand in a queue of their own with a bound of its own`() {
        let size = Refused.request(0).byteCount
        var inbox = inbox { $0.provenBytesMax = 3 * size }
        for number in 0..<3 {
            let isTaken = inbox.add(proven: Refused.request(number), hint: "scheme")
            #expect(isTaken)
        }
        let isTaken = inbox.add(proven: Refused.request(3), hint: "scheme")
        #expect(!isTaken)
        let taken = inbox.takeProven(rowsMax: 2, bytesMax: .max).requests
        #expect(numbers(taken.map(\.request)) == ["0", "1"])
        #expect(inbox.takeProven(rowsMax: 9, bytesMax: 1).requests.count == 1)
        #expect(inbox.isEmpty)
    }

    @Test func `proofs are bounded and the oldest goes`() {
        var inbox = inbox { $0.proofsMax = 2 }
        for number in 0..<3 {
            inbox.add(proof: Refused.request(number).fingerprint, hint: "\(number)")
        }
        #expect(inbox.takeProven(rowsMax: 1, bytesMax: 1).proofs.map(\.hint) == ["1", "2"])
        #expect(inbox.isEmpty)
    }
}
