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
        /// The `AccountSid`, as claimed until the request is verified, empty when the request has none.
        case account
        /// The `MessageSid`, empty when the request has none.
        case messageSID
        /// The `tracestate` to forward, empty when there is none.
        case traceState
    }

    /// The parts with their lengths.
    let bytes: [UInt8]
    /// Where each part ends in `bytes`.
    private let ends: InlineArray<8, Int>

    /// A head from its parts.
    init(
        origin: Span<UInt8>, target: Span<UInt8>, contentType: Span<UInt8>,
        signature: Span<UInt8>, traceParent: Span<UInt8>,
        account: Span<UInt8>, messageSID: Span<UInt8>, traceState: Span<UInt8>
    ) {
        let content =
            origin.count + target.count + contentType.count + signature.count
            + traceParent.count + account.count + messageSID.count + traceState.count
        var ends = InlineArray<8, Int>(repeating: 0)
        bytes = [UInt8](room: 4 * Part.allCases.count + content) { bytes in
            func add(_ part: Part, _ content: Span<UInt8>) {
                let count = UInt32(content.count)
                bytes.append(UInt8(truncatingIfNeeded: count >> 24))
                bytes.append(UInt8(truncatingIfNeeded: count >> 16))
                bytes.append(UInt8(truncatingIfNeeded: count >> 8))
                bytes.append(UInt8(truncatingIfNeeded: count))
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
        }
        self.ends = ends
    }

    /// Reads what was stored; nil when the lengths do not fit.
    init?(stored bytes: [UInt8]) {
        var ends = InlineArray<8, Int>(repeating: 0)
        var position = 0
        for part in Part.allCases {
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
            traceState: self[.traceState].span)
    }

    /// The parts that tell one request from another: origin, target, content type, signature.
    var signedBytes: ArraySlice<UInt8> { bytes[..<ends[Part.signature.rawValue]] }

    /// One part.
    subscript(_ part: Part) -> ArraySlice<UInt8> {
        let start = part.rawValue == 0 ? 0 : ends[part.rawValue - 1]
        return bytes[(start + 4)..<ends[part.rawValue]]
    }

    /// Equal when every part is.
    static func == (left: WebhookHead, right: WebhookHead) -> Bool { left.bytes == right.bytes }
}
