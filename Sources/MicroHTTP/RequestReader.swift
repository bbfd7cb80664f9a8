/// Reads the requests of one connection as they were received. libmicrohttpd does not see them: it
/// is told of a request once all of it was read (`RequestFeed.swift`).
///
/// Confined to its loop's thread. Holds no bytes of its own but the body: whoever calls keeps what
/// was not read yet.
struct RequestReader {
    /// What came of reading.
    enum Event: Equatable {
        /// There is more to come.
        case more
        /// A request begins; call again for it.
        case begun
        /// The head is complete; call again for what is behind it.
        case head
        /// The request is complete.
        case complete
    }

    private enum Stage {
        case between, head, body, chunks
    }

    private var stage = Stage.between
    private(set) var head = HeadReader()
    private var chunks = ChunkReader()
    /// Bytes of the body that are still to come, of one whose length is known.
    private var remaining = 0
    /// Bytes of empty lines before the request.
    private var skipped = 0
    /// The body so far.
    private(set) var body: [UInt8] = []

    /// True while no byte of a request was read.
    var isBetween: Bool { stage == .between }

    /// Reads on. `bytes` begin where reading ended; `read` says how many of them need not be kept.
    mutating func advance(
        _ bytes: UnsafeRawBufferPointer, read: inout Int, options: EventLoopOptions
    ) throws(RequestFault) -> Event {
        read = 0
        switch stage {
        case .between:
            read = try skipEmptyLines(bytes, bytesMax: options.headerBytesMax)
            guard read < bytes.count, bytes[read] != HTTPBytes.carriageReturn else { return .more }
            stage = .head
            return .begun
        case .head:
            guard let count = try head.advance(bytes, bytesMax: options.headerBytesMax) else {
                return .more
            }
            read = count
            remaining = head.length ?? 0
            stage = head.isChunked ? .chunks : .body
            return .head
        case .body:
            let count = min(remaining, bytes.count)
            if count > 0 {
                body.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            }
            remaining -= count
            read = count
            return remaining == 0 ? .complete : .more
        case .chunks:
            let (count, isComplete) = try chunks.advance(
                bytes, into: &body, bodyBytesMax: options.bodyBytesMax,
                trailerBytesMax: options.headerBytesMax)
            read = count
            return isComplete ? .complete : .more
        }
    }

    /// True when the head is complete, and the body is not even begun.
    var hasBodyToCome: Bool { remaining > 0 || stage == .chunks }

    /// The body, once; reading goes on with the next request.
    mutating func takeBody() -> [UInt8] {
        let taken = body
        self = RequestReader()
        return taken
    }

    /// A server skips an empty line before a request line (RFC 9112, section 2.2).
    private mutating func skipEmptyLines(
        _ bytes: UnsafeRawBufferPointer, bytesMax: Int
    ) throws(RequestFault) -> Int {
        var place = 0
        while place < bytes.count, bytes[place] == HTTPBytes.carriageReturn {
            guard place + 1 < bytes.count else { return place }
            guard bytes[place + 1] == HTTPBytes.feed else { throw RequestFault(.layout) }
            place += 2
            skipped += 2
            guard skipped <= bytesMax else { throw RequestFault(.layout) }
        }
        return place
    }
}
