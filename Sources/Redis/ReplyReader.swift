import CHiredis

/// hiredis's parser with a bound on the elements of a reply: it allocates room for as many as an
/// array's head announces, before any of them arrived, and walks over all of it to free it.
struct ReplyReader: ~Copyable {
    /// What the parser's callback finds; its address is the reader's `privdata`.
    private struct Guard {
        var functions: redisReplyObjectFunctions
        var original: redisReplyObjectFunctions
        var elementsLeft: Int
    }

    private let reader: UnsafeMutablePointer<redisReader>
    private let state: UnsafeMutablePointer<Guard>
    private let limits: ReplyLimits

    /// Takes over the parser of a context that lives at least as long as this.
    init(borrowing reader: UnsafeMutablePointer<redisReader>, limits: ReplyLimits) {
        self.reader = reader
        self.limits = limits
        state = .allocate(capacity: 1)
        let original = reader.pointee.fn.pointee
        state.initialize(
            to: Guard(
                functions: original, original: original, elementsLeft: limits.elementsMax))
        state.pointee.functions.createArray = { task, count in
            guard let task, let context = task.pointee.privdata else { return nil }
            let state = context.assumingMemoryBound(to: Guard.self)
            guard Int(count) <= state.pointee.elementsLeft else { return nil }
            state.pointee.elementsLeft -= Int(max(0, count))
            return state.pointee.original.createArray(task, count)
        }
        reader.pointee.privdata = UnsafeMutableRawPointer(state)
        reader.pointee.fn = UnsafeMutableRawPointer(state)
            .assumingMemoryBound(to: redisReplyObjectFunctions.self)
    }

    deinit {
        state.deallocate()
    }

    /// Appends every reply that is complete; throws when what is there cannot become one.
    func take(into replies: inout [RedisReply]) throws(RedisError) {
        while true {
            var object: UnsafeMutableRawPointer?
            guard redisReaderGetReply(reader, &object) == REDIS_OK else {
                throw .garbled(Self.message(reader))
            }
            guard let object else { break }
            state.pointee.elementsLeft = limits.elementsMax
            let reply = object.assumingMemoryBound(to: redisReply.self)
            replies.append(Self.value(of: reply))
            freeReplyObject(reply)
        }
        guard reader.pointee.len - reader.pointee.pos <= limits.bytesMax else {
            throw .garbled("a reply of more than \(limits.bytesMax) bytes")
        }
    }

    private static func message(_ reader: UnsafeMutablePointer<redisReader>) -> String {
        if reader.pointee.err == REDIS_ERR_OOM { return "a reply with too many elements" }
        return withUnsafeBytes(of: &reader.pointee.errstr) { text in
            String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private static func value(of reply: UnsafePointer<redisReply>) -> RedisReply {
        switch reply.pointee.type {
        case REDIS_REPLY_STRING: return .bytes(Array(text(of: reply)))
        case REDIS_REPLY_STATUS: return .status(String(decoding: text(of: reply), as: UTF8.self))
        case REDIS_REPLY_ERROR: return .error(ServerError(reply: text(of: reply)))
        case REDIS_REPLY_INTEGER: return .integer(reply.pointee.integer)
        case REDIS_REPLY_ARRAY:
            let elements = UnsafeBufferPointer(
                start: reply.pointee.element, count: reply.pointee.elements)
            return .array(elements.map { element in element.map { value(of: $0) } ?? .null })
        default: return .null
        }
    }

    private static func text(of reply: UnsafePointer<redisReply>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len)
    }
}
