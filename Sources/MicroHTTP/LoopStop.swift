import CMicroHTTPD
import Glibc

/// How far the graceful stop of one loop is. Confined to the loop's thread.
struct LoopStop {
    /// When it began, in monotonic nanoseconds; nil while the loop serves.
    var beganNanoseconds: UInt64?
    /// When the last connection was accepted since then.
    var acceptedNanoseconds: UInt64 = 0
    /// True once what is not answered yet gets 503.
    var isLate = false
}

/// The graceful stop of one loop, so that nothing is reset that the kernel accepted for us.
///
/// 1. `beginDrain`: the kernel drops new requests for a connection, whose clients ask again a
///    second later; handshakes under way complete. Answers say `Connection: close` from here on.
/// 2. `drainStep`, each turn: the listening socket closes once no connection came for a moment and
///    none waits; a connection that says nothing for a moment is closed on our side.
/// 3. `isDrained`: the socket is closed, and so is every connection, on both sides.
/// 4. `refuseRest`, when the time is up: what is still coming in is answered 503.
extension LoopCore {
    /// True from the beginning of the stop.
    var isDraining: Bool { stop.beganNanoseconds != nil }

    /// True once nothing is left to do.
    var isDrained: Bool { !isListening && table.count == 0 && lingering.count == 0 }

    /// Begins the stop. Calling it again does nothing.
    func beginDrain() {
        guard !isDraining else { return }
        stop.beganNanoseconds = Self.now()
        if isInherited {
            // Somebody else holds this socket and will accept what waits in it.
            stopListening()
        } else {
            // Without the filter new connections go on to come, and are served until the deadline.
            SocketFilter.newConnections.attach(to: listenDescriptor)
        }
    }

    /// What a turn of the loop does for the stop.
    func drainStep() {
        guard let began = stop.beganNanoseconds else { return }
        let now = Self.now()
        if isListening {
            let since = max(began, stop.acceptedNanoseconds)
            let isQuiet = now > since && now - since >= options.handshakeNanoseconds
            if isQuiet, SocketState(listenDescriptor)?.waiting ?? 0 == 0 { stopListening() }
        }
        for index in table.slots.indices.map(Int32.init) where table[index].phase != .free {
            let closed = table[index].closedNanoseconds
            if closed == 0, isSilent(index, since: began, at: now) {
                closeOurSide(index, at: now)
            } else if closed != 0, now - closed > options.lingerNanoseconds {
                // libmicrohttpd finds the connection closed, and frees it.
                shutdown(table[index].descriptor, Int32(SHUT_RDWR))
            }
        }
    }

    /// From here on requests that were not handed over yet are answered 503.
    func refuseRest() {
        guard !stop.isLate else { return }
        stop.isLate = true
        stopListening()
    }

    /// Closes the listening socket, at a moment when no connection waits in it.
    ///
    /// A handshake that completed after the last accept would be reset by the close, so the
    /// kernel drops every packet to the socket first.
    func stopListening() {
        guard isListening else { return }
        isListening = false
        MHD_quiesce_daemon(daemon)
        if !isInherited {
            SocketFilter.everything.attach(to: listenDescriptor)
            while table.count < options.connectionsMax, acceptOne() {}
        }
        close(listenDescriptor)
    }

    private func acceptOne() -> Bool {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            let socket = accept(listenDescriptor, pointer, &length)
            guard socket >= 0 else { return errno == ECONNABORTED || errno == EINTR }
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            // It closes the socket itself when it cannot take it.
            MHD_add_connection(daemon, socket, pointer, length)
            return true
        }
    }

    /// True when a connection has said nothing for a moment, and no part of a request is there.
    private func isSilent(_ index: Int32, since began: UInt64, at now: UInt64) -> Bool {
        let phase = table[index].phase
        let isFresh = phase == .head && table[index].startedNanoseconds == 0
        guard phase == .idle || isFresh, table[index].unread.isEmpty else { return false }
        let since = table[index].phaseNanoseconds
        let most = isFresh ? options.firstRequestNanoseconds : options.silenceNanoseconds
        guard now > since, now - max(since, began) >= most,
            let state = SocketState(table[index].descriptor)
        else { return false }
        if isFresh { return state.bytesReceived == 0 }
        // Data that came after the last answer is the beginning of a request line.
        let ticks: UInt64 = 20_000_000
        return state.silentNanoseconds + ticks >= now - since
    }

    /// Closes our side of a connection, unless bytes of a request have come.
    ///
    /// Between the look and the close the kernel drops data, so that none is taken that will not
    /// be answered. What comes later finds our side closed: its client sees the end of the
    /// connection and not one byte of an answer, and may ask again (RFC 9110, section 9.2.2).
    private func closeOurSide(_ index: Int32, at now: UInt64) {
        let descriptor = table[index].descriptor
        SocketFilter.data.attach(to: descriptor)
        defer { SocketFilter.remove(from: descriptor) }
        var byte: UInt8 = 0
        let flags = Int32(MSG_PEEK | MSG_DONTWAIT)
        guard recv(descriptor, &byte, 1, flags) < 0, errno == EAGAIN else { return }
        shutdown(descriptor, Int32(SHUT_WR))
        table[index].closedNanoseconds = now
    }

    /// Ends the loop: what still waits is answered 503. libmicrohttpd aborts the process when it is
    /// stopped with a suspended connection.
    func finish() {
        deliverAnswers()
        for slot in table.slots.indices.map(Int32.init) {
            let phase = table[slot].phase
            guard phase == .held || phase == .suspended else { continue }
            table[slot].response = HTTPResponse(
                status: 503, fields: [HTTPField("Retry-After", "1")])
            table.endWait(slot)
            table[slot].phase = .answered
            if phase == .suspended, let connection = table[slot].connection {
                MHD_resume_connection(connection)
            }
        }
        for _ in 0..<16 where !isQuiet { runDaemon() }
        stopDaemon()
        let end = Self.now() + options.lingerNanoseconds
        while lingering.count > 0, Self.now() < end {
            poll(nil, 0, 1)
            lingering.sweep(at: Self.now())
        }
        connectionsGauge.store(0, ordering: .relaxed)
        waitingGauge.store(0, ordering: .relaxed)
        requestsGauge.store(0, ordering: .relaxed)
    }

    /// True when no request is under way.
    private var isQuiet: Bool {
        table.slots.allSatisfy { slot in slot.phase == .free || slot.phase == .idle }
    }
}
