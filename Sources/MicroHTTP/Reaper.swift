import CMicroHTTPD
import Glibc

extension LoopCore {
    /// Shuts connections down whose phase has lasted too long.
    ///
    /// libmicrohttpd's own timeout counts inactivity only: a byte now and then keeps a
    /// connection for ever (measured). `shutdown` leaves the descriptor to libmicrohttpd, which
    /// then finds the connection closed. Where a part of a request is there, only the receiving
    /// side is shut: libmicrohttpd receives then, and `RequestFeed` answers 408.
    func reap(at now: UInt64) {
        // By index: an element that is copied is retained and released.
        for index in table.slots.indices {
            guard let limit = limitNanoseconds(table.slots[index].phase) else { continue }
            let since = table.slots[index].phaseNanoseconds
            if now > since, now - since > limit {
                let isAsked = isUnfinished(index) && table.slots[index].timeout == nil
                // libmicrohttpd does not see at once that a client closed within a request.
                if Self.isClosedByPeer(table.slots[index].descriptor) {
                    table.slots[index].isClosedByPeer = true
                } else {
                    table.slots[index].timeout = Self.timeout(table.slots[index].phase)
                }
                let sides = isAsked ? SHUT_RD : SHUT_RDWR
                shutdown(table.slots[index].descriptor, Int32(sides))
            }
        }
    }

    /// True when a part of a request is there.
    private func isUnfinished(_ index: Int) -> Bool {
        switch table.slots[index].phase {
        case .head, .body: !table.slots[index].reader.isBetween
        case .free, .idle, .complete, .asked, .handling, .held, .suspended, .answered, .replying:
            false
        }
    }

    private static func timeout(_ phase: ConnectionPhase) -> HTTPConnectionEnd? {
        switch phase {
        case .idle: .idleTimeout
        case .head: .headTimeout
        case .body: .bodyTimeout
        case .replying: .replyTimeout
        case .free, .complete, .asked, .handling, .held, .suspended, .answered: nil
        }
    }

    private func limitNanoseconds(_ phase: ConnectionPhase) -> UInt64? {
        switch phase {
        case .idle: options.idleTimeoutNanoseconds
        case .head: options.headerTimeoutNanoseconds
        case .body, .replying: options.bodyTimeoutNanoseconds
        case .free, .complete, .asked, .handling, .held, .suspended, .answered: nil
        }
    }
}
