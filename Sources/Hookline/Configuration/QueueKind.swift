/// Where deliveries are queued.
public enum QueueKind: String, CaseIterable, Sendable {
    /// In the data folder: each machine has its own.
    case sqlite
    /// In Redis: machines share it, and each spools in its data folder while Redis is away.
    case redis
}
