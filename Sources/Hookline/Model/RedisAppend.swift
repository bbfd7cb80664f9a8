/// What became of a message that was to be appended to the shared queue.
enum RedisAppend: Sendable, Equatable {
    /// Redis has it, as durably as it is configured for, and so have as many replicas as are
    /// demanded.
    case stored
    /// Redis had it before, and so have as many replicas as are demanded.
    case duplicate
    /// Redis does not have it from this call, and will not.
    case refused(StoreFailure)
    /// Redis may have it. Whoever keeps it elsewhere keeps its identity, by which a second
    /// append is recognised.
    case unknown(StoreFailure)
}
