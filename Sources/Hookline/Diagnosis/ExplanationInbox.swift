import POSIX
import Synchronization

/// A request that was refused for its signature, with what the search for an explanation needs.
struct RefusedRequest: Sendable {
    /// The request as it arrived.
    let captured: CapturedRequest
    /// The client's address as resolved through trusted proxies: none may take all the room.
    let source: [UInt8]

    /// About how many bytes it holds.
    var bytes: Int {
        let request = captured.request
        return request.body.count + request.target.count + request.fields.contentBytes + 256
    }
}

/// What came of a request that was to be explained.
enum ExplanationOutcome: Sendable {
    /// It was examined: the hint may be `none`.
    case explained(MismatchExplanation)
    /// There was no room, or no time.
    case dropped
}

/// Requests on their way from event loops to the explaining thread, bounded in number and bytes.
final class ExplanationInbox: Sendable {
    /// One request and who wants to know.
    struct Entry: Sendable {
        let refused: RefusedRequest
        let completion: @Sendable (ExplanationOutcome) -> Void
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        var bytes = 0
        var isStopping = false
    }

    private let entriesMax: Int
    private let bytesMax: Int
    private let state = Mutex(State())
    private let bell = WakeSignal()
    /// Rings when it stops, and never else.
    private let stopBell = WakeSignal()

    init(entriesMax: Int, bytesMax: Int) {
        self.entriesMax = entriesMax
        self.bytesMax = bytesMax
    }

    /// Hands a request over; false when there is no room. Any thread.
    func add(_ entry: Entry) -> Bool {
        let bytes = entry.refused.bytes
        let isTaken = state.withLock { state in
            guard !state.isStopping, state.entries.count < entriesMax,
                state.bytes + bytes <= bytesMax
            else { return false }
            state.entries.append(entry)
            state.bytes += bytes
            return true
        }
        if isTaken { bell.ring() }
        return isTaken
    }

    /// Takes everything, waiting for something until `deadlineNanoseconds`. The explaining thread.
    func take(untilNanoseconds deadlineNanoseconds: UInt64?) -> (entries: [Entry], isLast: Bool) {
        var taken = taken()
        if taken.entries.isEmpty && !taken.isLast {
            bell.wait(untilNanoseconds: deadlineNanoseconds)
            taken = self.taken()
        }
        return taken
    }

    /// Lets more come before the next look at it; shorter when it stops. The explaining thread.
    ///
    /// Meanwhile nobody wakes that thread, which for each request of a flood would cost the event
    /// loop its processor.
    func gather(untilNanoseconds deadlineNanoseconds: UInt64) {
        if stopBell.wait(untilNanoseconds: deadlineNanoseconds) { stopBell.ring() }
    }

    /// Takes no more.
    func stop() {
        state.withLock { $0.isStopping = true }
        bell.ring()
        stopBell.ring()
    }

    private func taken() -> (entries: [Entry], isLast: Bool) {
        state.withLock { state in
            defer {
                state.entries = []
                state.bytes = 0
            }
            return (state.entries, state.isStopping)
        }
    }
}
