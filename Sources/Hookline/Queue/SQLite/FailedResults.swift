/// Results of attempts that failed, on their way into the store at a measured pace.
///
/// Nobody waits for them, and each rewrites a row anywhere in the table. With a destination that
/// is down and a deep queue there are as many as the forwarding can make, and they would take the
/// store's time from webhooks. So they are written many at once and without waiting for the disk;
/// a power cut makes one attempt more. Webhooks that wait go first, for a tenth of a second.
/// While nearly all attempts fail, what is due is claimed together with them, at the same pace.
/// Confined to the store thread.
struct FailedResults {
    /// Results that one transaction writes.
    static let sliceMax = 512
    /// The pause after a transaction, and how many times as long as it the pause is at least.
    private static let pauseNanoseconds: UInt64 = 50_000_000
    private static let pauseFactor: UInt64 = 6
    /// The longest pause: a disk that hung for a while holds nothing back for minutes.
    private static let pauseNanosecondsMax: UInt64 = 5_000_000_000
    /// How long they wait for webhooks.
    private static let patienceNanoseconds: UInt64 = 100_000_000

    private var waiting: [DeliveryChange] = []
    /// When the first of those that wait came.
    private var sinceNanoseconds: UInt64 = 0
    /// No transaction begins before this.
    private var nextNanoseconds: UInt64 = 0
    /// By destination, results that wait, and deliveries that were completed since the last
    /// transaction.
    private var failed: [Int] = []
    private var completed: [Int] = []

    /// Takes the failed ones out of changes.
    mutating func take(from changes: inout [DeliveryChange], nowNanoseconds now: UInt64) {
        guard !changes.isEmpty else { return }
        if waiting.isEmpty { sinceNanoseconds = now }
        changes.removeAll { change in
            switch change {
            case .retry(_, _, _, let number), .deadLetter(_, _, _, let number):
                waiting.append(change)
                count(1, of: number, in: &failed)
                return true
            case .complete(_, _, _, let number):
                count(1, of: number, in: &completed)
                return false
            case .hold, .release, .unclaim, .replies:
                return false
            }
        }
    }

    /// True while deliveries that are due to a destination are not to be claimed on their own,
    /// because more of its attempts fail than succeed.
    func holdsClaims(of number: DestinationNumber) -> Bool {
        guard failed.indices.contains(number.index), failed[number.index] > 0 else { return false }
        return failed[number.index] > (number.index < completed.count ? completed[number.index] : 0)
    }

    /// When the next transaction may begin at the earliest; nil while none is needed.
    var dueNanoseconds: UInt64? { waiting.isEmpty ? nil : nextNanoseconds }

    /// True when it is time to write some.
    func isDue(nowNanoseconds now: UInt64, webhooksWait: Bool) -> Bool {
        guard !waiting.isEmpty, now >= nextNanoseconds else { return false }
        return !webhooksWait || now >= sinceNanoseconds + Self.patienceNanoseconds
    }

    /// What one transaction writes: the first of them.
    mutating func takeSlice() -> [DeliveryChange] {
        let slice = Array(waiting.prefix(Self.sliceMax))
        waiting.removeFirst(slice.count)
        for change in slice {
            switch change {
            case .retry(_, _, _, let number), .deadLetter(_, _, _, let number):
                count(-1, of: number, in: &failed)
            case .complete, .hold, .release, .unclaim, .replies: break
            }
        }
        return slice
    }

    /// All of them, at the end.
    mutating func takeAll() -> [DeliveryChange] {
        defer { (waiting, failed) = ([], []) }
        return waiting
    }

    /// A transaction ended.
    mutating func wrote(beganNanoseconds began: UInt64, endedNanoseconds ended: UInt64) {
        let took = ended - min(began, ended)
        let pause = max(Self.pauseNanoseconds, Self.pauseFactor * took)
        nextNanoseconds = ended + min(pause, Self.pauseNanosecondsMax)
        sinceNanoseconds = ended
        completed = []
    }

    private func count(_ change: Int, of number: DestinationNumber, in counts: inout [Int]) {
        while counts.count <= number.index { counts.append(0) }
        counts[number.index] += change
    }
}
