import Prometheus

/// Why a webhook is answered 503, or would be: the label `cause`.
enum UnavailableCause: String, LabelValue {
    /// The data folder's disk, or its quota, is full.
    case diskFull = "disk_full"
    /// The database is damaged.
    case storeDamaged = "store_damaged"
    /// Transactions fail for another reason.
    case storeFailing = "store_failing"
    /// An fsync failed: the process ends to recover.
    case storeBroken = "store_broken"
    /// Somebody took the data folder, or a file of the store, away.
    case folderGone = "folder_gone"
    /// A commit did not come in time, or the store thread does not turn.
    case storeLate = "store_late"
    /// As many deliveries are owed as may be.
    case queueFull = "queue_full"
    /// Too many webhooks wait for their commit or for the application.
    case overload
    /// There is no room for another request that nobody could verify in time.
    case unverifiedFull = "unverified_full"
    /// The source of tokens does not answer, and no token is known.
    case tokenSource = "token_source"
    /// The process is stopping.
    case stopping
    /// An event loop does not turn, or the store thread has ended.
    case process

    /// One sentence for people.
    var sentence: String {
        switch self {
        case .diskFull:
            "the disk of the data folder is full; make room, nothing needs a restart"
        case .storeDamaged: "the database is damaged"
        case .storeFailing: "the store fails to commit"
        case .storeBroken: "the store has failed; a restart fixes it"
        case .folderGone: "the data folder was removed or replaced"
        case .storeLate: "the store does not commit in time"
        case .queueFull: "as many messages wait for delivery as --queue-rows-max allows"
        case .overload: "too many webhooks wait to be stored"
        case .unverifiedFull: "too many requests wait for their account's token"
        case .tokenSource: "the source of tokens fails, and no token is known"
        case .stopping: "stopping"
        case .process: "a thread of the process has ended or hangs"
        }
    }

    /// From its place among all cases, 1 for the first; nil for 0.
    init?(place: Int) {
        guard place > 0 else { return nil }
        self = Self.allCases[place - 1]
    }

    /// Its place among all cases, 1 for the first.
    var place: Int { (Self.allCases.firstIndex(of: self) ?? 0) + 1 }
}
