import OpenSSL
import Synchronization

/// Asks the Redis tier of the validation cache before a commit: what another machine has
/// validated and stored is answered, everything else goes on. Any thread; nothing here blocks.
final class SharedValidationLookup: Sendable {
    private let cache: RedisValidationCache
    private let metrics: ReceiverMetrics
    private let commit: @Sendable ([PendingWebhook]) -> Void
    /// Those that another machine does not have, until they are committed together.
    private let missed = Mutex<[PendingWebhook]>([])

    /// `commit` takes those that go on; called on the link's thread, or on that of `pass`.
    init(
        _ cache: RedisValidationCache, metrics: ReceiverMetrics,
        commit: @escaping @Sendable ([PendingWebhook]) -> Void
    ) {
        self.cache = cache
        self.metrics = metrics
        self.commit = commit
    }

    /// Looks up verified webhooks, all with one wake-up of the link.
    func pass(_ batch: [PendingWebhook]) {
        let asked = batch.filter { $0.validationKey != nil }
        if asked.count < batch.count { commit(batch.filter { $0.validationKey == nil }) }
        guard !asked.isEmpty else { return }
        cache.lookup(keys: asked.map { $0.validationKey ?? [] }) { [self] index, result in
            judge(asked[index], result)
        }
        // Where Redis is not asked, all of them are there already.
        flush()
    }

    /// The key of a request that a token has proved: the same on every machine.
    func key(of request: TwilioRequest, provedBy token: HMACKey) -> [UInt8] {
        ValidationKeys(token: token)
            .key(
                of: SHA256.digest(
                    Array(request.head.signedBytes) + request.head.whole(.idempotencyToken)
                        + request.body))
    }

    /// Writes that a webhook was validated and stored.
    func store(key: [UInt8]) { cache.store(key: key) }

    /// Commits what is to go on. The link's thread, when it has completed what it had.
    func flush() {
        let batch = missed.withLock { missed in
            defer { missed = [] }
            return missed
        }
        if !batch.isEmpty { commit(batch) }
    }

    private func judge(_ pending: PendingWebhook, _ result: CacheResult) {
        metrics.cacheRequests[.redis, result].add(shard: metrics.backgroundShard)
        pending.receipt.validated()
        if result == .hit {
            pending.receipt.known()
        } else {
            missed.withLock { $0.append(pending) }
        }
    }
}
