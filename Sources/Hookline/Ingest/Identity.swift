import OpenSSL

/// What makes a webhook one message, over retries, routes, machines and restarts (X4).
///
/// An inbound message is its account and `MessageSid`; a status callback adds `MessageStatus`
/// and `ErrorCode`, because one message has several; a request without a SID is its own
/// fingerprint. Never the route, the URL or Twilio's idempotency token, which is not signed.
struct Identity: Sendable, Hashable {
    /// 16 bytes: the beginning of a SHA-256.
    let bytes: [UInt8]

    /// An identity read back from where it was stored.
    init(stored bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The identity of an inbound message.
    init(account: ArraySlice<UInt8>, messageSID: ArraySlice<UInt8>) {
        self.init(parts: [Array("message".utf8)[...], account, messageSID])
    }

    /// The identity of one status callback.
    init(
        account: ArraySlice<UInt8>, messageSID: ArraySlice<UInt8>, status: ArraySlice<UInt8>,
        errorCode: ArraySlice<UInt8>
    ) {
        self.init(parts: [Array("status".utf8)[...], account, messageSID, status, errorCode])
    }

    /// The fingerprint of a request that carries no SID.
    init(target: [UInt8], body: [UInt8], signature: ArraySlice<UInt8>) {
        self.init(parts: [Array("request".utf8)[...], target[...], body[...], signature])
    }

    /// The value of the `Idempotency-Key` header: 32 hexadecimal digits, the same for every
    /// attempt, after every restart, on every rung of the ladder.
    var idempotencyKey: String {
        Hexadecimal.text(bytes)
    }

    /// Each part is preceded by its length, so that no two lists of parts read the same.
    private init(parts: [ArraySlice<UInt8>]) {
        var message: [UInt8] = []
        message.reserveCapacity(parts.reduce(0) { $0 + $1.count + 4 })
        for part in parts {
            let count = UInt32(part.count)
            for shift in [24, 16, 8, 0] as [UInt32] {
                message.append(UInt8(truncatingIfNeeded: count >> shift))
            }
            message.append(contentsOf: part)
        }
        bytes = Array(SHA256.digest(message).prefix(16))
    }
}

/// Hexadecimal text in lower case.
enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Two digits a byte.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: self.bytes(bytes), as: UTF8.self)
    }

    /// Two digits a byte, as bytes.
    static func bytes(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
}
