import POSIX
import Redis
import Synchronization

/// One connection role with a thread of its own: takes commands from any thread, sends them
/// without waiting for the answers to earlier ones, and answers every request by its deadline.
///
/// No caller ever waits on Redis here: a request is a call and its completion. While the breaker
/// is open, or too many requests wait, the completion is called at once.
final class RedisClient: Sendable {
    /// What a link is made of.
    struct Options: Sendable {
        /// The label of its metrics.
        var role: RedisRole
        /// The name of its thread and of its connection in Redis's CLIENT LIST; at most 15 bytes.
        var name: String
        /// Which Redis.
        var url: RedisURL
        /// What is presented to it.
        var credentials: RedisCredentials?
        /// How long an answer may take.
        var budgetNanoseconds: UInt64
        /// How much longer the connection is kept waiting for an answer that is late already.
        var graceNanoseconds: UInt64 = 250_000_000
        /// Requests that wait or are unanswered.
        var pendingMax = 4096
        /// Commands that are sent without an answer.
        var unansweredMax = 1024
        /// Bytes that wait for the kernel to take them, beyond which nothing is added.
        var unsentBytesMax = 4 << 20
        /// An idle connection is looked at as often as this.
        var checkNanoseconds: UInt64 = 1_000_000_000
        /// Sent first on every connection; may fail.
        var prepare: [RedisCommand] = []
        /// Part of every check; must succeed.
        var probe: [RedisCommand] = []
        /// Errors that say that Redis is not fit for use, rather than that a command is wrong.
        var failures: Set<ServerError.Kind> = RedisClient.unfit
        /// What requests that need replicas demand; nil when they are answered like any other.
        var replication: RedisReplicaWait.Options?
        /// When the link stops asking.
        var breaker = CircuitBreaker.Options()
        /// How long one sentinel may take to say where the master is.
        var sentinelNanoseconds: UInt64 = 250_000_000
        /// Looks up the host's name, on a thread of its own.
        var resolver: NameLookup.Resolver = { NameLookup.addresses(of: $0) }
    }

    /// Whom the link tells; all are called on its thread.
    struct Callbacks: Sendable {
        /// A new connection is fit for use.
        var connected: @Sendable () -> Void = {}
        /// Requests were completed and nothing more is to be completed at this moment.
        var completed: @Sendable () -> Void = {}
    }

    /// What waits for the thread.
    struct Inbox: Sendable {
        var requests: [RedisRequest] = []
        var isStopping = false
    }

    /// The errors by which no command of any kind can be expected to work.
    static let unfit: Set<ServerError.Kind> = [
        .loading, .readOnly, .masterDown, .misconfigured, .authentication, .permission, .replicas,
        .busy,
    ]

    let options: Options
    let metrics: RedisMetrics
    let log: Log
    let waker: RedisWaker
    let inbox = Mutex(Inbox())
    private let pendingRequests = Atomic<Int>(0)
    private let open = Atomic<Bool>(false)
    private let up = Atomic<Bool>(false)
    private let replicated = Atomic<Bool>(true)
    private let thread = OwnedThread()
    private let listener = SetOnce<Callbacks>()

    init(_ options: Options, metrics: RedisMetrics, log: Log) throws(RedisError) {
        self.options = options
        self.metrics = metrics
        self.log = log
        waker = try RedisWaker()
        metrics.link(options.role, options.name, isUp: false, isOpen: false)
    }

    /// True while Redis is not asked.
    var isOpen: Bool { open.load(ordering: .relaxed) }

    /// Requests that wait or are unanswered.
    var pending: Int { pendingRequests.load(ordering: .relaxed) }

    /// True while a connection stands and its last check was good.
    var isUp: Bool { up.load(ordering: .relaxed) }

    /// False while requests that need replicas have no known outcome, for want of replicas.
    var isReplicated: Bool { replicated.load(ordering: .relaxed) }

    /// Whom the link tells.
    var callbacks: Callbacks { listener.value ?? Callbacks() }

    /// Says whom the link tells; before `start()`.
    func tell(_ callbacks: Callbacks) { listener.set(callbacks) }

    /// Starts the thread, which connects at once.
    func start() throws(POSIXError) {
        try thread.start(name: options.name) {
            var thread = RedisClientThread(self)
            thread.run()
        }
    }

    /// Sends a request. Any thread; never blocks.
    func send(_ request: RedisRequest) { send([request]) }

    /// Sends several requests with one wake-up. Any thread; never blocks.
    func send(_ requests: [RedisRequest]) {
        guard !requests.isEmpty else { return }
        let room = options.pendingMax - pending
        guard !isOpen, room >= requests.count else {
            return refuse(requests, isOpen ? .breakerOpen : .full)
        }
        pendingRequests.add(requests.count, ordering: .relaxed)
        let (isTaken, wasEmpty) = inbox.withLock { inbox in
            guard !inbox.isStopping else { return (false, false) }
            defer { inbox.requests.append(contentsOf: requests) }
            return (true, inbox.requests.isEmpty)
        }
        guard isTaken else {
            pendingRequests.subtract(requests.count, ordering: .relaxed)
            return refuse(requests, .stopping)
        }
        if wasEmpty { waker.ring() }
    }

    /// Takes no more requests, answers those it has by their deadlines, and ends the thread.
    func stop() {
        inbox.withLock { $0.isStopping = true }
        waker.ring()
        thread.join()
    }

    /// Calls a request's completion. The link's thread.
    func complete(_ request: RedisRequest, _ outcome: RedisOutcome) {
        pendingRequests.subtract(1, ordering: .relaxed)
        metrics.completed(options.role, outcome)
        request.completion(outcome)
    }

    /// Says how the link stands. The link's thread.
    func publish(isUp: Bool, isOpen: Bool) {
        up.store(isUp, ordering: .relaxed)
        open.store(isOpen, ordering: .relaxed)
        metrics.link(options.role, options.name, isUp: isUp, isOpen: isOpen)
    }

    /// Says whether replicas get what is written. The link's thread.
    func publish(isReplicated: Bool, error: ServerError?) {
        replicated.store(isReplicated, ordering: .relaxed)
        guard !isReplicated else {
            return log.write(
                LogLine(.info, "replicas of Redis confirm again").with("link", options.name))
        }
        metrics.fellShort()
        log.write(
            LogLine(.warning, "too few replicas of Redis confirm what is written")
                .with("link", options.name).with("demanded", options.replication?.replicas ?? 0)
                .with("error", error?.message ?? "they did not answer in time"))
    }

    private func refuse(_ requests: [RedisRequest], _ failure: RedisFailure) {
        for request in requests {
            metrics.completed(options.role, .notSent(failure))
            request.completion(.notSent(failure))
        }
    }
}
