import Glibc

/// Says how connections ended that ended badly. Confined to the loop's thread.
extension LoopCore {
    /// Tells the handler how a connection ended, if it did not end as it should. libmicrohttpd
    /// closes its descriptor after this.
    func tellEnd(_ slot: Int32) {
        guard let end = end(of: slot) else { return }
        handler.ended(end, peer: table[slot].peer, loop: options.number)
    }

    private func end(of slot: Int32) -> HTTPConnectionEnd? {
        if table[slot].isEvicted { return .evicted }
        if let timeout = table[slot].timeout { return timeout }
        // A stop closes what is idle.
        if isDraining && table[slot].closedNanoseconds != 0 { return nil }
        let isUnused = table[slot].startedNanoseconds == 0
        guard isUnused || table[slot].isCut else { return nil }
        let state = SocketState(table[slot].descriptor)
        let isClosed = table[slot].isClosedByPeer || Self.isClosedByPeer(table[slot].descriptor)
        // The kernel counts the end of the stream as a byte.
        if isUnused, let state, state.bytesReceived <= (isClosed ? 1 : 0) { return .silent }
        return isClosed ? .clientClosed : .dropped
    }

    /// True when the client has closed its side, or the connection is reset.
    static func isClosedByPeer(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count == 0 || count < 0 && errno != EAGAIN
    }
}
