/// The requests of a link that were not sent yet, in their order. Confined to the link's thread.
struct RedisPendingRequests {
    /// The first to be sent is the first.
    private(set) var requests: [RedisRequest] = []
    /// The earliest deadline; too early at worst.
    private(set) var nextDeadline: UInt64 = .max

    /// True when there is none.
    var isEmpty: Bool { requests.isEmpty }

    /// New ones came.
    mutating func append(_ more: [RedisRequest]) {
        requests.append(contentsOf: more)
        noteDeadlines(of: more)
    }

    /// Some that were taken out come back, ahead of all others.
    mutating func putBack(_ unsent: [RedisRequest]) {
        requests.insert(contentsOf: unsent, at: 0)
        noteDeadlines(of: unsent)
    }

    /// The first so many were sent.
    mutating func removeFirst(_ count: Int) {
        requests.removeFirst(count)
        if requests.isEmpty { nextDeadline = .max }
    }

    /// Takes all out.
    mutating func removeAll() -> [RedisRequest] {
        defer { self = RedisPendingRequests() }
        return requests
    }

    /// Takes out those whose deadline has passed.
    mutating func expire(at now: UInt64) -> [RedisRequest] {
        guard now >= nextDeadline else { return [] }
        let expired = requests.filter { $0.deadlineNanoseconds <= now }
        requests.removeAll { $0.deadlineNanoseconds <= now }
        nextDeadline = .max
        noteDeadlines(of: requests)
        return expired
    }

    private mutating func noteDeadlines(of some: [RedisRequest]) {
        for request in some { nextDeadline = min(nextDeadline, request.deadlineNanoseconds) }
    }
}
