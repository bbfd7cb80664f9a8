import Testing

@testable import Hookline

@Suite struct ValidationCacheTests {
    private func head(
        origin: String = "https://h", target: String = "/x", signature: String = "s",
        traceParent: String = ""
    ) -> WebhookHead {
        WebhookHead(sample: [origin, target, "a/b", signature, traceParent, "A", "SM"])
    }

    private func fingerprint(_ cache: ValidationCache, _ number: Int) -> RequestFingerprint {
        cache.fingerprint(of: head(), body: Array("\(number)".utf8))
    }

    @Test func `R4 what was entered is found, and nothing else`() {
        let cache = ValidationCache(entriesMax: 1000, liveNanoseconds: 60_000_000_000)
        cache.enter(fingerprint(cache, 1), epoch: 7)
        #expect(cache.contains(fingerprint(cache, 1), epoch: 7))
        #expect(!cache.contains(fingerprint(cache, 2), epoch: 7))
        // Tokens have changed since.
        #expect(!cache.contains(fingerprint(cache, 1), epoch: 8))
        #expect(cache.count == 1)
    }

    @Test func `an entry ends with its time to live`() {
        let cache = ValidationCache(entriesMax: 1000, liveNanoseconds: 0)
        cache.enter(fingerprint(cache, 1), epoch: 0)
        #expect(!cache.contains(fingerprint(cache, 1), epoch: 0))
    }

    @Test func `origin, target, signature and body tell requests apart, the trace does not`() {
        let cache = ValidationCache(entriesMax: 1000, liveNanoseconds: 60_000_000_000)
        let first = cache.fingerprint(of: head(), body: [1])
        #expect(first == cache.fingerprint(of: head(traceParent: "00-1"), body: [1]))
        for other in [
            cache.fingerprint(of: head(origin: "http://h"), body: [1]),
            cache.fingerprint(of: head(target: "/y"), body: [1]),
            cache.fingerprint(of: head(signature: "t"), body: [1]),
            cache.fingerprint(of: head(), body: [2]),
            cache.fingerprint(of: head(target: "/xs", signature: ""), body: [1]),
        ] { #expect(other != first) }
        // Another process, another key.
        let second = ValidationCache(entriesMax: 1000, liveNanoseconds: 1)
        #expect(second.fingerprint(of: head(), body: [1]) != first)
    }

    @Test func `the cache is bounded and forgets the earliest first`() {
        let cache = ValidationCache(entriesMax: 160, liveNanoseconds: 60_000_000_000)
        for number in 0..<10_000 { cache.enter(fingerprint(cache, number), epoch: 0) }
        #expect(cache.count == 160)
        let last = (9_700..<10_000).count { cache.contains(fingerprint(cache, $0), epoch: 0) }
        #expect(last > 120)
        #expect((0..<5_000).allSatisfy { !cache.contains(fingerprint(cache, $0), epoch: 0) })
        // Entering what is there takes no room.
        for _ in 0..<1000 { cache.enter(fingerprint(cache, 9_999), epoch: 0) }
        #expect((9_700..<10_000).count { cache.contains(fingerprint(cache, $0), epoch: 0) } == last)
    }
}
