/// Where validations are remembered.
public enum ValidationCacheKind: String, CaseIterable, Sendable {
    /// In Redis, for all machines, and in this process before it.
    case redis
    /// In this process.
    case memory
    /// Nowhere.
    case off
}
