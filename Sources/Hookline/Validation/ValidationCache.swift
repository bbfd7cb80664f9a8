import OpenSSL
import POSIX
import Synchronization

/// What tells one request from another, as a key of the validation cache: a keyed hash over
/// origin, target, body and signature, so that nobody outside can aim at an entry.
struct RequestFingerprint: Digest {
    let high: UInt64
    let low: UInt64

    init(_ digest: SHA256) { (high, low) = digest.prefix }

    /// Which of `count` shards holds it; a power of two.
    func shard(of count: Int) -> Int { Int(truncatingIfNeeded: high) & (count - 1) }
}

/// Where one request would stand in the cache: its fingerprint and the tokens' epoch.
struct CacheEntry: Sendable {
    let fingerprint: RequestFingerprint
    let epoch: UInt64
}

/// The memory tier of the validation cache: an entry says "validated and stored".
///
/// A hit is answered 200 without HMAC and without the store. Bounded; what was entered first is
/// forgotten first. An entry belongs to an epoch of the tokens, so that nothing that a removed
/// token has signed is found again. Any thread.
final class ValidationCache: Sendable {
    private struct Entry: BitwiseCopyable, Sendable {
        var untilNanoseconds: UInt64
        var epoch: UInt64
    }

    private struct Shard: Sendable {
        var entries = DigestMap<RequestFingerprint, Entry>()
        /// The keys in the order of their entry, as a ring.
        var order: [RequestFingerprint] = []
        var oldest = 0
    }

    /// One shard with its lock: a class, because a lock cannot be moved.
    private final class LockedShard: Sendable {
        let state = Mutex(Shard())
    }

    private static let shardCount = 16

    /// A secret block was hashed.
    private let keyed: SHA256
    private let liveNanoseconds: UInt64
    private let shardEntriesMax: Int
    private let shards: [LockedShard]

    /// `entriesMax` 0 switches the cache off. An entry takes 80 to 144 bytes.
    init(entriesMax: Int, liveNanoseconds: UInt64) {
        self.liveNanoseconds = liveNanoseconds
        shardEntriesMax = (entriesMax + Self.shardCount - 1) / Self.shardCount
        shards = (0..<Self.shardCount).map { _ in LockedShard() }
        var keyed = SHA256()
        keyed.update(RandomBytes.make(64))
        self.keyed = keyed
    }

    /// False when it was switched off.
    var isOn: Bool { shardEntriesMax > 0 }

    /// Entries now, those included whose time is over but that are not forgotten yet.
    var count: Int { shards.reduce(0) { $0 + $1.state.withLock { $0.entries.count } } }

    /// The fingerprint of a request.
    func fingerprint(of head: WebhookHead, body: [UInt8]) -> RequestFingerprint {
        var digest = keyed
        // The head's parts carry their lengths, so no two requests read the same.
        digest.update(head.signedBytes)
        digest.update(head.whole(.idempotencyToken))
        digest.update(body)
        return RequestFingerprint(digest)
    }

    /// Where a request would stand; nil when the cache is off, and for an event that may happen
    /// again: the store alone says when the same content is another event.
    func entry(of request: TwilioRequest, epoch: UInt64) -> CacheEntry? {
        guard isOn, request.kind.isNamed else { return nil }
        return CacheEntry(
            fingerprint: fingerprint(of: request.head, body: request.body), epoch: epoch)
    }

    /// True when the request was validated and stored not long ago, in this epoch.
    func contains(_ entry: CacheEntry, at now: UInt64) -> Bool {
        contains(entry.fingerprint, epoch: entry.epoch, at: now)
    }

    /// True when the request was validated and stored not long ago, in this epoch; `now` is the
    /// monotonic clock's.
    func contains(
        _ fingerprint: RequestFingerprint, epoch: UInt64, at now: UInt64 = MonotonicClock.now()
    ) -> Bool {
        shard(of: fingerprint).state.withLock { shard in
            guard let entry = shard.entries[fingerprint] else { return false }
            return entry.epoch == epoch && entry.untilNanoseconds > now
        }
    }

    /// Notes that a request was validated and is stored.
    func enter(_ entry: CacheEntry) { enter(entry.fingerprint, epoch: entry.epoch) }

    /// Notes that a request was validated in `epoch` and is stored.
    func enter(_ fingerprint: RequestFingerprint, epoch: UInt64) {
        guard isOn else { return }
        let entry = Entry(untilNanoseconds: MonotonicClock.now() + liveNanoseconds, epoch: epoch)
        shard(of: fingerprint).state.withLock { shard in
            guard shard.entries.update(fingerprint, entry) == nil else { return }
            if shard.order.count < shardEntriesMax {
                shard.order.append(fingerprint)
            } else {
                shard.entries.remove(shard.order[shard.oldest])
                shard.order[shard.oldest] = fingerprint
                shard.oldest = (shard.oldest + 1) % shardEntriesMax
            }
        }
    }

    private func shard(of fingerprint: RequestFingerprint) -> LockedShard {
        shards[fingerprint.shard(of: Self.shardCount)]
    }
}
