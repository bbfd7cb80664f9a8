import POSIX
import Synchronization
import Testing

@Suite struct PromiseTests {
    @Test func `a value that was set is waited for by nobody`() {
        let promise = Promise<Int>()
        promise.set(7)
        #expect(promise.wait() == 7 && promise.wait() == 7)
        #expect(promise.wait(unless: { false }) == 7)
    }

    @Test func `a value that comes later wakes the waiter`() throws {
        let promise = Promise<String?>()
        let thread = OwnedThread()
        try thread.start(name: "setter") { promise.set(nil) }
        #expect(promise.wait() == nil)
        thread.join()
        thread.join()
    }

    @Test func `a waiter gives up at its time, and when it is told to`() {
        let promise = Promise<Int>()
        #expect(promise.wait(untilNanoseconds: MonotonicClock.now()) == nil)
        #expect(promise.wait(unless: { true }) == nil)
    }

    @Test func `a thread that was never started is joined at once`() { OwnedThread().join() }
}
