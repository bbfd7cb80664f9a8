/// The number under which a command names an entry of the shared queue.
///
/// It says where the entry is, when it came and which of that millisecond it is, so that it is
/// the same on every machine and needs no table. Every number is above those of SQLite's rows
/// and below 2^53, which JSON's readers keep exactly.
struct RedisRowID: Sendable, Equatable {
    /// Where an entry is, in the order in which they are listed.
    enum Place: Int64, CaseIterable, Sendable {
        case dead = 1
        case high, normal
        case retryableHigh, retryableNormal

        /// The priority of what is owed there; nil for the dead letters, which have both.
        var priority: DeliveryPriority? {
            switch self {
            case .dead: nil
            case .high, .retryableHigh: .high
            case .normal, .retryableNormal: .normal
            }
        }
    }

    /// Before the first entry: every row of SQLite has a number up to this.
    static let beforeFirst: Int64 = Place.dead.rawValue << placeShift - 1

    /// Where the entry is.
    let place: Place
    /// The entry's id in Redis, for example `1700000000000-0`.
    let entry: [UInt8]
    /// The number.
    let number: Int64

    private static let placeShift: Int64 = 50
    private static let sequenceBits: Int64 = 9
    /// 2020-01-01, in milliseconds since the epoch.
    private static let begin: Int64 = 1_577_836_800_000

    /// The number of an entry; nil for one that no clock of today makes, or of which 512 came in
    /// its millisecond.
    init?(_ place: Place, entry: [UInt8]) {
        let parts = entry.split(separator: UInt8(ascii: "-")).map {
            Int64(String(decoding: $0, as: UTF8.self))
        }
        guard parts.count == 2, let milliseconds = parts[0], let sequence = parts[1],
            milliseconds >= Self.begin, sequence < 1 << Self.sequenceBits
        else { return nil }
        let moment = (milliseconds - Self.begin) << Self.sequenceBits | sequence
        guard moment < 1 << Self.placeShift else { return nil }
        self.place = place
        self.entry = entry
        number = place.rawValue << Self.placeShift | moment
    }

    /// The entry of a number; nil when it is a row of SQLite, or nothing.
    init?(_ number: Int64) {
        guard let place = Place(rawValue: number >> Self.placeShift) else { return nil }
        let moment = number & (1 << Self.placeShift - 1)
        let milliseconds = moment >> Self.sequenceBits + Self.begin
        let sequence = moment & (1 << Self.sequenceBits - 1)
        self.place = place
        entry = Array("\(milliseconds)-\(sequence)".utf8)
        self.number = number
    }
}
