import POSIX
import SQLite
import Synchronization

/// Short pieces of work that other threads leave to the store thread, which does one of them
/// between two commits. Long work is cut into such pieces by whoever wants it done.
final class StoreTasks: Sendable {
    /// What a piece of work may do.
    enum Access: Sendable {
        /// Look.
        case reading
        /// Change, in one durable transaction of its own.
        case writing
    }

    /// One piece of work.
    struct Job: Sendable {
        let access: Access
        let run: @Sendable (DeliveryStore) throws(SQLiteError) -> Void
        /// Called once, when it is done and committed, or why it is not.
        let finish: @Sendable (StoreTaskFailure?) -> Void
    }

    private struct State: Sendable {
        var waiting: [Job] = []
        var closed: StoreTaskFailure?
    }

    private static let waitingMax = 16
    private let state = Mutex(State())

    /// Leaves a piece of work; false when the store takes none, and `finish` was told why.
    func leave(_ job: Job) -> Bool {
        let refused = state.withLock { state -> StoreTaskFailure? in
            if let closed = state.closed { return closed }
            guard state.waiting.count < Self.waitingMax else { return .late }
            state.waiting.append(job)
            return nil
        }
        if let refused { job.finish(refused) }
        return refused == nil
    }

    /// The next piece of work. The store thread.
    func next() -> Job? {
        state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }

    /// Takes no more and refuses what waits. The store thread, at its end.
    func close(_ failure: StoreTaskFailure) {
        let left = state.withLock { state in
            state.closed = state.closed ?? failure
            defer { state.waiting = [] }
            return state.waiting
        }
        for job in left { job.finish(failure) }
    }
}

/// Why a piece of work was not done.
enum StoreTaskFailure: Error, Sendable, Equatable {
    /// The store did not come to it in time; a change may still be made later.
    case late
    /// The server is stopping.
    case stopped
    /// The store failed, for this reason; nothing was changed.
    case failed(StoreFailure)
}

extension SQLiteQueue {
    /// Notes that everything was written before the store was closed. The store thread.
    func noteClean(_ store: DeliveryStore) {
        var mark = store.mark
        mark.isClean = true
        let marker = marker.withLock { $0 }
        marker?.note(mark)
        // What was not made durable makes a later loss look smaller, and loses nothing.
        try? marker?.sync()
    }

    /// How long a piece of work waits for the store thread, which a hanging disk may hold.
    private static let jobMilliseconds: UInt64 = 10_000

    /// Has a piece of work done by the store thread and waits for its result. Any thread but the
    /// store's and the event loops'.
    func perform<Value: Sendable>(
        _ access: StoreTasks.Access,
        _ body: @escaping @Sendable (DeliveryStore) throws(SQLiteError) -> Value
    ) throws(StoreTaskFailure) -> Value {
        let result = Promise<Value>()
        let ended = Promise<StoreTaskFailure?>()
        let job = StoreTasks.Job(
            access: access,
            run: { store throws(SQLiteError) in result.set(try body(store)) },
            finish: { ended.set($0) })
        if jobs.leave(job) { bell.ring() }
        let deadline = MonotonicClock.now() + Self.jobMilliseconds * 1_000_000
        guard let failure = ended.wait(untilNanoseconds: deadline) else { throw .late }
        if let failure { throw failure }
        // It is there: it was set before the end was.
        return result.wait()
    }
}
