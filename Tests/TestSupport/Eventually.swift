import Glibc

/// Waits until a condition holds, at most so many seconds, and says whether it did.
///
/// It looks again every millisecond: the wait is for the condition, the pause only spares the
/// processor that the condition needs.
public func eventually(seconds: Double = 20, _ condition: () throws -> Bool) rethrows -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while true {
        if try condition() { return true }
        if clock.now >= end { return false }
        poll(nil, 0, 1)
    }
}
