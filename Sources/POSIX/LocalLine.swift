import Glibc

/// What came over a local connection.
public enum LocalLine: Sendable, Equatable {
    /// A line without its line feed.
    case line([UInt8])
    /// More bytes than allowed, without a line feed among them.
    case tooLong
    /// The peer closed, or the time was over, before a line feed.
    case incomplete
}

extension LocalConnection {
    /// Reads one line of at most `bytesMax` bytes within `timeoutMilliseconds` in all; what
    /// follows it is lost. Of a line that is too long up to 16 times as much is read and
    /// forgotten: a socket that is closed with unread bytes takes the answer with it.
    public func receiveLine(bytesMax: Int, timeoutMilliseconds: Int32) -> LocalLine {
        let end = MonotonicClock.now() + UInt64(max(0, timeoutMilliseconds)) * 1_000_000
        var line: [UInt8] = []
        var forgotten = 0
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let now = MonotonicClock.now()
            guard now < end else { return forgotten > 0 ? .tooLong : .incomplete }
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wanted, 1, Int32((end - now) / 1_000_000) + 1) == 1 else { continue }
            let got = read(descriptor, &buffer, buffer.count)
            guard got > 0 else { return forgotten > 0 ? .tooLong : .incomplete }
            let feed = buffer[..<got].firstIndex(of: 0x0a)
            line.append(contentsOf: buffer[..<(feed ?? got)])
            if line.count > bytesMax || forgotten > 0 {
                forgotten += line.count
                line = []
                if feed != nil || forgotten > 16 * bytesMax { return .tooLong }
            } else if feed != nil {
                return .line(line)
            }
        }
    }

    /// Writes all bytes; false when the peer is gone, takes nothing for `timeoutMilliseconds`, or
    /// `isCancelled` says so, which is asked ten times a second.
    public func send(
        _ bytes: [UInt8], timeoutMilliseconds: Int32, isCancelled: () -> Bool
    ) -> Bool {
        var offset = 0
        var waited: Int32 = 0
        while offset < bytes.count {
            let sent = bytes.withUnsafeBytes { buffer in
                Glibc.send(
                    descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if sent > 0 {
                offset += sent
                waited = 0
                continue
            }
            guard errno == EAGAIN || errno == EINTR, waited < timeoutMilliseconds, !isCancelled()
            else { return false }
            var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            if poll(&wanted, 1, 100) == 0 { waited += 100 }
        }
        return true
    }
}
