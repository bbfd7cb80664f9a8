import Redis

/// What the append script's answer says.
enum AppendAnswer: Sendable, Equatable {
    /// The message was appended: appends of this process, and the data's epoch.
    case stored(total: Int64, epoch: [UInt8]?)
    case duplicate
    case refused(StoreFailure)
    case unknown(StoreFailure)

    init(_ outcome: RedisOutcome) {
        let reply: RedisReply
        switch outcome {
        case .reply(let answer): reply = answer
        case .unknown(let failure):
            self = .unknown(StoreFailure(failure))
            return
        case .notSent(let failure):
            self = .refused(StoreFailure(failure))
            return
        }
        if case .error(let error) = reply {
            self = .refused(StoreFailure(error.kind))
        } else if let parts = reply.elements, parts.count == 4, let code = parts[0].integer,
            let total = parts[2].integer
        {
            self = code == 1 ? .stored(total: total, epoch: parts[3].bytes) : .duplicate
        } else {
            self = .unknown(.other)
        }
    }

    /// What the caller is told.
    var outcome: RedisAppend {
        switch self {
        case .stored: .stored
        case .duplicate: .duplicate
        case .refused(let reason): .refused(reason)
        case .unknown(let reason): .unknown(reason)
        }
    }
}

extension QueueScripts {
    /// A request that appends a webhook of which so many attempts were made.
    static func appendRequest(
        _ item: RedisQueue.Append, attempts: Int, _ options: RedisQueue.Options,
        on link: RedisClient, completion: @escaping @Sendable (AppendAnswer) -> Void
    ) -> RedisRequest {
        let webhook = item.webhook
        let validation = item.validationKey.flatMap { ValidationEntry(key: $0) }
        return append.request(
            on: link,
            keys: [
                options.keys.stream(webhook.priority), options.keys.seen(webhook.identity),
                options.keys.appends, options.keys.epoch, options.keys.clock,
            ] + (validation.map { [$0.name] } ?? []),
            arguments: [
                StreamEntry.text(options.dedupeRetentionMilliseconds), Array(options.consumer.utf8),
            ] + StreamEntry.values(webhook, attempts: attempts)
                + [
                    StreamEntry.text(item.ageMilliseconds),
                    StreamEntry.text(webhook.kind.isNamed ? 0 : options.repeatMilliseconds),
                ]
                + (validation?.arguments(options.validationMilliseconds) ?? []),
            deadlineNanoseconds: item.deadlineNanoseconds, needsReplicas: true
        ) { completion(AppendAnswer($0)) }
    }
}

extension StoreFailure {
    /// Why Redis did not answer.
    init(_ failure: RedisFailure) {
        self =
            switch failure {
            case .timeout: .deadline
            case .notReplicated: .sync
            case .closed, .garbled: .inputOutput
            case .breakerOpen, .full, .stopping: .busy
            }
    }

    /// Why Redis refused.
    init(_ kind: ServerError.Kind) {
        self =
            switch kind {
            case .outOfMemory: .full
            case .misconfigured: .sync
            case .loading, .busy, .replicas: .busy
            case .readOnly, .masterDown, .authentication, .permission, .cluster: .access
            case .noScript, .noGroup, .unblocked, .wrongType, .other: .other
            }
    }
}
