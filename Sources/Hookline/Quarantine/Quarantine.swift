import MicroHTTP
import POSIX
import Synchronization

/// Keeps refused requests: Twilio never sends again what was answered 403, so a mistake in
/// the configuration would lose messages. They can be released once it is mended.
///
/// Here is the way in, for any thread: never blocking, at the same cost for every request, and
/// bounded. The store thread writes what waits here when no webhook does (`QuarantineWriter`).
final class Quarantine: Sendable {
    /// The bounds of what is kept.
    struct Options: Sendable {
        /// Requests; 0 keeps none.
        var rowsMax: Int
        /// Bytes of heads and bodies.
        var bytesMax: Int
        /// How long after its receipt a request is kept.
        var retentionMilliseconds: Int64
        /// The data folder, whose last room is the queue's.
        var folder: String
        /// Bounds of what waits in memory.
        var inbox = QuarantineInbox.Limits()
    }

    let options: Options
    let status = QuarantineStatus()
    private let metrics: ReceiverMetrics
    private let inbox: Mutex<QuarantineInbox>
    private let wake = SetOnce<@Sendable () -> Void>()

    init(options: Options, metrics: ReceiverMetrics) {
        self.options = options
        self.metrics = metrics
        inbox = Mutex(QuarantineInbox(limits: options.inbox))
    }

    /// Says how the store thread is woken, before it starts. One that takes the place of another,
    /// whose database was damaged, is woken in the same way.
    func connect(wake: @escaping @Sendable () -> Void) {
        if self.wake.value == nil { self.wake.set(wake) }
    }

    /// Offers a refused request. Any thread.
    func offer(_ request: QuarantinedRequest) {
        guard options.rowsMax > 0 else { return }
        guard request.byteCount <= options.bytesMax else { return drop(.tooLarge) }
        let network = ClientAddress.network(of: request.source)
        let (dropped, wasEmpty) = inbox.withLock { inbox in
            let wasEmpty = inbox.isEmpty
            return (inbox.add(request, network: network), wasEmpty)
        }
        if let dropped { drop(dropped.reason, dropped.count) }
        if wasEmpty { ring() }
    }

    /// Keeps a request that would have been genuine under another configuration, ahead of
    /// everything that is not proven; `hint` is a fixed word for what is wrong. It need not have
    /// been offered before. False when there is no room at the moment: then it counts as proven
    /// where it is kept, or waits, since it was offered. Any thread.
    @discardableResult
    func prove(_ request: QuarantinedRequest, hint: String) -> Bool {
        guard options.rowsMax > 0, request.byteCount <= options.bytesMax else { return false }
        let isKept = inbox.withLock { $0.add(proven: request, hint: hint) }
        if isKept { ring() } else { prove(request.fingerprint, hint: hint) }
        return isKept
    }

    /// Marks a request that was offered before as proven, if it is kept. Any thread.
    func prove(_ fingerprint: Identity, hint: String) {
        guard options.rowsMax > 0 else { return }
        inbox.withLock { $0.add(proof: fingerprint, hint: hint) }
        ring()
    }

    /// Proven requests that were taken and not written wait again, ahead of all others. The store
    /// thread.
    func putBack(_ proven: [QuarantineInbox.Proven]) {
        guard !proven.isEmpty else { return }
        inbox.withLock { $0.putBack(proven) }
    }

    /// Looks at, or takes from, what waits. The store thread.
    func withInbox<Value: Sendable>(_ body: (inout sending QuarantineInbox) -> sending Value)
        -> Value
    {
        inbox.withLock(body)
    }

    /// Counts requests that are not, or no longer, kept. Any thread.
    func drop(_ reason: QuarantineDrop, _ count: Int = 1) {
        metrics.quarantineDropped[reason].add(UInt64(count), shard: metrics.backgroundShard)
    }

    private func ring() { wake.value?() }
}
