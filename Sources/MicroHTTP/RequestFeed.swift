import CMicroHTTPD
import CReceive
import Glibc

/// Stands between a connection's socket and libmicrohttpd.
///
/// libmicrohttpd 0.9.75 reads requests leniently (docs/decisions/056). So it does not read them:
/// when it receives, what came is read here, by `RequestReader`. It gets nothing until a request
/// is complete, or cannot be, and then a head of ours, without a body. Its handler answers that.
///
/// It receives no further request before the reply to this one has left, so a connection has one
/// request at a time, and answers stay in order. Confined to the loop's thread.
extension LoopCore {
    /// What a connection's receiving may read at once, before others have their turn.
    static let receiveBytesMax = 16 * 1024
    /// So many times. It takes one more to see that there is nothing left, or that the client has
    /// closed its side: that may be one event with what came before.
    private static let roundsMax = 6

    /// Lets libmicrohttpd work, with what it receives read here.
    func runDaemon() {
        hookline_receive_with(Self.receiver, Unmanaged.passUnretained(self).toOpaque())
        MHD_run(daemon)
        hookline_receive_with(nil, nil)
    }

    private static let receiver: hookline_receiver = { context, descriptor, buffer, count in
        let given = LoopCore.with(context) { core -> Int? in
            guard let buffer, let slot = core.table.slot(of: descriptor) else { return nil }
            return core.receive(slot, UnsafeMutableRawBufferPointer(start: buffer, count: count))
        }
        return given ?? -Int(EBADF)
    }

    /// Receives for a connection. Returns the length of what libmicrohttpd gets, 0 at the end of
    /// the connection, or the negative of an errno.
    private func receive(_ slot: Int32, _ target: UnsafeMutableRawBufferPointer) -> Int {
        switch table[slot].phase {
        case .idle, .head, .body: break
        case .free, .complete, .asked, .handling, .held, .suspended, .answered, .replying:
            return -Int(EAGAIN)
        }
        if table[slot].timeout != nil {
            return answerUnread(slot, status: 408, target, hasMore: true)
        }
        var isDrained = false
        for _ in 0..<Self.roundsMax {
            var isOver = false
            if table[slot].unread.isEmpty || table[slot].needsMore {
                let count = recvfrom(
                    table[slot].descriptor, received.baseAddress, received.count,
                    Int32(MSG_DONTWAIT), nil, nil)
                if count < 0 { return -Int(errno) }
                if count == 0 { return receivedEnd(slot, target) }
                hasProgressed = true
                isDrained = count < received.count
                let new = UnsafeRawBufferPointer(rebasing: received[..<count])
                isOver = read(slot, new)
            } else {
                isOver = read(slot, UnsafeRawBufferPointer(start: nil, count: 0))
            }
            if isOver {
                let hasMore = !isDrained || !table[slot].unread.isEmpty
                return give(slot, target, hasMore: hasMore)
            }
        }
        // libmicrohttpd tries again in its next turn.
        return -Int(EINTR)
    }

    /// The client has closed its side. It may still read an answer to a request left unfinished.
    private func receivedEnd(_ slot: Int32, _ target: UnsafeMutableRawBufferPointer) -> Int {
        table[slot].isClosedByPeer = true
        if table[slot].reader.isBetween { return 0 }
        table[slot].isCut = true
        return answerUnread(slot, status: 400, target, hasMore: false)
    }

    /// Answers a request that is not complete and never will be.
    private func answerUnread(
        _ slot: Int32, status: UInt16, _ target: UnsafeMutableRawBufferPointer, hasMore: Bool
    ) -> Int {
        begin(slot)
        table[slot].isCutShort = true
        table[slot].response = HTTPResponse(status: status, closesConnection: true)
        finishReading(slot)
        return give(slot, target, hasMore: hasMore)
    }

    /// Writes the head that stands for the request which was read. When there is more to read
    /// behind it, it fills all of libmicrohttpd's room: that takes less for all that there is.
    private func give(
        _ slot: Int32, _ target: UnsafeMutableRawBufferPointer, hasMore: Bool
    ) -> Int {
        let head = table[slot].stand.text
        let count = head.utf8CodeUnitCount
        let least = count + Self.filler.utf8CodeUnitCount + 4
        guard target.count >= least, let start = target.baseAddress else { return -Int(ENOBUFS) }
        memcpy(start, head.utf8Start, count)
        var used = count
        if hasMore {
            memcpy(start + used, Self.filler.utf8Start, Self.filler.utf8CodeUnitCount)
            used += Self.filler.utf8CodeUnitCount
            memset(start + used, 0x20, target.count - used - 4)
            used = target.count - 4
            memcpy(start + used, "\r\n", 2)
            used += 2
        }
        memcpy(start + used, "\r\n", 2)
        return used + 2
    }

    /// The name of a header that is empty but for white space.
    private static let filler: StaticString = "Filler:"
}

/// The head that libmicrohttpd gets in place of a request: enough for it to know how to answer.
enum StandIn {
    case get, getAndClose, oldGet, oldGetAndKeep
    case head, headAndClose, oldHead, oldHeadAndKeep

    /// The one for a request with this head.
    init(_ head: HeadReader) {
        let isHead = head.method == .head
        self =
            switch (head.isHTTP11, head.keepsAlive) {
            case (true, true): isHead ? .head : .get
            case (true, false): isHead ? .headAndClose : .getAndClose
            case (false, false): isHead ? .oldHead : .oldGet
            case (false, true): isHead ? .oldHeadAndKeep : .oldGetAndKeep
            }
    }

    /// Its lines, but for the empty one.
    var text: StaticString {
        switch self {
        case .get: "GET / HTTP/1.1\r\nHost:h\r\n"
        case .getAndClose: "GET / HTTP/1.1\r\nHost:h\r\nConnection:close\r\n"
        case .oldGet: "GET / HTTP/1.0\r\n"
        case .oldGetAndKeep: "GET / HTTP/1.0\r\nConnection:keep-alive\r\n"
        case .head: "HEAD / HTTP/1.1\r\nHost:h\r\n"
        case .headAndClose: "HEAD / HTTP/1.1\r\nHost:h\r\nConnection:close\r\n"
        case .oldHead: "HEAD / HTTP/1.0\r\n"
        case .oldHeadAndKeep: "HEAD / HTTP/1.0\r\nConnection:keep-alive\r\n"
        }
    }
}
