import CCurl
import Glibc

/// Where libcurl's callbacks put what they learn of one transfer; the engine's thread only.
final class ResponseSink {
    /// How much of a response's head is read, interim responses and trailers included.
    static let headBytesMax = 65_536

    /// The body so far.
    private(set) var body: [UInt8] = []
    /// Whether there was more body than allowed.
    private(set) var bodyTruncated = false
    /// Whether there was more head than allowed.
    private(set) var headTooLarge = false
    /// Addresses of the local link may be connected to.
    private(set) var allowsLinkLocal = true
    /// Whether an address was not connected to for that reason.
    private(set) var addressRefused = false
    /// How often sending the request began.
    private(set) var timesSent = 0
    private var bodyBytesMax = 0
    private var headBytes = 0

    /// Forgets the last transfer.
    func begin(bodyBytesMax: Int, allowsLinkLocal: Bool = true) {
        self.allowsLinkLocal = allowsLinkLocal
        addressRefused = false
        body = []
        bodyTruncated = false
        headTooLarge = false
        timesSent = 0
        headBytes = 0
        self.bodyBytesMax = max(0, bodyBytesMax)
    }

    /// Takes a piece of the body; false when it went over the limit, which is filled first.
    private func bodyPiece(_ piece: UnsafeRawBufferPointer) -> Bool {
        let room = bodyBytesMax - body.count
        body.append(contentsOf: piece.prefix(room))
        bodyTruncated = piece.count > room
        return !bodyTruncated
    }

    private func headLine(bytes: Int) -> Bool {
        headBytes += bytes
        headTooLarge = headBytes > Self.headBytesMax
        return !headTooLarge
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> ResponseSink? {
        guard let context else { return nil }
        return Unmanaged<ResponseSink>.fromOpaque(context).takeUnretainedValue()
    }

    /// `CURLOPT_WRITEFUNCTION`: any result but the number of bytes stops the transfer.
    static let write: curl_write_callback = { bytes, size, count, context in
        guard let sink = from(context) else { return 0 }
        let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return sink.bodyPiece(piece) ? piece.count : 0
    }

    /// `CURLOPT_HEADERFUNCTION`: counts only, libcurl keeps the headers (curl_easy_header(3)).
    static let header: curl_write_callback = { _, size, count, context in
        guard let sink = from(context) else { return 0 }
        return sink.headLine(bytes: size * count) ? size * count : 0
    }

    /// `CURLOPT_PREREQFUNCTION`: a connection is there and the request is sent next.
    static let beforeRequest: curl_prereq_callback = { context, _, _, _, _ in
        from(context)?.timesSent += 1
        return CURL_PREREQFUNC_OK
    }

    /// `CURLOPT_OPENSOCKETFUNCTION`: the address is the one that is connected to, after every
    /// look-up of names, so that no name leads round it.
    static let openSocket: curl_opensocket_callback = { context, _, address in
        guard let address else { return -1 }
        if LinkLocal.holds(address), let sink = from(context) {
            sink.addressRefused = true
            return -1
        }
        return socket(
            address.pointee.family, address.pointee.socktype, address.pointee.protocol)
    }

    /// `CURLOPT_SOCKOPTFUNCTION`: programs that the process starts must not inherit the socket,
    /// and libcurl 7.88 does not see to it.
    static let socketOpened: curl_sockopt_callback = { _, socket, _ in
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        return CURL_SOCKOPT_OK
    }
}
