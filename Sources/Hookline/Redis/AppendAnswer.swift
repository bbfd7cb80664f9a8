import Redis

/// What the append script's answer says.
enum AppendAnswer: Sendable, Equatable {
    /// The message was appended: appends of this process, and the data's epoch.
    case stored(total: Int64, epoch: [UInt8]?)
    case duplicate, refused, unknown

    init(_ outcome: RedisOutcome) {
        guard case .reply(let reply) = outcome else {
            if case .unknown = outcome { self = .unknown } else { self = .refused }
            return
        }
        if case .error = reply {
            self = .refused
        } else if let parts = reply.elements, parts.count == 4, let code = parts[0].integer,
            let total = parts[2].integer
        {
            self = code == 1 ? .stored(total: total, epoch: parts[3].bytes) : .duplicate
        } else {
            self = .unknown
        }
    }

    /// What the caller is told.
    var outcome: RedisAppend {
        switch self {
        case .stored: .stored
        case .duplicate: .duplicate
        case .refused: .refused
        case .unknown: .unknown
        }
    }
}

extension QueueScripts {
    /// A request that appends a webhook of which so many attempts were made.
    static func appendRequest(
        _ webhook: Webhook, attempts: Int, _ options: RedisQueue.Options, on link: RedisLink,
        deadlineNanoseconds: UInt64, completion: @escaping @Sendable (AppendAnswer) -> Void
    ) -> RedisRequest {
        append.request(
            on: link,
            keys: [
                options.keys.stream(webhook.priority), options.keys.seen(webhook.identity),
                options.keys.appends, options.keys.epoch,
            ],
            arguments: [
                StreamEntry.text(options.dedupeRetentionMilliseconds), Array(options.consumer.utf8),
            ] + StreamEntry.values(webhook, attempts: attempts),
            deadlineNanoseconds: deadlineNanoseconds, needsReplicas: true
        ) { completion(AppendAnswer($0)) }
    }
}
