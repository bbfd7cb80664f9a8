import Prometheus

/// Why a delivery was given up.
enum DeadLetterReason: String, LabelValue {
    /// The application answered 410.
    case gone
    /// The application refused it, with a status that no retry changes, more than once.
    case refused
    /// The retry window is over.
    case expired
    /// Its stored row cannot be read.
    case damaged
    /// Its stored row is not what was written: its checksum does not match.
    case corrupt
    /// Every process that worked on it ended.
    case poison
}

/// Why a dead letter is kept no longer.
enum DeadLetterDrop: String, LabelValue {
    /// It is older than `dead-letter-retention`.
    case age
    /// There were more than `dead-letters-max`.
    case count
}
