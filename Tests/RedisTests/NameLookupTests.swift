import Dispatch
import TestSupport
import Testing

@testable import Redis

@Suite struct NameLookupTests {
    private let waker: RedisWaker

    init() throws { waker = try RedisWaker() }

    private func soon() -> UInt64 { RedisClock.now() + 20_000_000_000 }

    @Test(arguments: ["127.0.0.1", "::1"])
    func `a numeric address needs no lookup`(address: String) throws {
        let lookup = NameLookup(address, waker: waker) { _ in .failure(.unresolved("asked")) }
        #expect(lookup.result == .success([address]))
    }

    @Test func `a name has the addresses that the system knows`() throws {
        let lookup = NameLookup("localhost", waker: waker)
        #expect(waker.wait(untilNanoseconds: soon()))
        let addresses = try #require(lookup.result).get()
        #expect(addresses.contains("127.0.0.1") || addresses.contains("::1"))
    }

    @Test func `a name that is none has no address`() throws {
        let lookup = NameLookup("no such host", waker: waker)
        #expect(waker.wait(untilNanoseconds: soon()))
        #expect(throws: RedisError.self) { _ = try #require(lookup.result).get() }
    }

    @Test func `a resolver that hangs holds up nobody but its thread`() throws {
        let release = DispatchSemaphore(value: 0)
        let lookup = NameLookup("slow.example", waker: waker) { _ in
            release.wait()
            return .success(["192.0.2.1"])
        }
        #expect(!waker.wait(untilNanoseconds: RedisClock.now() + 20_000_000))
        #expect(lookup.result == nil)
        release.signal()
        #expect(waker.wait(untilNanoseconds: soon()))
        #expect(lookup.result == .success(["192.0.2.1"]))
    }
}
