import Deflate

/// Tells whether a stored row is still what was written.
///
/// SQLite has no checksums of its own: a byte that changes on the disk is read as if it had always
/// been so, and would be forwarded under a genuine signature. So each row has a checksum of all
/// that is forwarded or decides about it, made before it is stored and compared each time it is
/// read.
///
/// It is a number of 33 bits whose first bit is set: always six bytes in SQLite, never none. A
/// record says how long each of its values is, and SQLite refuses one whose lengths do not add up
/// (SQLITE_CORRUPT): a changed byte cannot make a row look as if it never had a checksum.
enum RowChecksum {
    /// What comparing says.
    enum Verdict: Sendable {
        /// It is what was written.
        case whole
        /// It was written by a version that knew no checksums.
        case unchecked
        /// It is not what was written.
        case corrupt
    }

    /// No row has it: what was found corrupt and had to be written again is stored with it.
    static let never: Int64 = 0

    /// The checksum of a delivery in the row of this number, for the destination of this code.
    static func of(_ webhook: Webhook, id: Int64, destination: Int64 = 0) -> Int64 {
        of(
            [
                UInt64(bitPattern: id),
                // The rows of `default` keep the checksum that earlier versions gave them.
                UInt64(bitPattern: webhook.kind.code) | UInt64(bitPattern: destination) << 32,
                UInt64(bitPattern: webhook.receivedMilliseconds), webhook.identity.high,
                webhook.identity.low,
            ], webhook.head.bytes, webhook.body)
    }

    /// The checksum of a request that is stored whole, as a `RequestRecord`. `word` is what else
    /// decides about it.
    static func of(
        fingerprint: [UInt8], receivedMilliseconds: Int64, word: [UInt8], head: [UInt8],
        body: [UInt8]
    ) -> Int64 {
        let identity = Identity(stored: fingerprint)
        return of(
            [
                UInt64(word.count), UInt64(bitPattern: receivedMilliseconds), identity.high,
                identity.low, UInt64(fingerprint.count),
            ], word + head, body)
    }

    /// Compares a row's checksum, nil when it has none, with what its content gives.
    static func verdict(stored: Int64?, _ computed: @autoclosure () -> Int64) -> Verdict {
        guard let stored else { return .unchecked }
        return stored == computed() ? .whole : .corrupt
    }

    private static func of(
        _ numbers: InlineArray<5, UInt64>, _ head: [UInt8], _ body: [UInt8]
    ) -> Int64 {
        // The lengths too: no byte can move from one part to the next.
        let lengths =
            UInt64(UInt32(truncatingIfNeeded: head.count)) << 32
            | UInt64(UInt32(truncatingIfNeeded: body.count))
        // The most significant byte first, on every machine.
        let first: InlineArray<6, UInt64> = [
            numbers[0].bigEndian, numbers[1].bigEndian, numbers[2].bigEndian,
            numbers[3].bigEndian, numbers[4].bigEndian, lengths.bigEndian,
        ]
        var checksum = CRC32()
        checksum.update(first.span)
        checksum.update(head.span)
        checksum.update(body.span)
        return 1 << 32 | Int64(checksum.value)
    }
}
