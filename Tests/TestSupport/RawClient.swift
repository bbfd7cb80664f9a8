import Glibc

/// A raw client: sends exact bytes, reads what comes until the peer closes or enough is there.
public final class RawClient {
    /// The socket.
    public let descriptor: Int32
    private var unread: [UInt8] = []

    /// Connects to a port of 127.0.0.1; reading gives up after so many seconds without a byte.
    /// With `receiveBytes` little more than that is taken from the peer before it is read here.
    /// `source` is its own address, of 127.0.0.0/8.
    public init(
        port: UInt16, receiveSeconds: Int = 10, receiveBytes: Int32? = nil,
        from source: String? = nil
    ) throws {
        descriptor = try LoopbackSocket.connected(
            to: port, receiveBytes: receiveBytes, from: source)
        var limit = timeval(tv_sec: receiveSeconds, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Sends text.
    public func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends bytes.
    public func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    /// One response: its status, its head and its body by Content-Length; nil at the end.
    public func response() -> (status: Int, head: String, body: String)? {
        rawResponse().map { ($0.status, $0.head, String(decoding: $0.body, as: UTF8.self)) }
    }

    /// One response as `response()` has it, its body as it came.
    public func rawResponse() -> (status: Int, head: String, body: [UInt8])? {
        while true {
            if let end = unread.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: unread[..<end.lowerBound], as: UTF8.self)
                let length = Self.contentLength(head)
                if unread.count >= end.upperBound + length {
                    let body = Array(unread[end.upperBound..<end.upperBound + length])
                    unread.removeFirst(end.upperBound + length)
                    return (Int(head.split(separator: " ")[1]) ?? 0, head, body)
                }
            }
            guard receive() else { return nil }
        }
    }

    /// Everything until the peer closes.
    public func rest() -> [UInt8] {
        while receive() {}
        return unread
    }

    /// True when the peer has closed and nothing is left to read.
    public var isAtEnd: Bool {
        while receive() {}
        return unread.isEmpty
    }

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let got = recv(descriptor, &buffer, buffer.count, 0)
        guard got > 0 else { return false }
        unread.append(contentsOf: buffer.prefix(got))
        return true
    }

    private static func contentLength(_ head: String) -> Int {
        head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).filter { $0 != " " }) } ?? 0
    }
}
