/// The order in which sentinels are asked: those that answered last time first, and among them
/// one that misled last.
struct SentinelOrder: Sendable {
    private var answering: [Int]
    private var failing: [Int] = []
    private var last: Int?

    /// So many sentinels, by their place in a list.
    init(count: Int) {
        answering = Array(0..<count)
    }

    /// The places, the one to be asked first at the front.
    var places: [Int] { answering + failing }

    /// This one knew.
    mutating func answered(_ place: Int) {
        remove(place)
        answering.insert(place, at: 0)
        last = place
    }

    /// This one did not answer, or did not know.
    mutating func failed(_ place: Int) {
        remove(place)
        failing.append(place)
    }

    /// What the last one said was of no use.
    mutating func misled() {
        guard let place = last else { return }
        last = nil
        remove(place)
        answering.append(place)
    }

    private mutating func remove(_ place: Int) {
        answering.removeAll { $0 == place }
        failing.removeAll { $0 == place }
    }
}
