/// Where validations are remembered (R4).
public enum ValidationCacheKind: String, CaseIterable, Sendable {
    /// In this process.
    case memory
    /// Nowhere.
    case off
}
