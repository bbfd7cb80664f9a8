import Synchronization

/// One delivery that this process has claimed from Redis.
struct RedisLease: Sendable {
    var priority: DeliveryPriority
    /// The entry's id in its stream.
    var entry: [UInt8]
    /// How often the entry was claimed; with this process's name it says whose the entry is.
    var deliveries: Int64
    /// Which try the next one is, from 1; a claim that ended with its process counts.
    var attempt: Int
    /// What is owed; nil when it cannot be read.
    var webhook: Webhook?
    /// When it began to be owed, by the queue's time; nil in an entry of an earlier version.
    var owedMilliseconds: Int64?
}

/// The deliveries that this process works on. Any thread.
///
/// Each has a number of its own, below zero, so that it is told apart from a row of SQLite.
final class RedisLeases: Sendable {
    private struct State: Sendable {
        var byNumber: [Int64: RedisLease] = [:]
        var last: Int64 = 0
    }

    /// How old they are.
    let ages = RedisAges()
    private let state = Mutex(State())

    /// How many there are.
    var count: Int { state.withLock { $0.byNumber.count } }

    /// Every one of a priority.
    func all(_ priority: DeliveryPriority) -> [RedisLease] {
        state.withLock { $0.byNumber.values.filter { $0.priority == priority } }
    }

    /// The lease of a number; nil when it has ended.
    subscript(number: Int64) -> RedisLease? { state.withLock { $0.byNumber[number] } }

    /// Notes a lease and returns its number.
    func add(_ lease: RedisLease) -> Int64 {
        state.withLock { state in
            state.last -= 1
            state.byNumber[state.last] = lease
            return state.last
        }
    }

    /// Ends a lease.
    func end(_ number: Int64) {
        state.withLock { _ = $0.byNumber.removeValue(forKey: number) }
    }
}
