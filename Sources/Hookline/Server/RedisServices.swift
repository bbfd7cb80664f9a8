import POSIX
import Redis

/// Everything that is Redis's in the receiver: the tier of the validation cache that machines
/// share, the shared queue, and the spool in front of it.
final class RedisServices: Sendable {
    /// What Redis's part is connected with.
    struct Links: Sendable {
        /// Takes deliveries that were claimed from the shared queue.
        var claimed: @Sendable ([Delivery]) -> Void
        /// Takes webhooks to be committed.
        var commit: @Sendable ([PendingWebhook]) -> Void
        /// Takes webhooks that the shared queue does not have, or may not have.
        var fallBack: @Sendable ([PendingWebhook]) -> Void
        /// Lets the replies of a batch leave.
        var replied: @Sendable () -> Void
        /// Dead letters were deleted because they are too old or too many.
        var dropped: @Sendable ([DeadLetterDrop: Int]) -> Void
        /// The store that spools.
        var store: SQLiteQueue
    }

    /// The tier of the validation cache; nil without one.
    let validations: SharedValidationLookup?
    /// The shared queue; nil unless the queue is in Redis.
    let queue: RedisQueue?
    /// Drains the store into the queue; nil unless the queue is in Redis.
    let spool: Spool?
    private let cacheLink: RedisClient?

    /// Nothing connects before `start`.
    init(
        _ configuration: Configuration, _ paths: DataFolderPaths, _ metrics: ReceiverMetrics,
        _ log: Log, _ links: Links
    ) throws(StartupError) {
        guard let url = configuration.redis else {
            (validations, queue, spool, cacheLink) = (nil, nil, nil, nil)
            return
        }
        let credentials = try configuration.redisCredentials()
        do throws(RedisError) {
            if configuration.validationCacheInForce == .redis {
                let link = try RedisClient(
                    .cache(configuration, url, credentials), metrics: metrics.redis, log: log)
                let validations = SharedValidationLookup(
                    RedisValidationCache(
                        link,
                        timeToLiveMilliseconds: configuration.validationCacheTTL.milliseconds),
                    metrics: metrics, commit: links.commit)
                link.tell(
                    RedisClient.Callbacks(completed: {
                        validations.flush()
                        links.replied()
                    }))
                (self.validations, cacheLink) = (validations, link)
            } else {
                (validations, cacheLink) = (nil, nil)
            }
            guard configuration.queue == .redis else {
                (queue, spool) = (nil, nil)
                return
            }
            let identity = RedisConsumerName(path: paths.redisConsumer, log: log)
            let options = RedisQueue.Options(configuration, url, credentials, identity)
            let queue = try RedisQueue(
                options,
                callbacks: RedisQueue.Callbacks(
                    claimed: links.claimed,
                    replied: links.replied, unconfirmed: links.fallBack,
                    appended: { metrics.appended(nanoseconds: $0, $1) },
                    epochChanged: { identity.note(epoch: $0) }, dropped: links.dropped),
                metrics: metrics.redis, log: log, clock: links.store.clock)
            self.queue = queue
            spool = Spool(
                queue, store: links.store,
                budgetNanoseconds: configuration.redisQueueTimeout.nanoseconds * 4,
                owedMax: Int64(configuration.queueRowsMax))
        } catch {
            throw .redis("--redis: \(error)")
        }
    }

    /// Reads the shared queue's figures; nil unless the queue is in Redis.
    var readStatus: (@Sendable () -> RedisQueueStatus?)? {
        guard let queue else { return nil }
        return { queue.status }
    }

    /// Connects; a Redis that is away is looked for as long as the process runs.
    func start() throws(StartupError) {
        try StartupError.starting { () throws(POSIXError) in
            try cacheLink?.start()
            try queue?.start()
        }
    }

    /// Claims no more from the shared queue, and spools no more into it.
    func stopClaiming() {
        spool?.stop()
        queue?.stopClaiming()
    }

    /// Writes what became of claimed deliveries, until the deadline, and disconnects.
    func stop(deadlineNanoseconds: UInt64) {
        queue?.stop(deadlineNanoseconds: deadlineNanoseconds)
        cacheLink?.stop()
    }
}

extension RedisClient.Options {
    /// The link of the validation cache.
    static func cache(
        _ configuration: Configuration, _ url: RedisURL, _ credentials: RedisCredentials?
    ) -> RedisClient.Options {
        RedisClient.Options(
            role: .cache, name: "redis-cache", url: url, credentials: credentials,
            budgetNanoseconds: configuration.redisTimeout.nanoseconds)
    }
}

extension RedisQueue.Options {
    init(
        _ configuration: Configuration, _ url: RedisURL, _ credentials: RedisCredentials?,
        _ identity: RedisConsumerName
    ) {
        self.init(
            url: url, credentials: credentials,
            budgetNanoseconds: configuration.redisQueueTimeout.nanoseconds,
            dedupeRetentionMilliseconds: configuration.dedupeRetention.milliseconds,
            repeatMilliseconds: configuration.dedupeUnknownRetention.milliseconds,
            consumer: identity.name)
        validationMilliseconds = configuration.validationCacheTTL.milliseconds
        replicas = configuration.redisReplicas
        owedMax = Int64(configuration.queueRowsMax)
        deadLetters = DeadLetterLimits(configuration)
        predecessor = identity.predecessor
        knownEpoch = identity.knownEpoch
        if configuration.control == .shortLease { leaseMilliseconds = 2000 }
    }
}

extension Configuration {
    /// What is presented to Redis; reads the password file.
    func redisCredentials() throws(StartupError) -> RedisCredentials? {
        if let credentials = redis?.credentials { return credentials }
        guard let path = redisPasswordFile else {
            return redisPassword.map { RedisCredentials(user: redisUser, password: $0.bytes) }
        }
        let read: [UInt8]?
        do throws(POSIXError) {
            read = try Folder.read(path, bytesMax: 4096)
        } catch {
            throw .redis("--redis-password-file: cannot read \(path): \(error.message)")
        }
        guard var password = read else {
            throw .redis("--redis-password-file: there is no \(path)")
        }
        while let last = password.last, last == 0x0a || last == 0x0d { password.removeLast() }
        guard !password.isEmpty else { throw .redis("--redis-password-file: \(path) is empty") }
        return RedisCredentials(user: redisUser, password: password)
    }
}
