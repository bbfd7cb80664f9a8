import POSIX
import Synchronization
import TestSupport
import Testing

@testable import Hookline

@Suite struct ExplanationInboxTests {
    private func entry(_ name: String) throws -> ExplanationInbox.Entry {
        var call = SimulatedCall()
        call.form = [("Body", name)]
        return ExplanationInbox.Entry(
            refused: RefusedRequest(
                captured: CapturedRequest(try call.signed().http), source: [1]),
            completion: { _ in })
    }

    @Test func `what comes while more is gathered wakes nobody and is taken together`() throws {
        let inbox = ExplanationInbox(entriesMax: 10, bytesMax: 1 << 20)
        let taken = Mutex<(count: Int, isLast: Bool)?>(nil)
        let thread = try WorkerThread.start(name: "gathering") {
            inbox.gather(untilNanoseconds: MonotonicClock.now() + 60_000_000_000)
            let (entries, isLast) = inbox.take(untilNanoseconds: nil)
            taken.withLock { $0 = (entries.count, isLast) }
        }
        for number in 0..<3 { #expect(inbox.add(try entry("\(number)"))) }
        #expect(!eventually(seconds: 0.3) { taken.withLock { $0 } != nil })
        // A stop does not wait for the minute.
        inbox.stop()
        thread.join()
        let found = taken.withLock { $0 }
        #expect(found?.count == 3 && found?.isLast == true)
    }

    @Test func `what is there when gathering ends is taken without another ring`() throws {
        let inbox = ExplanationInbox(entriesMax: 10, bytesMax: 1 << 20)
        #expect(inbox.add(try entry("1")))
        #expect(inbox.take(untilNanoseconds: nil).entries.count == 1)
        #expect(inbox.add(try entry("2")))
        inbox.gather(untilNanoseconds: MonotonicClock.now() + 1_000_000)
        #expect(inbox.take(untilNanoseconds: nil).entries.count == 1)
    }
}
