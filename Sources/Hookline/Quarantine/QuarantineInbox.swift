/// Refused requests that wait for the store thread, sampled per source. A value, kept behind a
/// lock; a call costs the same however many requests come.
///
/// Each source has a lane. Of what comes while a lane is full a random part is kept (a
/// reservoir), so what a source leaves is a fair sample of what it sent. Lanes are emptied in
/// turn, one request each, and when memory is short the longest lane gives way: a flood from one
/// source costs the others nothing.
struct QuarantineInbox: Sendable {
    /// The bounds.
    struct Limits: Sendable {
        /// Requests of one source that wait.
        var laneRowsMax = 128
        /// Bytes of one source that wait; one request always may.
        var laneBytesMax = 512 * 1024
        /// Sources that have requests waiting.
        var lanesMax = 256
        /// Bytes that wait in all lanes.
        var bytesMax = 2 * 1024 * 1024
        /// Bytes of proven requests that wait; they do not stand in lanes.
        var provenBytesMax = 2 * 1024 * 1024
        /// Proofs that wait for their request to be found.
        var proofsMax = 1024
    }

    /// A request that was proven genuine, and what the proof was.
    struct Proven: Sendable {
        let request: QuarantinedRequest
        let hint: String
    }

    private struct Lane: Sendable {
        let network: [UInt8]
        var waiting: [QuarantinedRequest] = []
        var bytes = 0
        /// Requests that came since the lane was last emptied in part.
        var seen = 0
    }

    private let limits: Limits
    private var lanes: [Lane] = []
    private var positions: [[UInt8]: Int] = [:]
    private var next = 0
    private var proven: [Proven] = []
    private var provenBytes = 0
    private var random: SplitMix
    /// Bytes that wait in lanes.
    private(set) var bytes = 0
    /// Proofs whose request is not written yet, the oldest first.
    private var proofs: [(fingerprint: Identity, hint: String)] = []

    init(limits: Limits = Limits(), seed: UInt64 = .random(in: 0 ... .max)) {
        self.limits = limits
        random = SplitMix(state: seed)
    }

    /// True when nothing waits.
    var isEmpty: Bool { lanes.isEmpty && proven.isEmpty && proofs.isEmpty }

    /// What was dropped for a request that came, be it this one or others.
    struct Dropped: Sendable, Equatable {
        let reason: QuarantineDrop
        let count: Int
    }

    /// Takes a request of a source; says what was dropped for it, if anything was.
    mutating func add(_ request: QuarantinedRequest, network: [UInt8]) -> Dropped? {
        let size = request.byteCount
        guard let position = positions[network] ?? newLane(network) else {
            return Dropped(reason: .sources, count: 1)
        }
        lanes[position].seen += 1
        let rows = lanes[position].waiting.count
        let isShort = rows == 0 || lanes[position].bytes + size <= limits.laneBytesMax
        guard rows < limits.laneRowsMax, isShort else {
            return Dropped(reason: replace(in: position, with: request, size), count: 1)
        }
        let (hasRoom, gaveWay) = makeRoom(size, for: position)
        if hasRoom {
            lanes[position].waiting.append(request)
            lanes[position].bytes += size
            bytes += size
        } else if rows == 0 {
            removeLane(position)
        }
        let count = gaveWay + (hasRoom ? 0 : 1)
        return count == 0 ? nil : Dropped(reason: .inboxFull, count: count)
    }

    /// Takes a proven request; false when there is no room.
    mutating func add(proven request: QuarantinedRequest, hint: String) -> Bool {
        let size = request.byteCount
        guard proven.isEmpty || provenBytes + size <= limits.provenBytesMax else { return false }
        proven.append(Proven(request: request, hint: hint))
        provenBytes += size
        return true
    }

    /// Takes back what `takeProven` gave, at most one slice of it; nothing is lost at a bound that
    /// was kept when they came.
    mutating func putBack(_ requests: [Proven]) {
        proven.insert(contentsOf: requests, at: 0)
        provenBytes += requests.reduce(0) { $0 + $1.request.byteCount }
    }

    /// Takes a proof; the oldest one goes when there are too many.
    mutating func add(proof fingerprint: Identity, hint: String) {
        if proofs.count >= limits.proofsMax { proofs.removeFirst() }
        proofs.append((fingerprint, hint))
    }

    /// Takes out what was proven: all proofs, and requests up to a number of rows and bytes.
    mutating func takeProven(
        rowsMax: Int, bytesMax: Int
    ) -> (requests: [Proven], proofs: [(fingerprint: Identity, hint: String)]) {
        var taken = 0
        var size = 0
        while taken < min(rowsMax, proven.count) {
            let next = proven[taken].request.byteCount
            if taken > 0, size + next > bytesMax { break }
            size += next
            taken += 1
        }
        defer {
            proven.removeFirst(taken)
            provenBytes -= size
            proofs = []
        }
        return (Array(proven.prefix(taken)), proofs)
    }

    /// Takes out up to so many rows and bytes, one of each source in turn, the oldest first.
    mutating func take(rowsMax: Int, bytesMax: Int) -> [QuarantinedRequest] {
        var taken: [QuarantinedRequest] = []
        var size = 0
        while taken.count < rowsMax, !lanes.isEmpty {
            if next >= lanes.count { next = 0 }
            let count = lanes[next].waiting[0].byteCount
            if !taken.isEmpty, size + count > bytesMax { break }
            size += count
            taken.append(remove(0, from: next))
            if lanes[next].waiting.isEmpty {
                removeLane(next)
            } else {
                lanes[next].seen = lanes[next].waiting.count
                next += 1
            }
        }
        return taken
    }

    private mutating func newLane(_ network: [UInt8]) -> Int? {
        guard lanes.count < limits.lanesMax else { return nil }
        lanes.append(Lane(network: network))
        positions[network] = lanes.count - 1
        return lanes.count - 1
    }

    /// The longest other lane gives way, at most four requests of it, so that the cost is
    /// bounded. Returns whether there is room, and how many gave way.
    private mutating func makeRoom(
        _ size: Int, for position: Int
    ) -> (hasRoom: Bool, gaveWay: Int) {
        for gaveWay in 0..<4 {
            if bytes + size <= limits.bytesMax { return (true, gaveWay) }
            guard let longest = lanes.indices.max(by: { lanes[$0].bytes < lanes[$1].bytes }),
                longest != position, lanes[longest].bytes > lanes[position].bytes + size,
                lanes[longest].waiting.count > 1
            else { return (false, gaveWay) }
            _ = remove(random.below(lanes[longest].waiting.count), from: longest)
        }
        return (bytes + size <= limits.bytesMax, 4)
    }

    /// Keeps the new request with the probability that each one before it had; one is dropped.
    private mutating func replace(
        in position: Int, with request: QuarantinedRequest, _ size: Int
    ) -> QuarantineDrop {
        let rows = lanes[position].waiting.count
        let chosen = random.below(lanes[position].seen)
        guard chosen < rows else { return .sampled }
        let growth = size - lanes[position].waiting[chosen].byteCount
        let fits =
            bytes + growth <= limits.bytesMax
            && (rows == 1 || lanes[position].bytes + growth <= limits.laneBytesMax)
        guard fits else { return .sampled }
        lanes[position].waiting[chosen] = request
        lanes[position].bytes += growth
        bytes += growth
        return .sampled
    }

    private mutating func remove(_ index: Int, from position: Int) -> QuarantinedRequest {
        let request = lanes[position].waiting.remove(at: index)
        lanes[position].bytes -= request.byteCount
        bytes -= request.byteCount
        return request
    }

    private mutating func removeLane(_ position: Int) {
        positions[lanes[position].network] = nil
        lanes.swapAt(position, lanes.count - 1)
        lanes.removeLast()
        if position < lanes.count { positions[lanes[position].network] = position }
    }
}

/// A small generator of random numbers: sampling needs speed, not secrecy
/// (https://prng.di.unimi.it/splitmix64.c).
struct SplitMix: Sendable {
    var state: UInt64

    /// A number from 0 up to `bound`, which is above 0.
    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        mixed ^= mixed >> 31
        return Int(mixed.multipliedFullWidth(by: UInt64(max(1, bound))).high)
    }
}
