import CMicroHTTPD
import Glibc

/// What happens to a connection and to a request that was read; called by `DaemonCallbacks`.
extension LoopCore {
    /// A connection was accepted: it takes a slot.
    func connected(_ connection: OpaquePointer) -> Int32? {
        hasProgressed = true
        let peer = SocketAddress.bytes(of: hookline_mhd_client_address(connection))
        let slot = table.take(connection, hookline_mhd_connection_fd(connection), peer)
        let now = Self.now()
        if isDraining { stop.acceptedNanoseconds = now }
        if let slot { table.setPhase(slot, .head, at: now) }
        return slot
    }

    /// A connection is about to be closed: its slot is free.
    ///
    /// One that we close first, in a stop or with a part of its request unread, lingers.
    func closed(_ slot: Int32) {
        let now = Self.now()
        endUnread(slot, at: now)
        tellEnd(slot)
        let isOurs = table[slot].closedNanoseconds == 0 && (isDraining || table[slot].isCutShort)
        if isOurs, table.count + lingering.count <= options.connectionsMax {
            lingering.keep(
                table[slot].descriptor, untilNanoseconds: now + options.lingerNanoseconds)
        }
        table.giveBack(slot)
    }

    /// Ends a request that libmicrohttpd was not told of.
    private func endUnread(_ slot: Int32, at now: UInt64) {
        switch table[slot].phase {
        case .head, .body, .complete: break
        case .free, .idle, .asked, .handling, .held, .suspended, .answered, .replying: return
        }
        if !table[slot].reader.isBetween || table[slot].phase == .complete {
            table[slot].isCut = true
        }
        if table[slot].isBegun { table.endRequest(slot, at: now) }
    }

    /// The request is complete: the handler gets it and answers now or later.
    func requestComplete(_ slot: Int32, _ connection: OpaquePointer) -> MHD_Result {
        hasProgressed = true
        if table[slot].response != nil { return sendAnswer(slot, connection) }
        guard let fields = table[slot].fields else { return .NO }
        if stop.isLate {
            refuse(slot, RequestFault(.stopping, status: 503))
            return sendAnswer(slot, connection)
        }
        let request = HTTPRequest(
            method: table[slot].method, target: table[slot].target, fields: fields,
            body: table[slot].body, peer: table[slot].peer,
            startedNanoseconds: table[slot].startedNanoseconds,
            completedNanoseconds: table[slot].completedNanoseconds)
        table[slot].body = []
        table[slot].phase = .handling
        let isAnswered = hand(request, slot)
        // A quick answer is in the mailbox already: no need to wait.
        if isAnswered { deliverAnswers() }
        if table[slot].phase == .answered { return sendAnswer(slot, connection) }
        table[slot].phase = .held
        table.held += 1
        return .YES
    }

    /// libmicrohttpd asks, as it does each turn, about a request that waits for its answer.
    ///
    /// It leaves libmicrohttpd's lists only when it waits long: leaving and entering them takes
    /// three system calls, more than an ordinary wait costs in turns.
    func stillHeld(_ slot: Int32, _ connection: OpaquePointer) -> MHD_Result {
        let since = table[slot].completedNanoseconds
        guard wokeNanoseconds > since, wokeNanoseconds - since > options.heldNanosecondsMax else {
            return .YES
        }
        table.held -= 1
        table[slot].phase = .suspended
        table.suspended += 1
        MHD_suspend_connection(connection)
        return .YES
    }

    /// Queues the answer that is there.
    func sendAnswer(_ slot: Int32, _ connection: OpaquePointer) -> MHD_Result {
        hasProgressed = true
        guard let response = table[slot].response else { return .NO }
        table[slot].status = response.status
        table[slot].response = nil
        table.setPhase(slot, .replying, at: wokeNanoseconds)
        return Reply.queue(response, closing: isDraining, on: connection)
    }

    /// The request ended; whoever answered is told.
    func requestEnded(_ slot: Int32, sent: Bool) {
        let now = Self.now()
        hasProgressed = true
        // Field by field: a copy of the whole slot would retain and release all that it holds.
        let completion = HTTPCompletion(
            loop: options.number, status: table[slot].status,
            startedNanoseconds: table[slot].startedNanoseconds,
            completedNanoseconds: table[slot].completedNanoseconds, finishedNanoseconds: now,
            aborted: !sent)
        let observer = table[slot].observer
        let refused = table[slot].refusal.map { refusedRequest(slot, $0) }
        table.endRequest(slot, at: now)
        observer?.completed(completion)
        if let refused { handler.refused(refused, completion) }
    }

    /// The request of a connection, which the engine answered itself.
    private func refusedRequest(_ slot: Int32, _ reason: HTTPRefusal) -> HTTPRefusedRequest {
        HTTPRefusedRequest(
            reason: reason, fault: table[slot].fault, method: table[slot].method,
            target: table[slot].target, fields: table[slot].fields ?? HTTPFields(),
            peer: table[slot].peer)
    }

    private func hand(_ request: consuming HTTPRequest, _ slot: Int32) -> Bool {
        let exchange = HTTPExchange(
            request: request, loop: options.number, slot: slot,
            generation: table[slot].generation, mailbox: mailbox)
        handler.receive(exchange)
        return exchange.isAnswered
    }

    /// Gives a request the answer of the engine itself. The connection is closed after it.
    func refuse(_ slot: Int32, _ fault: RequestFault) {
        table[slot].refusal = fault.reason
        table[slot].fault = fault.fault
        table[slot].isCutShort = true
        table[slot].completedNanoseconds = Self.now()
        let fields = fault.status == 503 ? [HTTPField("Retry-After", "1")] : []
        table[slot].response = HTTPResponse(
            status: fault.status, fields: fields, closesConnection: true)
    }
}
