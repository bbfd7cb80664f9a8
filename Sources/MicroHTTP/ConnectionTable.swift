/// Where one connection stands; the reaper's deadlines depend on it.
enum ConnectionPhase {
    /// No connection uses this slot.
    case free
    /// Kept alive, and no byte of a request yet.
    case idle
    /// Connected and nothing came yet, or the head of a request is not complete.
    case head
    /// The body is being received.
    case body
    /// The request was read, or refused, and libmicrohttpd has not asked about it yet.
    case complete
    /// libmicrohttpd has asked what to do with a body, and asks for the answer next.
    case asked
    /// The handler has the exchange and has not answered; called on the loop's own stack.
    case handling
    /// It waits for its answer among the connections that libmicrohttpd asks about each turn.
    case held
    /// It waits for its answer outside libmicrohttpd's lists, because that takes long.
    case suspended
    /// An answer is there and will be queued when libmicrohttpd calls again.
    case answered
    /// The answer was queued and is being sent.
    case replying
}

/// One connection of a loop and the request that it carries now.
struct ConnectionSlot {
    var phase: ConnectionPhase = .free
    /// Changes with every request, so that a late answer finds nobody.
    var generation: UInt32 = 0
    var connection: OpaquePointer?
    var descriptor: Int32 = -1
    var peer: [UInt8] = []
    /// When the present phase began, for the reaper.
    var phaseNanoseconds: UInt64 = 0
    /// When the request line was complete; 0 before the first one.
    var startedNanoseconds: UInt64 = 0
    var completedNanoseconds: UInt64 = 0
    var reader = RequestReader()
    /// What was received and not read yet: a part of a head, or what came behind a request.
    var unread: [UInt8] = []
    /// True when more has to come before any of `unread` can be read.
    var needsMore = false
    /// True from the request line, or a fault in it, to the end of the reply.
    var isBegun = false
    /// What libmicrohttpd gets in place of the request.
    var stand = StandIn.get
    var method: HTTPMethod = .other
    var target: [UInt8] = []
    var fields: HTTPFields?
    var body: [UInt8] = []
    var response: HTTPResponse?
    var status: UInt16 = 0
    var observer: (any HTTPCompletionObserver)?
    var refusal: HTTPRefusal?
    /// What is wrong with the head of a request that is refused for it.
    var fault: FramingFault?
    /// True once it carried a genuine request.
    var isProven = false
    /// True once it has to go because connections ran short.
    var isEvicted = false
    /// True once its client was found to have closed it.
    var isClosedByPeer = false
    /// The deadline that it missed; nil while it has missed none.
    var timeout: HTTPConnectionEnd?
    /// True once a request ended before it was complete, and nobody answered it.
    var isCut = false
    /// True once a request was refused whose bytes may not all have been read.
    var isCutShort = false
    /// When our side was closed in a stop; 0 while it is open.
    var closedNanoseconds: UInt64 = 0
}

/// All connections of one loop. Confined to the loop's thread.
final class ConnectionTable {
    /// A slot for each connection that there may be.
    let slots: UnsafeMutableBufferPointer<ConnectionSlot>
    private var freeSlots: [Int32]
    /// The slot of each descriptor, -1 for one that is none of ours.
    private var slotOfDescriptor: [Int32] = []
    /// Connections that exist.
    private(set) var count = 0
    /// Connections that have to go and are not closed yet.
    private(set) var evicting = 0
    /// Connections in the phase `held`.
    var held = 0
    /// Connections in the phase `suspended`.
    var suspended = 0
    /// Requests that have begun and not ended.
    private(set) var requests = 0

    init(capacity: Int) {
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: ConnectionSlot())
        freeSlots = (0..<Int32(capacity)).reversed()
    }

    deinit {
        slots.deinitialize()
        slots.deallocate()
    }

    // A pointer: an array in a class is checked for one owner and one writer at each access.
    subscript(index: Int32) -> ConnectionSlot {
        _read {
            precondition(slots.indices.contains(Int(index)))
            yield slots[Int(index)]
        }
        _modify {
            precondition(slots.indices.contains(Int(index)))
            yield &slots[Int(index)]
        }
    }

    /// Takes a free slot, or nil when there are as many connections as slots.
    func take(_ connection: OpaquePointer, _ descriptor: Int32, _ peer: [UInt8]) -> Int32? {
        guard let index = freeSlots.popLast() else { return nil }
        count += 1
        self[index].connection = connection
        self[index].descriptor = descriptor
        self[index].peer = peer
        let missing = Int(descriptor) + 1 - slotOfDescriptor.count
        if missing > 0 { slotOfDescriptor += repeatElement(-1, count: missing) }
        if descriptor >= 0 { slotOfDescriptor[Int(descriptor)] = index }
        return index
    }

    /// The slot of a connection by its descriptor.
    func slot(of descriptor: Int32) -> Int32? {
        guard slotOfDescriptor.indices.contains(Int(descriptor)) else { return nil }
        let slot = slotOfDescriptor[Int(descriptor)]
        return slot < 0 ? nil : slot
    }

    /// Gives a slot back; its generation has moved on, so nothing can find the old connection.
    func giveBack(_ index: Int32) {
        if self[index].isEvicted { evicting -= 1 }
        let descriptor = Int(self[index].descriptor)
        if slotOfDescriptor.indices.contains(descriptor) { slotOfDescriptor[descriptor] = -1 }
        let generation = self[index].generation &+ 1
        self[index] = ConnectionSlot()
        self[index].generation = generation
        freeSlots.append(index)
        count -= 1
    }

    /// A connection has to go; whoever calls shuts it down.
    func evict(_ index: Int32) {
        self[index].isEvicted = true
        evicting += 1
    }

    /// The first byte of a request came.
    func beginReading(_ index: Int32, at now: UInt64) {
        // On a new connection the time for the head has begun already.
        if self[index].phase == .idle { setPhase(index, .head, at: now) }
    }

    /// A request line is there.
    func beginRequest(_ index: Int32, at now: UInt64) {
        requests += 1
        self[index].isBegun = true
        self[index].generation &+= 1
        self[index].startedNanoseconds = now
        self[index].completedNanoseconds = now
    }

    /// A connection waits for an answer no longer: it has it, or is gone.
    func endWait(_ index: Int32) {
        switch self[index].phase {
        case .held: held -= 1
        case .suspended: suspended -= 1
        default: break
        }
    }

    /// Ends the request of a connection, which may carry another.
    func endRequest(_ index: Int32, at now: UInt64) {
        requests -= 1
        endWait(index)
        self[index].isBegun = false
        self[index].generation &+= 1
        self[index].phase = .idle
        self[index].phaseNanoseconds = now
        self[index].target = []
        self[index].fields = nil
        self[index].body = []
        self[index].response = nil
        self[index].observer = nil
        self[index].refusal = nil
        self[index].fault = nil
        self[index].status = 0
    }

    func setPhase(_ index: Int32, _ phase: ConnectionPhase, at now: UInt64) {
        self[index].phase = phase
        self[index].phaseNanoseconds = now
    }
}
