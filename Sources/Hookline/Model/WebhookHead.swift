import POSIX

/// What came with a webhook's body, in one buffer, which is also how it is stored: each part
/// behind its length in four bytes, the most significant first, in the order of `Part`.
struct WebhookHead: Sendable, Equatable {
    /// The parts. Never reorder: the order is that of stored rows.
    enum Part: Int, CaseIterable, Sendable {
        /// The origin that Twilio called, with a base path if a proxy strips one.
        case origin
        /// The raw request target.
        case target
        /// The `Content-Type` as received, empty when there was none.
        case contentType
        /// The `X-Twilio-Signature` as received.
        case signature
        /// The `traceparent` to forward: the request's trace, or a new one.
        case traceParent
        /// The account, as claimed until the request is verified, empty when it names none.
        case account
        /// The `MessageSid`, empty when the request has none.
        case messageSID
        /// The `tracestate` to forward, empty when there is none.
        case traceState
        /// `GET`, empty for a POST.
        case method
        /// The `I-Twilio-Idempotency-Token`, empty when there was none. It is not signed.
        case idempotencyToken
        /// Other fields of Twilio's that the application gets, as `HTTPFields.lines` writes them.
        case passedFields
        /// The id of the key that has proved the request, eight bytes; 0 until one has.
        case keyID
    }

    private static let partCount = 12
    /// Rows of earlier versions end with `traceState`.
    private static let partCountBefore = 8

    /// The parts with their lengths.
    private(set) var bytes: [UInt8]
    /// Where each part ends in `bytes`.
    private let ends: InlineArray<12, Int>

    /// A head from its parts, proved by no key yet.
    init(
        origin: Span<UInt8>, target: Span<UInt8>, contentType: Span<UInt8>,
        signature: Span<UInt8>, traceParent: Span<UInt8>,
        account: Span<UInt8>, messageSID: Span<UInt8>, traceState: Span<UInt8>,
        method: Span<UInt8>, idempotencyToken: Span<UInt8>, passedFields: Span<UInt8>
    ) {
        let content =
            origin.count + target.count + contentType.count + signature.count
            + traceParent.count + account.count + messageSID.count + traceState.count
            + method.count + idempotencyToken.count + passedFields.count + 8
        var ends = InlineArray<12, Int>(repeating: 0)
        bytes = [UInt8](room: 4 * Self.partCount + content) { bytes in
            func begin(_ count: Int) {
                let count = UInt32(count)
                bytes.append(UInt8(truncatingIfNeeded: count >> 24))
                bytes.append(UInt8(truncatingIfNeeded: count >> 16))
                bytes.append(UInt8(truncatingIfNeeded: count >> 8))
                bytes.append(UInt8(truncatingIfNeeded: count))
            }
            func add(_ part: Part, _ content: Span<UInt8>) {
                begin(content.count)
                bytes.append(copying: content)
                ends[part.rawValue] = bytes.count
            }
            add(.origin, origin)
            add(.target, target)
            add(.contentType, contentType)
            add(.signature, signature)
            add(.traceParent, traceParent)
            add(.account, account)
            add(.messageSID, messageSID)
            add(.traceState, traceState)
            add(.method, method)
            add(.idempotencyToken, idempotencyToken)
            add(.passedFields, passedFields)
            begin(8)
            for _ in 0..<8 { bytes.append(0) }
            ends[Part.keyID.rawValue] = bytes.count
        }
        self.ends = ends
    }

    /// Reads what was stored; nil when the lengths do not fit.
    init?(stored: [UInt8]) {
        var bytes = stored
        var ends = InlineArray<12, Int>(repeating: 0)
        var position = 0
        for part in Part.allCases {
            if part.rawValue == Self.partCountBefore, position == bytes.count {
                // Written by an earlier version: what it did not know is empty.
                bytes += [UInt8](
                    repeating: 0, count: 4 * (Self.partCount - Self.partCountBefore))
            }
            guard position + 4 <= bytes.count else { return nil }
            let count = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            position += 4 + count
            guard position <= bytes.count else { return nil }
            ends[part.rawValue] = position
        }
        guard position == bytes.count else { return nil }
        self.bytes = bytes
        self.ends = ends
    }

    /// The same with another origin.
    func replacing(origin: [UInt8]) -> WebhookHead {
        WebhookHead(
            origin: origin.span, target: self[.target].span, contentType: self[.contentType].span,
            signature: self[.signature].span, traceParent: self[.traceParent].span,
            account: self[.account].span, messageSID: self[.messageSID].span,
            traceState: self[.traceState].span, method: self[.method].span,
            idempotencyToken: self[.idempotencyToken].span,
            passedFields: self[.passedFields].span)
    }

    /// The parts that tell one request from another: origin, target, content type, signature.
    var signedBytes: ArraySlice<UInt8> { bytes[..<ends[Part.signature.rawValue]] }

    /// True when it came as a GET.
    var isGet: Bool { !self[.method].isEmpty }

    /// One part.
    subscript(_ part: Part) -> ArraySlice<UInt8> {
        let start = part.rawValue == 0 ? 0 : ends[part.rawValue - 1]
        return bytes[(start + 4)..<ends[part.rawValue]]
    }

    /// One part behind its length.
    func whole(_ part: Part) -> ArraySlice<UInt8> {
        bytes[(part.rawValue == 0 ? 0 : ends[part.rawValue - 1])..<ends[part.rawValue]]
    }

    /// The id of the key that has proved the request, nil for none.
    var keyID: UInt64? {
        let id = self[.keyID].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        return id == 0 ? nil : id
    }

    /// The same head with the key that has proved the request.
    func proved(by keyID: UInt64) -> WebhookHead {
        var proved = self
        guard self[.keyID].count == 8 else { return self }
        let start = ends[Part.keyID.rawValue] - 8
        for place in 0..<8 {
            proved.bytes[start + place] = UInt8(truncatingIfNeeded: keyID >> UInt64(56 - 8 * place))
        }
        return proved
    }

    /// Equal when every part is.
    static func == (left: WebhookHead, right: WebhookHead) -> Bool { left.bytes == right.bytes }
}
