import POSIX
import Redis

/// The work of a link's thread. Confined to that thread, and never blocked but in one wait whose
/// end is the nearest deadline.
struct RedisClientThread: ~Copyable {
    private let link: RedisClient
    private var connection: RedisConnection?
    private var addresses: RedisServerAddresses
    private var pipeline = RedisPipeline()
    private var replication: RedisReplicaWait
    private var waiting = RedisPendingRequests()
    private var check: RedisHealthCheck?
    private var isGreeted = false
    private var breaker: CircuitBreaker
    private var nextCheckNanoseconds: UInt64 = 0
    private var nextTimeoutNanoseconds: UInt64 = 0
    private var hasCompleted = false
    private var replies: [RedisReply] = []
    private let callbacks: RedisClient.Callbacks

    private var options: RedisClient.Options { link.options }

    init(_ link: RedisClient) {
        self.link = link
        callbacks = link.callbacks
        breaker = CircuitBreaker(link.options.breaker)
        replication = RedisReplicaWait(link.options.replication)
        addresses = RedisServerAddresses(link.options, waker: link.waker)
    }

    /// Turns until the link is stopped and nobody waits any more.
    mutating func run() {
        while true {
            let isStopping = takeInbox()
            expire(MonotonicClock.now())
            if isStopping && waiting.isEmpty && pipeline.isEmpty { break }
            advance(MonotonicClock.now())
            if hasCompleted {
                hasCompleted = false
                callbacks.completed()
            }
            wait()
        }
        link.publish(isUp: false, isOpen: breaker.isOpen)
        if hasCompleted { callbacks.completed() }
    }

    private mutating func takeInbox() -> Bool {
        let (requests, isStopping) = link.inbox.withLock { inbox in
            defer { inbox.requests = [] }
            return (inbox.requests, inbox.isStopping)
        }
        waiting.append(requests)
        return isStopping
    }

    /// Answers those whose deadline has passed.
    private mutating func expire(_ now: UInt64) {
        let late = pipeline.expire(at: now)
        for request in late + replication.expire(at: now) { complete(request, .unknown(.timeout)) }
        // A hiccup makes many requests late at once: within one budget they are one failure.
        if !late.isEmpty && now >= nextTimeoutNanoseconds {
            nextTimeoutNanoseconds = now + options.budgetNanoseconds
            noteFailure(now)
        }
        for request in waiting.expire(at: now) { complete(request, .notSent(.timeout)) }
    }

    /// Does whatever can be done without waiting.
    private mutating func advance(_ now: UInt64) {
        if let overdue = pipeline.overdueNanoseconds(patience: patience), now >= overdue {
            breaker.overran(at: now)
            fail(.timeout, now)
        }
        if breaker.isOpen { refuseWaiting(.breakerOpen) }
        if connection == nil {
            if !breaker.isOpen || breaker.probeIsDue(at: now) { connect(now) }
        } else if isGreeted && breaker.isOpen {
            if breaker.probeIsDue(at: now) && check == nil {
                begin(RedisHealthCheck(of: options, at: now), now)
            }
        } else if isGreeted {
            if now >= replication.trialNanoseconds { askReplicas(now, isTrial: true) }
            send(now)
            if pipeline.isEmpty && now >= nextCheckNanoseconds {
                begin(RedisHealthCheck(of: options, at: now), now)
            }
        }
    }

    /// How long the connection may leave its first command unanswered.
    private var patience: UInt64 { options.budgetNanoseconds + options.graceNanoseconds }

    private mutating func send(_ now: UInt64) {
        var (sent, areHeld) = (0, false)
        let isBusy = replication.isBusy
        for request in waiting.requests {
            let isHeld = replication.concerns(request) && !replication.isMissing
            guard pipeline.count < options.unansweredMax, !(isHeld && isBusy),
                connection?.unsentBytes ?? 0 < options.unsentBytesMax
            else { break }
            enqueue(request.command, .request(request), now, isHeld: isHeld)
            areHeld = areHeld || isHeld
            sent += 1
        }
        waiting.removeFirst(sent)
        if areHeld { askReplicas(now) }
    }

    private mutating func askReplicas(_ now: UInt64, isTrial: Bool = false) {
        guard let demanded = replication.options else { return }
        if isTrial { enqueue(demanded.trial, .trial, now) }
        enqueue(demanded.wait, .replicas(blockNanoseconds: demanded.blockNanoseconds), now)
        replication.asked()
    }

    private mutating func enqueue(
        _ command: RedisCommand, _ purpose: RedisPipeline.Purpose, _ now: UInt64,
        isHeld: Bool = false
    ) {
        guard let end = connection?.enqueue(command) else { return }
        pipeline.append(
            RedisPipeline.Entry(
                purpose: purpose, sentNanoseconds: now, endOfBytes: end, isHeld: isHeld))
    }

    private mutating func connect(_ now: UInt64) {
        do throws(RedisError) {
            guard let endpoint = try addresses.next(at: now, patience: patience) else { return }
            connection = try RedisConnection(to: endpoint)
            isGreeted = false
            begin(RedisHealthCheck(greeting: options, at: now), now)
        } catch {
            fail(error, now)
        }
    }

    private mutating func begin(_ check: RedisHealthCheck, _ now: UInt64) {
        nextCheckNanoseconds = now + options.checkNanoseconds
        for (step, command) in check.commands { enqueue(command, .check(step), now) }
        self.check = check
    }

    private mutating func wait() {
        let deadline = wakeNanoseconds
        guard connection != nil else {
            link.waker.wait(untilNanoseconds: deadline)
            return
        }
        var failure: RedisError?
        do throws(RedisError) {
            try connection?.exchange(
                untilNanoseconds: deadline, waker: link.waker, into: &replies)
        } catch {
            failure = error
        }
        let now = MonotonicClock.now()
        for reply in replies { answered(reply, now) }
        replies.removeAll(keepingCapacity: true)
        if let failure, connection != nil { fail(failure, now) }
    }

    private var wakeNanoseconds: UInt64 {
        var wake = min(waiting.nextDeadline, pipeline.nextDeadline, replication.nextDeadline)
        if let overdue = pipeline.overdueNanoseconds(patience: patience) {
            wake = min(wake, overdue)
        }
        if connection == nil, let deadline = addresses.deadlineNanoseconds {
            wake = min(wake, deadline)
        } else if breaker.isOpen {
            if check == nil { wake = min(wake, breaker.nextProbe) }
        } else if connection == nil {
            wake = 0
        } else if isGreeted {
            if pipeline.isEmpty { wake = min(wake, nextCheckNanoseconds) }
            wake = min(wake, replication.trialNanoseconds)
        }
        return wake
    }

    private mutating func answered(_ reply: RedisReply, _ now: UInt64) {
        guard let entry = pipeline.answered(at: now) else { return }
        switch entry.purpose {
        case .check(let step):
            check?.judge(reply, step)
            if let check, check.isComplete { ended(check, now) }
        case .request(let request):
            let took = now - min(now, entry.sentNanoseconds)
            link.metrics.answered(options.role, nanoseconds: took, isLate: entry.isLate)
            nextCheckNanoseconds = now + options.checkNanoseconds
            if !entry.isLate { conclude(request, reply, isHeld: entry.isHeld) }
            if let kind = reply.firstError?.kind, options.failures.contains(kind) {
                noteFailure(now)
            } else if took <= options.budgetNanoseconds + entry.blockNanoseconds {
                breaker.succeeded()
            }
        case .replicas:
            let verdict = replication.answered(reply, at: now)
            // Who hears that an outcome is unknown can ask whether that is so for everybody.
            if verdict.isNews {
                link.publish(isReplicated: verdict.isConfirmed, error: reply.firstError)
            }
            for (request, reply) in verdict.held {
                complete(request, verdict.isConfirmed ? .reply(reply) : .unknown(.notReplicated))
            }
        case .trial:
            break
        }
    }

    /// What was refused is not there to be replicated.
    private mutating func conclude(_ request: RedisRequest, _ reply: RedisReply, isHeld: Bool) {
        if case .error = reply {
            complete(request, .reply(reply))
        } else if isHeld {
            replication.hold(request, reply)
        } else {
            let isShort = replication.concerns(request)
            complete(request, isShort ? .unknown(.notReplicated) : .reply(reply))
        }
    }

    private mutating func ended(_ check: RedisHealthCheck, _ now: UInt64) {
        self.check = nil
        if let failure = check.failure { return fail(failure, now) }
        let took = now - min(now, check.startedNanoseconds)
        // The first check on a connection includes the way there.
        let isInTime = check.isGreeting || took <= options.budgetNanoseconds
        if check.isGreeting {
            isGreeted = true
            link.metrics.connected(options.role)
        }
        if breaker.isOpen {
            if isInTime { breaker.probeSucceeded(at: now) } else { breaker.probeFailed(at: now) }
            if !breaker.isOpen {
                link.log.write(
                    LogLine(.info, "Redis is fit for use again").with("link", options.name))
            }
        } else if isInTime {
            breaker.succeeded()
        } else {
            noteFailure(now)
        }
        guard connection != nil else { return }
        publish(isUp: isInTime)
        if check.isGreeting { callbacks.connected() }
    }

    /// One more failure in a row; when it opens the breaker, the connection is given up.
    private mutating func noteFailure(_ now: UInt64) {
        breaker.failed(at: now)
        if breaker.isOpen && connection != nil { drop(.closed) }
    }

    /// The connection failed, or could not be made.
    private mutating func fail(_ error: RedisError, _ now: UInt64) {
        link.metrics.connectionFailed(options.role, error.reason)
        // A server may close a connection that nobody uses.
        let wasIdle = isGreeted && check == nil && pipeline.isEmpty
        if breaker.isOpen {
            breaker.probeFailed(at: now)
        } else if !wasIdle {
            breaker.failed(at: now)
        }
        drop(RedisFailure(error), error)
    }

    private mutating func drop(_ failure: RedisFailure, _ error: RedisError? = nil) {
        let sentBytes = connection?.sentBytes ?? 0
        connection = nil
        isGreeted = false
        check = nil
        replies = []
        addresses.failed()
        let (unknown, unsent) = pipeline.abandon(sentBytes: sentBytes)
        let held = replication.abandon()
        publish(isUp: false)
        for request in unknown + held { complete(request, .unknown(failure)) }
        waiting.putBack(unsent)
        if breaker.isOpen { refuseWaiting(.breakerOpen) }
        let (name, isOpen) = (options.name, breaker.isOpen)
        link.log.writeSampled(.warning) {
            LogLine(.warning, "a connection to Redis was given up").with("link", name)
                .with("error", error.map { "\($0)" } ?? "too many answers were late or refused")
                .with("breaker", isOpen ? "open" : "closed")
        }
    }

    private mutating func refuseWaiting(_ failure: RedisFailure) {
        for request in waiting.removeAll() { complete(request, .notSent(failure)) }
    }

    private mutating func complete(_ request: RedisRequest, _ outcome: RedisOutcome) {
        hasCompleted = true
        link.complete(request, outcome)
    }

    private func publish(isUp: Bool) { link.publish(isUp: isUp, isOpen: breaker.isOpen) }
}
