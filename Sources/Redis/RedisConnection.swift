import CHiredis
import Glibc

/// One connection to Redis, confined to one thread. It never blocks longer than it is told to.
///
/// hiredis makes the connection and parses; the waiting is ours, in `poll` and by one deadline
/// for a whole call: hiredis's own time-out is `SO_RCVTIMEO`, which begins anew with every byte
/// of a trickling peer and is lost when a context reconnects. So the socket never blocks, and a
/// context is never used again after an error. What is sent goes through `send` with
/// `MSG_NOSIGNAL`, where hiredis's `write` would raise SIGPIPE.
public struct RedisConnection: ~Copyable {
    private var context: UnsafeMutablePointer<redisContext>?
    private var reader: ReplyReader?
    private var isConnecting = true
    private var output: [UInt8] = []
    private var outputStart = 0

    /// Bytes handed to the kernel since the connection was made.
    public private(set) var sentBytes: UInt64 = 0
    /// Commands whose reply has not arrived.
    public private(set) var unanswered = 0

    /// Begins to connect and returns at once; whether it succeeds is seen by the first
    /// `exchange`.
    public init(to endpoint: RedisEndpoint, limits: ReplyLimits = ReplyLimits()) throws(RedisError)
    {
        let opened =
            switch endpoint {
            case .tcp(let address, let port): redisConnectNonBlock(address, Int32(port))
            case .unix(let path): redisConnectUnixNonBlock(path)
            }
        guard let opened else { throw .unreachable("no memory") }
        guard opened.pointee.err == 0, opened.pointee.fd >= 0 else {
            let message = Self.message(opened)
            redisFree(opened)
            throw .unreachable(message)
        }
        _ = fcntl(opened.pointee.fd, F_SETFD, FD_CLOEXEC)
        reader = ReplyReader(borrowing: opened.pointee.reader, limits: limits)
        context = opened
    }

    deinit {
        if let context { redisFree(context) }
    }

    /// Bytes that wait for the kernel to take them.
    public var unsentBytes: Int { output.count - outputStart }

    /// Adds a command to what is sent by the next `exchange`. Returns the value that `sentBytes`
    /// has when Redis can have seen the command: while it is below, Redis cannot have run it.
    @discardableResult
    public mutating func enqueue(_ command: RedisCommand) -> UInt64 {
        if outputStart == output.count {
            output.removeAll(keepingCapacity: output.capacity <= 1 << 20)
            outputStart = 0
        }
        command.append(to: &output)
        unanswered += 1
        return sentBytes + UInt64(unsentBytes)
    }

    /// Sends what waits and appends what Redis answered, in the order of the commands.
    ///
    /// Returns when there is a reply, when the waker rang, or at the monotonic deadline, whatever
    /// is first. After a throw the connection is closed and every further call throws `.closed`.
    public mutating func exchange(
        untilNanoseconds deadline: UInt64, waker: RedisWaker? = nil,
        into replies: inout [RedisReply]
    ) throws(RedisError) {
        do {
            try step(deadline, waker, &replies)
        } catch {
            drop()
            throw error
        }
    }

    /// Runs commands and returns a reply for each; throws `.timeout` at the monotonic deadline.
    ///
    /// After a throw it is unknown which of them Redis ran, unless `sentBytes` says so.
    public mutating func call(
        _ commands: [RedisCommand], untilNanoseconds deadline: UInt64
    ) throws(RedisError) -> [RedisReply] {
        precondition(unanswered == 0, "replies to other commands are outstanding")
        for command in commands { enqueue(command) }
        var replies: [RedisReply] = []
        while replies.count < commands.count {
            try exchange(untilNanoseconds: deadline, into: &replies)
            if replies.count < commands.count && RedisClock.now() >= deadline {
                drop()
                throw .timeout
            }
        }
        return replies
    }

    /// Runs one command; see the call for several.
    public mutating func call(
        _ command: RedisCommand, untilNanoseconds deadline: UInt64
    ) throws(RedisError) -> RedisReply {
        try call([command], untilNanoseconds: deadline)[0]
    }

    private mutating func drop() {
        reader = nil
        if let context { redisFree(context) }
        context = nil
        output = []
        outputStart = 0
        unanswered = 0
    }

    private mutating func step(
        _ deadline: UInt64, _ waker: RedisWaker?, _ replies: inout [RedisReply]
    ) throws(RedisError) {
        while true {
            guard let context else { throw .closed("it was given up before") }
            if !isConnecting { try flush(context.pointee.fd) }
            let before = replies.count
            try reader?.take(into: &replies)
            let count = replies.count - before
            guard count <= unanswered else { throw .garbled("a reply that nothing asked for") }
            unanswered -= count
            if count > 0 { return }
            let left = RedisClock.milliseconds(until: deadline)
            guard try wait(context, waker, left), left > 0 else { return }
        }
    }

    /// Waits for the socket; false when the waker rang or nothing happened in time.
    private mutating func wait(
        _ context: UnsafeMutablePointer<redisContext>, _ waker: RedisWaker?, _ milliseconds: Int32
    ) throws(RedisError) -> Bool {
        let isWriting = isConnecting || unsentBytes > 0
        let events = isWriting ? Int16(POLLIN | POLLOUT) : Int16(POLLIN)
        var watched = [pollfd(fd: context.pointee.fd, events: events, revents: 0)]
        if let waker {
            watched.append(pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0))
        }
        let code = poll(&watched, nfds_t(watched.count), milliseconds)
        if code < 0 && errno != EINTR { throw .closed("poll: \(Self.systemMessage())") }
        guard code > 0 else { return code < 0 }
        if watched[0].revents != 0 {
            if isConnecting { try finishConnecting(context.pointee.fd) }
            if watched[0].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 { try read(context) }
        }
        if watched.count == 2 && watched[1].revents != 0 {
            waker?.silence()
            return false
        }
        return true
    }

    private mutating func finishConnecting(_ socket: Int32) throws(RedisError) {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &length) == 0, code == 0 else {
            throw .unreachable(String(cString: strerror(code)))
        }
        isConnecting = false
    }

    private func read(_ context: UnsafeMutablePointer<redisContext>) throws(RedisError) {
        guard redisBufferRead(context) == REDIS_OK else { throw .closed(Self.message(context)) }
    }

    private mutating func flush(_ socket: Int32) throws(RedisError) {
        while unsentBytes > 0 {
            let start = outputStart
            let sent = output.withUnsafeBytes { bytes in
                send(
                    socket, bytes.baseAddress?.advanced(by: start), bytes.count - start,
                    Int32(MSG_NOSIGNAL))
            }
            if sent < 0 && errno == EINTR { continue }
            if sent < 0 && errno == EAGAIN { return }
            guard sent > 0 else { throw .closed(Self.systemMessage()) }
            sentBytes += UInt64(sent)
            outputStart += sent
        }
    }

    private static func systemMessage() -> String { String(cString: strerror(errno)) }

    private static func message(_ context: UnsafeMutablePointer<redisContext>) -> String {
        withUnsafeBytes(of: &context.pointee.errstr) { text in
            String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
