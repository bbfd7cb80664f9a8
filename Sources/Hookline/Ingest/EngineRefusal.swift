import MicroHTTP
import POSIX

extension ReplyContext {
    /// Counts a request that the engine answered itself, and says why in one line of the log. The
    /// loop's thread.
    func refused(_ request: HTTPRefusedRequest, _ completion: HTTPCompletion) {
        let isShed = request.reason == .overloaded || request.reason == .stopping
        let outcome: WebhookOutcome = isShed ? .unavailable : .malformed
        let error: ErrorType =
            switch request.reason {
            case .framing, .expectation, .headTooLarge: .framing
            case .bodyTooLarge: .bodyTooLarge
            case .overloaded, .stopping: .internal
            }
        metrics.errors[error].add(shard: completion.loop)
        if isShed {
            let reason: ShedReason = request.reason == .stopping ? .stopping : .connections
            metrics.requestsShed[reason].add(shard: completion.loop)
        } else {
            metrics.engineRefusals[EngineStatus(completion.status)].add(shard: completion.loop)
        }
        if request.reason == .headTooLarge {
            longHeads.note { $0.with("status", completion.status) }
        }
        let timing = ReplyTiming(
            completion: completion, validatedNanoseconds: completion.completedNanoseconds,
            receiptNanoseconds: completion.completedNanoseconds)
        observe(timing, route: .other, outcome: outcome)
        // Nothing of what a stranger wrote is in it.
        log.writeSampled(.info, of: .refused) {
            LogLine(.info, "webhook").with("route", RouteLabel.other.rawValue)
                .with("outcome", outcome.rawValue).with("reason", request.reason.rawValue)
                .with("fault", request.fault?.rawValue ?? "").with("status", completion.status)
                .with("duration_s", nanoseconds: timing.duration)
        }
    }

    /// A connection ended badly: counted, and some of them are named in the log, by cause and by
    /// the network that they came from.
    func ended(_ end: HTTPConnectionEnd, peer: [UInt8], loop: Int) {
        metrics.connectionsFailed[end].add(shard: loop)
        // What a client closes, or leaves idle, is seen on every port of the Internet.
        let level: LogLevel =
            switch end {
            case .silent, .clientClosed, .idleTimeout: .debug
            case .headTimeout, .bodyTimeout, .replyTimeout, .evicted, .dropped: .info
            }
        log.writeSampled(level, of: .refused) {
            LogLine(level, "connection ended").with("cause", end.rawValue)
                .with("network", MaskedAddress.text(peer))
        }
    }

    /// A message of libmicrohttpd.
    func engineMessage(_ message: String, loop: Int) {
        log.write(LogLine(.debug, "libmicrohttpd").with("message", message))
    }
}
