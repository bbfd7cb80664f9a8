import POSIX
import Redis

/// What replicas have of what Redis has answered. Confined to the link's thread.
///
/// `WAIT` speaks of everything that its own connection has had answered before it, and of nothing
/// else: on another connection, perhaps to another master, it would confirm what it never saw. So
/// one is sent right behind a run of requests, their answers are held until its own comes, and
/// they are given up with the connection. `WAIT` holds up what is sent behind it; so there is
/// one at a time, and what comes meanwhile shares the next.
///
/// After one that fell short nobody waits any more: requests are sent, their outcome is unknown at
/// once, and a write of the link's own finds out from time to time whether the replicas are back.
struct RedisReplicaWait {
    /// What is demanded.
    struct Options: Sendable {
        /// Replicas that must have what was written; at least 1.
        var replicas: Int
        /// How long Redis waits for them; at least 1, for 0 is without end.
        var waitMilliseconds: Int
        /// The write by which replicas are tried; may fail.
        var trial: RedisCommand

        /// Asks for what was written before it.
        var wait: RedisCommand {
            RedisCommand("WAIT").with(replicas).with(max(1, waitMilliseconds))
        }

        /// How long the answer to `wait` may be kept back.
        var blockNanoseconds: UInt64 { UInt64(max(1, waitMilliseconds)) * 1_000_000 }
    }

    /// What became of the requests that waited for one `WAIT`.
    struct Verdict {
        /// Those that nobody was told of yet, and what Redis had answered.
        var held: [(request: RedisRequest, reply: RedisReply)]
        /// True when enough replicas have it all.
        var isConfirmed: Bool
        /// True when the verdict before was another.
        var isNews: Bool
    }

    /// Nil when replicas do not matter.
    let options: Options?
    /// True after a `WAIT` that fell short, until another does not.
    private(set) var isMissing = false
    /// The earliest deadline of the requests that are held; too early at worst.
    private(set) var nextDeadline: UInt64 = .max
    private var held: [(request: RedisRequest, reply: RedisReply)] = []
    private var isAsking = false
    private var nextTrialNanoseconds: UInt64 = 0
    private var backoff: Backoff

    init(_ options: Options?) {
        self.options = options
        let first = (options?.blockNanoseconds ?? 0) * 8
        backoff = Backoff(first: first, cap: first * 5)
    }

    /// True for a request whose answer does not suffice.
    func concerns(_ request: RedisRequest) -> Bool { options != nil && request.needsReplicas }

    /// True while requests that need replicas had better not be sent: Redis would not look at
    /// them, and the next `WAIT` can serve them all.
    var isBusy: Bool { isAsking && !isMissing }

    /// When a trial is due; the end of time when none is.
    var trialNanoseconds: UInt64 { isMissing && !isAsking ? nextTrialNanoseconds : .max }

    /// A `WAIT` was sent.
    mutating func asked() { isAsking = true }

    /// Redis has answered; its answer is held until that of `WAIT` comes.
    mutating func hold(_ request: RedisRequest, _ reply: RedisReply) {
        held.append((request, reply))
        nextDeadline = min(nextDeadline, request.deadlineNanoseconds)
    }

    /// `WAIT` was answered: with the number of replicas, or with an error.
    mutating func answered(_ reply: RedisReply, at now: UInt64) -> Verdict {
        let isEnough = (reply.integer ?? 0) >= Int64(options?.replicas ?? 0)
        let verdict = Verdict(held: held, isConfirmed: isEnough, isNews: isMissing == isEnough)
        release()
        isMissing = !isEnough
        if isEnough { backoff.reset() } else { nextTrialNanoseconds = now + backoff.next() }
        return verdict
    }

    /// Takes out those whose deadline has passed.
    mutating func expire(at now: UInt64) -> [RedisRequest] {
        guard now >= nextDeadline else { return [] }
        let late = held.filter { $0.request.deadlineNanoseconds <= now }
        held.removeAll { $0.request.deadlineNanoseconds <= now }
        nextDeadline = held.map(\.request.deadlineNanoseconds).min() ?? .max
        return late.map(\.request)
    }

    /// Gives up with the connection, and returns those that were held. A new one is tried at once.
    mutating func abandon() -> [RedisRequest] {
        defer {
            release()
            nextTrialNanoseconds = 0
        }
        return held.map(\.request)
    }

    private mutating func release() {
        held = []
        nextDeadline = .max
        isAsking = false
    }
}
