/// What will happen, in the order of its times; a binary heap.
struct EventList {
    private struct Event {
        let time: UInt64
        let order: Int
        let action: () -> Void

        func isBefore(_ other: Event) -> Bool {
            (time, order) < (other.time, other.order)
        }
    }

    private var heap: [Event] = []
    private var added = 0

    /// When the next one happens, nil when none does.
    var nextTime: UInt64? { heap.first?.time }

    /// Adds an event; of two at one time the first added comes first.
    mutating func add(at time: UInt64, _ action: @escaping () -> Void) {
        heap.append(Event(time: time, order: added, action: action))
        added += 1
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the next one out; there must be one.
    mutating func removeFirst() -> () -> Void {
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            if least == parent { return first.action }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
