import Prometheus
import SQLite

/// Why a store operation failed, as the label `reason` of `hookline_store_errors_total`.
enum StoreFailure: String, CaseIterable, Sendable {
    case busy, full, sync, corrupt, access, other
    case inputOutput = "io"
    /// The commit took longer than the store's deadline.
    case deadline
    /// There was no room for another request that nobody could verify in time.
    case unverifiedFull = "unverified_full"

    init(_ reason: SQLiteError.Reason) {
        self =
            switch reason {
            case .busy: .busy
            case .full: .full
            case .sync: .sync
            case .inputOutput: .inputOutput
            // Ids only rise: that one is taken says that the tree of its table is damaged.
            case .corrupt, .constraint: .corrupt
            case .access: .access
            case .other: .other
            }
    }
}

extension StoreFailure: LabelValue {}

extension StoreFailure {
    /// What is told to whoever waits for a transaction that failed.
    var cause: UnavailableCause {
        switch self {
        case .full: .diskFull
        case .corrupt: .storeDamaged
        case .sync: .storeBroken
        case .deadline: .storeLate
        case .unverifiedFull: .unverifiedFull
        case .busy, .access, .other, .inputOutput: .storeFailing
        }
    }
}
