import MicroHTTP
import POSIX
import Synchronization
import TestSupport

@testable import Hookline

/// Requests and stores for tests of the quarantine.
enum Refused {
    /// A refused request of a source; another `number` is another request.
    static func request(
        _ number: Int, source: [UInt8] = [10, 0, 0, 1],
        reason: QuarantineReason = .invalidSignature, bodyBytes: Int = 0, received: Int64 = 1000
    ) -> QuarantinedRequest {
        var fields = HTTPFields()
        fields.append(name: "Host".utf8, value: "hooks.example.com".utf8)
        fields.append(name: "X-Twilio-Signature".utf8, value: "signature \(number)".utf8)
        fields.append(
            name: "Content-Type".utf8, value: "application/x-www-form-urlencoded".utf8)
        let form = "MessageSid=SM\(number)&From=%2B15005550006&Body="
        let body = Array(form.utf8) + [UInt8](repeating: 0x78, count: bodyBytes)
        return QuarantinedRequest(
            HTTPRequest(
                method: .post, target: Array("/webhook/whatsapp".utf8), fields: fields,
                body: body, peer: source),
            reason: reason, source: source, receivedMilliseconds: received)
    }

    /// What it takes of the bound of bytes.
    static func bytes(of request: QuarantinedRequest) -> Int {
        RequestRecord.head(of: request.request).count + request.request.body.count
    }

    /// A quarantine over nothing.
    static func quarantine(
        rowsMax: Int = 10_000, bytesMax: Int = 64 << 20, retention: Int64 = .max / 2,
        folder: String = "/", metrics: ReceiverMetrics? = nil
    ) -> Quarantine {
        Quarantine(
            options: Quarantine.Options(
                rowsMax: rowsMax, bytesMax: bytesMax, retentionMilliseconds: retention,
                folder: folder),
            metrics: metrics ?? ReceiverMetrics(eventLoops: 1, thresholdSeconds: []))
    }
}

/// A store with its thread, as in a running server.
final class LiveStore: Sendable {
    let group: SQLiteQueue
    let quarantine: Quarantine
    let metrics = ReceiverMetrics(eventLoops: 1, thresholdSeconds: [])
    private let thread = Mutex<WorkerThread?>(nil)

    /// Opens a store and starts its thread.
    init(
        path: String, owedMax: Int = 1_000_000, rowsMax: Int = 1_000_000,
        gatherNanoseconds: UInt64 = 5_000_000,
        claimed: @escaping @Sendable ([Delivery]) -> Void = { _ in },
        dropped: @escaping @Sendable ([DeadLetterDrop: Int]) -> Void = { _ in },
        configure: (inout SQLiteQueue.Options) -> Void = { _ in }
    ) throws {
        var options = SQLiteQueue.Options(
            path: path, batchRowsMax: 512, waitingMax: 4096, owedMax: owedMax,
            checkpointBytes: 32 << 20, unverifiedMax: UnverifiedRows.Size(),
            dedupeRetentionMilliseconds: .max / 2)
        configure(&options)
        group = SQLiteQueue(
            options: options,
            callbacks: SQLiteQueue.Callbacks(
                replied: {}, claimed: claimed, verify: { _, _, _ in .undecided },
                awaited: { _ in }, failed: { _ in }, unwritten: { _ in }, dropped: dropped,
                broken: { _ in }),
            metrics: metrics)
        quarantine = Refused.quarantine(
            rowsMax: rowsMax, bytesMax: 1 << 40, metrics: metrics)
        let opened = Promise<String?>()
        let started = try WorkerThread.start(name: "store") { [group, quarantine] in
            do {
                let store = try DeliveryStore(path: path, clock: group.clock)
                var thread = StoreThread(
                    store: store, group: group, quarantine: quarantine,
                    gatherNanoseconds: gatherNanoseconds)
                opened.set(nil)
                thread.run()
            } catch {
                opened.set("\(error)")
            }
        }
        thread.withLock { $0 = started }
        if let failure = opened.wait() { throw ChildProcess.Failure(failure) }
    }

    /// Writes what waits and ends the thread.
    func stop() {
        group.stop()
        thread.withLock { $0.take() }?.join()
    }

    deinit { stop() }
}

/// Notes what became of a webhook.
final class NotedReceipt: WebhookReceipt {
    let outcome = Mutex<String?>(nil)

    func validated() {}
    func known() { outcome.withLock { $0 = "known" } }
    func stored(in store: StoreName) { outcome.withLock { $0 = "stored" } }
    func deferred() { outcome.withLock { $0 = "deferred" } }
    func duplicate(in store: StoreName) { outcome.withLock { $0 = "duplicate" } }
    func taken() { outcome.withLock { $0 = "taken" } }
    func unavailable(_ cause: UnavailableCause) { outcome.withLock { $0 = "unavailable" } }
}

/// Webhooks for tests of the store.
enum Genuine {
    /// An inbound message.
    static func webhook(_ sid: String, received: Int64 = 1000) -> Webhook {
        Webhook(
            kind: .message, priority: .normal,
            identity: Identity(account: [0x41], messageSID: Array(sid.utf8)[...]),
            receivedMilliseconds: received,
            head: WebhookHead(
                sample: [
                    "https://hooks.example.com", "/webhook/whatsapp?tenant=7",
                    "application/x-www-form-urlencoded", "signature", "", "A", sid,
                ]), body: Array("From=%2B15005550006&Body=hi".utf8))
    }
}
