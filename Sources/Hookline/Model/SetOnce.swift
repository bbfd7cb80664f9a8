import Synchronization

/// A part that is connected after the one that calls it was made: nil until then. Any thread.
final class SetOnce<Part: Sendable>: Sendable {
    private let part = Mutex<Part?>(nil)

    /// The part, once it is connected.
    var value: Part? { part.withLock { $0 } }

    /// Connects the part.
    func set(_ part: Part) { self.part.withLock { $0 = part } }
}
