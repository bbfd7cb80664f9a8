import OpenSSL

/// What makes a webhook one event, over retries, routes, machines and restarts.
///
/// Two requests are one only when Twilio would have sent the second because it did not have our
/// answer to the first. `WebhookReader` says what that is for each product.
struct Identity: Digest, Hashable {
    /// The beginning of a SHA-256: its first eight bytes, the most significant first.
    let high: UInt64
    /// The next eight.
    let low: UInt64

    /// An identity read back from where it was stored; bytes that are missing are 0.
    init(stored bytes: [UInt8]) {
        high = Self.number(bytes.prefix(8))
        low = Self.number(bytes.dropFirst(8).prefix(8))
    }

    /// The 16 bytes in place.
    var digits: InlineArray<16, UInt8> {
        InlineArray { place in
            UInt8(truncatingIfNeeded: (place < 8 ? high : low) >> UInt64(56 - place % 8 * 8))
        }
    }

    /// The 16 bytes.
    var bytes: [UInt8] {
        let digits = digits
        return [UInt8](room: 16) { bytes in
            for place in digits.indices { bytes.append(digits[place]) }
        }
    }

    /// A digest is evenly spread: a part of it tells one from another.
    func hash(into hasher: inout Hasher) { hasher.combine(low) }

    /// The identity of an inbound message, by its name and by what it says.
    init(account: ArraySlice<UInt8>, messageSID: ArraySlice<UInt8>, content: [UInt8] = []) {
        var digest = Self.digest("message", account, messageSID)
        Self.add(content[...], to: &digest)
        self.init(digest: digest)
    }

    /// The identity of one status callback.
    init(
        account: ArraySlice<UInt8>, messageSID: ArraySlice<UInt8>, status: ArraySlice<UInt8>,
        errorCode: ArraySlice<UInt8>
    ) {
        var digest = Self.digest("status", account, messageSID)
        Self.add(status, to: &digest)
        Self.add(errorCode, to: &digest)
        self.init(digest: digest)
    }

    /// The identity of an event that its product names by `parts`, whose number and order are the
    /// product's.
    init(product: String, account: ArraySlice<UInt8>, parts: [ArraySlice<UInt8>]) {
        var digest = Self.digest("product", Array(product.utf8)[...], account)
        for part in parts { Self.add(part, to: &digest) }
        self.init(digest: digest)
    }

    /// The fingerprint of a request's bytes: target, body and signature, and Twilio's idempotency
    /// token, which may tell apart what is the same otherwise.
    init(
        target: ArraySlice<UInt8>, body: [UInt8], signature: ArraySlice<UInt8>,
        idempotencyToken: ArraySlice<UInt8> = []
    ) {
        var digest = Self.digest("request", target, body[...])
        Self.add(signature, to: &digest)
        if !idempotencyToken.isEmpty { Self.add(idempotencyToken, to: &digest) }
        self.init(digest: digest)
    }

    /// 32 hexadecimal digits.
    var idempotencyKey: String {
        Hexadecimal.text(bytes)
    }

    private init(digest: SHA256) { (high, low) = digest.prefix }

    /// What an identity of this kind begins with.
    private static func digest(
        _ kind: String, _ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>
    ) -> SHA256 {
        var digest = SHA256()
        add(Array(kind.utf8)[...], to: &digest)
        add(first, to: &digest)
        add(second, to: &digest)
        return digest
    }

    /// Each part is preceded by its length, so that no two lists of parts read the same.
    private static func add(_ part: ArraySlice<UInt8>, to digest: inout SHA256) {
        digest.update(UInt32(part.count))
        digest.update(part)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var number: UInt64 = 0
        for byte in bytes { number = number << 8 | UInt64(byte) }
        return number << UInt64(8 * (8 - bytes.count))
    }
}
