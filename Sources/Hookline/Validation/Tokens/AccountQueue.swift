/// Accounts that wait to be asked for. A value, kept behind a lock.
///
/// Known accounts come first. All others stand in one lane for each source, and the lanes take
/// turns: whoever makes up ten thousand accounts waits behind his own.
struct AccountQueue: Sendable {
    private struct Lane: Sendable {
        let source: [UInt8]
        var accounts: [[UInt8]] = []
    }

    private let knownMax: Int
    private var known: [[UInt8]] = []
    private var lanes: [Lane] = []
    private var next = 0
    private var room: FairRoom

    /// At most `unknownMax` accounts that are not known wait, and `knownMax` that are.
    init(unknownMax: Int, knownMax: Int) {
        self.knownMax = knownMax
        room = FairRoom(capacity: unknownMax, floor: 16)
    }

    /// True when nobody waits.
    var isEmpty: Bool { known.isEmpty && lanes.isEmpty }

    /// Lets an account wait that a request of `source` named; false when too many wait.
    mutating func add(_ account: [UInt8], of source: [UInt8], isKnown: Bool) -> Bool {
        if isKnown {
            guard known.count < knownMax else { return false }
            known.append(account)
            return true
        }
        guard room.admits(1, of: source, isKnown: false) else { return false }
        room.add(1, of: source)
        let lane = lanes.firstIndex { $0.source == source } ?? newLane(source)
        lanes[lane].accounts.append(account)
        return true
    }

    /// Takes out who is next; nil when nobody waits.
    mutating func take() -> [UInt8]? {
        if !known.isEmpty { return known.removeFirst() }
        guard !lanes.isEmpty else { return nil }
        if next >= lanes.count { next = 0 }
        let account = lanes[next].accounts.removeFirst()
        room.remove(1, of: lanes[next].source)
        if lanes[next].accounts.isEmpty { lanes.remove(at: next) } else { next += 1 }
        return account
    }

    private mutating func newLane(_ source: [UInt8]) -> Int {
        lanes.append(Lane(source: source))
        return lanes.count - 1
    }
}
