import OpenSSL
import POSIX
import Synchronization

/// The destinations that webhooks are forwarded to, each with its own worker and thread: one that
/// is slow or away holds no other.
final class ForwardingServices: Sendable {
    /// Where deliveries come from and what becomes of webhooks in immediate processing.
    struct Links: Sendable {
        /// The queue as one destination meets it.
        var queue: @Sendable (DestinationNumber) -> any DeliverySource
        var fallback: CommitFallback
    }

    /// In the order of `Configuration.destinationList`; what is only in that list is held.
    let workers: [DeliveryWorker]
    /// Those whose TwiML is carried out, each with what makes replies of it.
    let applications: [ReplyApplication]
    private let names: [String]
    private let fallback = SetOnce<CommitFallback>()
    private let threads = Mutex<[WorkerThread]>([])

    init(
        _ configuration: Configuration, _ clock: StoreClock, _ tokens: Tokens,
        _ marks: InstallationMarks, _ metrics: ReceiverMetrics, _ log: Log
    ) {
        let destinations = configuration.destinations
        let isOnlyDefault = destinations.count == 1 && destinations[0].name == .standard
        let unsigned = Notice.unsigned(metrics, log)
        names = destinations.map(\.name.text)
        let notices = ReplyNotices(log)
        var applications: [ReplyApplication] = []
        workers = destinations.enumerated().map { index, settings in
            var options = DeliveryWorker.Options(settings, configuration, clock)
            options.destination = DestinationNumber(index)
            options.name = isOnlyDefault ? nil : settings.name.text
            let http = HTTPDestination(
                settings, configuration, tokens: tokens, marks: marks, unsigned: unsigned)
            let application = http.flatMap {
                ReplyApplication($0, configuration, metrics.replies, notices)
            }
            if let application { applications.append(application) }
            let isAsked = isOnlyDefault && configuration.destinationEntries.isEmpty
            return DeliveryWorker(
                options: options,
                destination: http
                    ?? LogDestination(log: log, name: isAsked ? nil : settings.name.text),
                metrics: metrics, log: log, replies: application?.recorder)
        }
        self.applications = applications
    }

    /// Connects the workers; before `start`.
    func connect(_ links: Links) {
        fallback.set(links.fallback)
        for (index, worker) in workers.enumerated() {
            worker.connect(
                DeliveryWorker.Links(
                    queue: links.queue(DestinationNumber(index)), fallback: links.fallback))
        }
    }

    /// Starts a thread for each destination.
    func start() throws(POSIXError) {
        for (worker, name) in zip(workers, names) {
            let thread = try WorkerThread.start(
                name: workers.count == 1 ? "forwarding" : String("fwd-\(name)".prefix(15))
            ) { worker.run() }
            threads.withLock { $0.append(thread) }
        }
    }

    /// Hands claimed deliveries to their workers. A thread of the queue.
    func take(_ deliveries: [Delivery]) {
        guard workers.count > 1 else { return workers[0].take(deliveries) }
        for (index, worker) in workers.enumerated() {
            let own = deliveries.filter { $0.destination.index == index }
            if !own.isEmpty { worker.take(own) }
        }
    }

    /// Has a webhook forwarded at once to all that it is for.
    func forwardNow(_ pending: PendingWebhook, deadlineNanoseconds: UInt64) {
        for number in pending.webhook.destinations {
            if workers.indices.contains(number.index) {
                workers[number.index].forwardNow(pending, deadlineNanoseconds: deadlineNanoseconds)
            } else {
                // Nobody is there to take what no rule takes.
                fallback.value?.immediateEnded(pending, at: number, taken: false)
            }
        }
    }

    /// Begins no attempt any more but those of immediate processing.
    func drain() { for worker in workers { worker.drain() } }

    /// Lets attempts under way come to their end, until the deadline.
    func stop(deadlineNanoseconds: UInt64) {
        for worker in workers { worker.stop(deadlineNanoseconds: deadlineNanoseconds) }
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    /// Attempts that are under way. Any thread.
    var attemptsUnderWay: Int { workers.reduce(0) { $0 + $1.attemptsUnderWay } }

    /// Attempts of deliveries that may be under way now. Any thread.
    var attemptsAllowed: Int { workers.reduce(0) { $0 + $1.attemptsAllowed } }
}

extension DeliveryWorker.Options {
    init(_ settings: DestinationSettings, _ configuration: Configuration, _ clock: StoreClock) {
        self.init(
            concurrencyMax: settings.concurrency,
            immediateConcurrencyMax: configuration.immediateConcurrencyMax,
            retryPolicy: RetryPolicy(
                initialMilliseconds: settings.retryInitial.milliseconds,
                factor: settings.retryFactor, capMilliseconds: settings.retryCap.milliseconds,
                retryAfterMaxMilliseconds: settings.retryAfterMax.milliseconds,
                windowMilliseconds: settings.retryWindow.milliseconds,
                refusals: Set(settings.refusalStatuses),
                refusalAttempts: settings.refusalAttempts),
            clock: clock, rate: settings.rate)
        // A log takes everything at once: what counts there is how much one claim brings.
        if case .log = settings.target { concurrencyMax *= 4 }
    }
}

extension HTTPDestination {
    /// Nil for a destination that is no URL.
    init?(
        _ settings: DestinationSettings, _ configuration: Configuration, tokens: Tokens,
        marks: InstallationMarks = InstallationMarks(), unsigned: Notice
    ) {
        guard case .url(let url) = settings.target else { return nil }
        self.init(
            url: url, tokens: tokens,
            connectTimeoutMilliseconds: Int(settings.connectTimeout.milliseconds),
            timeoutMilliseconds: Int(settings.timeout.milliseconds),
            parametersMax: configuration.parametersMax, marks: marks, unsigned: unsigned,
            headers: settings.headers, certificates: settings.certificates,
            signingKey: settings.signingToken.map { HMACKey($0.bytes) },
            allowsLinkLocal: settings.allowsLinkLocal,
            keepsAnswers: configuration.twimlReplies == .relay)
    }
}

/// The queue in SQLite as one destination meets it.
struct SQLiteSource: DeliverySource {
    let queue: SQLiteQueue
    let destination: DestinationNumber

    func want(_ count: Int) { queue.want(count, for: destination) }

    func bringForward() { queue.bringForward(for: destination) }

    func record(_ changes: [DeliveryChange]) { queue.record(changes) }
}
