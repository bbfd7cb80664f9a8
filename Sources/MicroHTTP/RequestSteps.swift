import CMicroHTTPD
import Glibc

/// What happens to one request, step by step; called by `DaemonCallbacks`.
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
        tellEnd(slot)
        let isOurs = table[slot].closedNanoseconds == 0 && (isDraining || table[slot].isCutShort)
        if isOurs, table.count + lingering.count <= options.connectionsMax {
            lingering.keep(
                table[slot].descriptor, untilNanoseconds: Self.now() + options.lingerNanoseconds)
        }
        table.giveBack(slot)
    }

    /// The request line is there; `target` is raw, before any decoding.
    func requestLine(_ slot: Int32, _ target: UnsafePointer<CChar>) {
        hasProgressed = true
        let bytes = UnsafeRawBufferPointer(start: target, count: strlen(target))
        table.beginRequest(slot, target: Array(bytes), at: Self.now())
    }

    /// The head is complete: guard it before a byte of the body is looked at.
    func headComplete(
        _ slot: Int32, _ connection: OpaquePointer, method: UnsafePointer<CChar>,
        version: UnsafePointer<CChar>
    ) -> MHD_Result {
        let head = RequestHead(
            of: connection, method: method, target: table[slot].target, version: version)
        let fields = head.fields
        table[slot].method = Self.method(method)
        table[slot].fields = fields
        if let fault = head.fault {
            table[slot].fault = fault
            return refuse(slot, connection, .framing, status: 400)
        }
        // Our side is closed when the request came too late for that.
        if stop.isLate || table[slot].closedNanoseconds != 0 {
            return refuse(slot, connection, .stopping, status: 503)
        }
        if table.count - table.evicting > options.connectionsMax * 9 / 10 {
            return refuse(slot, connection, .overloaded, status: 503)
        }
        if let expect = fields.first("expect"), !Self.isContinue(expect) {
            return refuse(slot, connection, .expectation, status: 417)
        }
        if let length = fields.first("content-length"), Self.number(length) > options.bodyBytesMax {
            return refuse(slot, connection, .bodyTooLarge, status: 413)
        }
        table.setPhase(slot, .body, at: wokeNanoseconds)
        return .YES
    }

    /// A piece of the body: kept, until the body is too long.
    func bodyPiece(_ slot: Int32, _ piece: UnsafeRawBufferPointer) -> MHD_Result {
        hasProgressed = true
        if table[slot].body.count + piece.count <= options.bodyBytesMax {
            table[slot].body.append(contentsOf: piece)
            return .YES
        }
        return cutShort(slot)
    }

    /// Ends a chunked body at the limit: it may have no end of its own.
    ///
    /// libmicrohttpd queues no answer while a body is being received, so this one is written past
    /// it. What the client still sends is read for a moment (`LingeringSockets`), then reset.
    private func cutShort(_ slot: Int32) -> MHD_Result {
        let answer: StaticString = """
            HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n
            """
        let sent = send(
            table[slot].descriptor, answer.utf8Start, answer.utf8CodeUnitCount,
            Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        table[slot].refusal = .bodyTooLarge
        table[slot].isCutShort = true
        table[slot].status = 413
        table[slot].completedNanoseconds = Self.now()
        if sent == answer.utf8CodeUnitCount { table[slot].phase = .cutShort }
        return .NO
    }

    /// A message of libmicrohttpd. One that says that it answers a request itself is counted, so
    /// that the end of that connection is not told as another thing.
    func engineMessage(_ message: String) {
        if message.hasPrefix("Error processing request (") { engineAnswers += 1 }
        handler.engineMessage(message, loop: options.number)
    }

    /// The request is complete: the handler gets it and answers now or later.
    func requestComplete(_ slot: Int32, _ connection: OpaquePointer) -> MHD_Result {
        hasProgressed = true
        let now = Self.now()
        table[slot].completedNanoseconds = now
        guard let fields = table[slot].fields else { return .NO }
        if stop.isLate { return refuse(slot, connection, .stopping, status: 503) }
        let request = HTTPRequest(
            method: table[slot].method, target: table[slot].target, fields: fields,
            body: table[slot].body, peer: table[slot].peer,
            startedNanoseconds: table[slot].startedNanoseconds, completedNanoseconds: now)
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
            aborted: !sent && table[slot].phase != .cutShort)
        noteCut(slot)
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

    private func refuse(
        _ slot: Int32, _ connection: OpaquePointer, _ refusal: HTTPRefusal, status: UInt16
    ) -> MHD_Result {
        table[slot].refusal = refusal
        table[slot].isCutShort = true
        table[slot].completedNanoseconds = Self.now()
        let fields = status == 503 ? [HTTPField("Retry-After", "1")] : []
        table[slot].response = HTTPResponse(status: status, fields: fields, closesConnection: true)
        return sendAnswer(slot, connection)
    }

    private static func isContinue(_ value: ArraySlice<UInt8>) -> Bool {
        value.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }.elementsEqual("100-continue".utf8)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int {
        digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func method(_ name: UnsafePointer<CChar>) -> HTTPMethod {
        if strcmp(name, "POST") == 0 { return .post }
        if strcmp(name, "GET") == 0 { return .get }
        if strcmp(name, "HEAD") == 0 { return .head }
        return .other
    }
}
