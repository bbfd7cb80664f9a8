import CMicroHTTPD
import Glibc

/// Reads requests for their connections, and decides what is not taken before its body is read.
extension LoopCore {
    /// Reads what is unread of a connection with what is new; true when its request is over: it is
    /// complete, or refused.
    func read(_ slot: Int32, _ new: UnsafeRawBufferPointer) -> Bool {
        guard !table[slot].unread.isEmpty else {
            let (count, isOver) = readOn(slot, new)
            if count < new.count {
                table[slot].unread = Array(UnsafeRawBufferPointer(rebasing: new[count...]))
            }
            table[slot].needsMore = !isOver
            return isOver
        }
        var unread: [UInt8] = []
        swap(&unread, &table[slot].unread)
        unread.append(contentsOf: new)
        let (count, isOver) = unread.withUnsafeBytes { readOn(slot, $0) }
        // A head is kept until it is complete: nothing is moved for a piece of it.
        if count == unread.count {
            unread = []
        } else if count > 0 {
            unread = Array(unread[count...])
        }
        swap(&unread, &table[slot].unread)
        table[slot].needsMore = !isOver
        return isOver
    }

    /// Reads bytes of one request, in order; returns how many need not be kept.
    private func readOn(
        _ slot: Int32, _ bytes: UnsafeRawBufferPointer
    ) -> (read: Int, isOver: Bool) {
        var read = 0
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[read...])
            var count = 0
            do throws(RequestFault) {
                let event = try table[slot].reader.advance(rest, read: &count, options: options)
                read += count
                switch event {
                case .more:
                    if table[slot].reader.head.hasRequestLine { begin(slot) }
                    return (read, false)
                case .begun: table.beginReading(slot, at: wokeNanoseconds)
                case .head: try headComplete(slot, rest, behind: rest.count - count)
                case .complete:
                    table[slot].body = table[slot].reader.takeBody()
                    table[slot].completedNanoseconds = Self.now()
                    table[slot].phase = .complete
                    return (read, true)
                }
            } catch {
                if table[slot].fields == nil { keepHead(slot, rest) }
                refuse(slot, error)
                finishReading(slot)
                return (bytes.count, true)
            }
        }
    }

    /// The head is complete, with so many bytes behind it. What is not taken is refused before its
    /// body is read.
    private func headComplete(
        _ slot: Int32, _ bytes: UnsafeRawBufferPointer, behind: Int
    ) throws(RequestFault) {
        keepHead(slot, bytes)
        table[slot].stand = StandIn(table[slot].reader.head)
        // Our side is closed when the request came too late for that.
        if stop.isLate || table[slot].closedNanoseconds != 0 {
            throw RequestFault(.stopping, status: 503)
        }
        if table.count - table.evicting > options.connectionsMax * 9 / 10 {
            throw RequestFault(.overloaded, status: 503)
        }
        if let length = table[slot].reader.head.length, length > options.bodyBytesMax {
            throw RequestFault(.bodyTooLarge, status: 413)
        }
        table.setPhase(slot, .body, at: wokeNanoseconds)
        if behind == 0, table[slot].reader.head.waitsToContinue,
            table[slot].reader.hasBodyToCome
        {
            sayContinue(slot)
        }
    }

    /// Keeps what is known of a head, which may be incomplete. A fault may be in it: then the
    /// fields before it are kept.
    private func keepHead(_ slot: Int32, _ bytes: UnsafeRawBufferPointer) {
        begin(slot)
        table[slot].method = table[slot].reader.head.method
        table[slot].target = table[slot].reader.head.target(in: bytes)
        table[slot].fields = table[slot].reader.head.fields(in: bytes)
        table[slot].stand = table[slot].method == .head ? .head : .get
    }

    /// Counts the request that is being read, once.
    func begin(_ slot: Int32) {
        if !table[slot].isBegun { table.beginRequest(slot, at: Self.now()) }
    }

    /// What is unread of a connection will not be read any more.
    func finishReading(_ slot: Int32) {
        _ = table[slot].reader.takeBody()
        table[slot].unread = []
        table[slot].phase = .complete
    }

    /// RFC 9110, section 10.1.1. Nothing else is being sent: the reply before has left, and the
    /// next one waits for the body.
    private func sayContinue(_ slot: Int32) {
        let text: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
        // A client that does not get it sends its body all the same, after a moment.
        _ = send(
            table[slot].descriptor, text.utf8Start, text.utf8CodeUnitCount,
            Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }
}
