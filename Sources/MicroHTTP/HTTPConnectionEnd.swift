/// Why a connection ended without a request that was answered, or while one was coming.
///
/// A request that was refused is not among them: `refused` tells of it. Where a part of a request
/// was there, its client was sent 400 or 408.
public enum HTTPConnectionEnd: String, Sendable, CaseIterable {
    /// It never sent a byte, and its client closed it: a port scan, or a check of a load balancer.
    case silent
    /// Its client closed it before a request was complete.
    case clientClosed = "client_closed"
    /// Its request line and fields did not come in time, or nothing came at all.
    case headTimeout = "head_timeout"
    /// Its body did not come in time.
    case bodyTimeout = "body_timeout"
    /// Its client did not take the reply in time.
    case replyTimeout = "reply_timeout"
    /// It was kept alive, and no further request came in time.
    case idleTimeout = "idle_timeout"
    /// Connections ran short, and it had waited.
    case evicted
    /// libmicrohttpd closed it, without an answer and without a message.
    case dropped
}
