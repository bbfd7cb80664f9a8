import MicroHTTP
import POSIX

/// A request that was refused and may yet prove to be genuine. Nothing of it is believed.
///
/// A class, because it is handed from thread to thread by reference and never changes.
final class QuarantinedRequest: Sendable {
    /// The request as it came.
    let request: HTTPRequest
    /// Why it was refused.
    let reason: QuarantineReason
    /// The client's address, resolved through trusted proxies: 4 bytes, 16, or none.
    let source: [UInt8]
    /// When it was received: milliseconds since the epoch.
    let receivedMilliseconds: Int64

    init(
        _ request: HTTPRequest, reason: QuarantineReason, source: [UInt8],
        receivedMilliseconds: Int64 = WallClock.nowMilliseconds()
    ) {
        self.request = request
        self.reason = reason
        self.source = source
        self.receivedMilliseconds = receivedMilliseconds
    }

    /// What tells it from every other request: target, body, signature, and the idempotency token
    /// where there is one. It is digested with each call, off the path of requests.
    var fingerprint: Identity {
        Identity(
            target: request.target[...], body: request.body,
            signature: request.fields.first("x-twilio-signature") ?? [],
            idempotencyToken: request.fields.first(PassedFields.idempotencyToken) ?? [])
    }

    /// About what it takes in memory and in the store.
    var byteCount: Int {
        request.target.count + request.fields.contentBytes + request.body.count
    }
}
