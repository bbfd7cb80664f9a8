import Glibc

extension LoopCore {
    /// Shuts connections down whose phase has lasted too long.
    ///
    /// libmicrohttpd's own timeout counts inactivity only: a byte now and then keeps a
    /// connection for ever (measured). `shutdown` leaves the descriptor to libmicrohttpd, which
    /// then finds the connection closed.
    func reap(at now: UInt64) {
        for slot in table.slots {
            guard let limit = limitNanoseconds(slot.phase) else { continue }
            if now > slot.phaseNanoseconds, now - slot.phaseNanoseconds > limit {
                shutdown(slot.descriptor, Int32(SHUT_RDWR))
            }
        }
    }

    private func limitNanoseconds(_ phase: ConnectionPhase) -> UInt64? {
        switch phase {
        case .idle: isDraining ? 0 : options.idleTimeoutNanoseconds
        case .head: options.headerTimeoutNanoseconds
        case .body, .discarding, .replying: options.bodyTimeoutNanoseconds
        case .free, .handling, .suspended, .answered: nil
        }
    }
}
