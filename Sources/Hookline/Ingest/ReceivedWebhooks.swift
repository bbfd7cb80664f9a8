import Synchronization

/// What one loop received in its present turn.
final class ReceivedWebhooks: Sendable {
    private let webhooks = Mutex<[PendingWebhook]>([])

    func add(_ webhook: PendingWebhook) { webhooks.withLock { $0.append(webhook) } }

    func take() -> [PendingWebhook] {
        webhooks.withLock { webhooks in
            defer { webhooks = [] }
            return webhooks
        }
    }
}
