import Synchronization

/// A part that is connected after the one that calls it was made: nil until then. Any thread.
///
/// Every part that comes late is spelled so; whoever can be made from the bottom up is given its
/// parts by `init`.
final class SetOnce<Part: Sendable>: Sendable {
    private let part = Mutex<Part?>(nil)

    /// The part, once it is connected.
    var value: Part? { part.withLock { $0 } }

    /// Connects the part; once.
    func set(_ part: Part) {
        self.part.withLock { connected in
            precondition(connected == nil, "a part is connected once")
            connected = part
        }
    }
}
