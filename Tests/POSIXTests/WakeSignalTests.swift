import Foundation
import Synchronization
import TestSupport
import Testing

@testable import POSIX

@Suite struct WakeSignalTests {
    @Test func `a ring before the wait is not lost, and several are one`() {
        let bell = WakeSignal()
        bell.ring()
        bell.ring()
        #expect(bell.wait(untilNanoseconds: nil))
        #expect(!bell.wait(untilNanoseconds: MonotonicClock.now() + 1_000_000))
    }

    @Test func `a deadline that has passed ends the wait at once`() {
        #expect(!WakeSignal().wait(untilNanoseconds: 0))
    }

    @Test func `no ring is lost between two threads`() throws {
        let bell = WakeSignal()
        let answer = WakeSignal()
        let thread = try WorkerThread.start(name: "ringer") {
            for _ in 0..<10_000 {
                bell.ring()
                answer.wait(untilNanoseconds: nil)
            }
        }
        var heard = 0
        for _ in 0..<10_000 where bell.wait(untilNanoseconds: MonotonicClock.now() + 10_000_000_000)
        {
            heard += 1
            answer.ring()
        }
        #expect(heard == 10_000)
        thread.join()
    }

    @Test func `a thread has its name and is joined once`() throws {
        let name = Mutex("")
        let thread = try WorkerThread.start(name: "a name that is too long") {
            let comm = FileManager.default.contents(atPath: "/proc/thread-self/comm") ?? Data()
            name.withLock { $0 = String(decoding: comm, as: UTF8.self) }
        }
        thread.join()
        thread.join()
        #expect(name.withLock { $0 } == "a name that is \n")
    }
}
