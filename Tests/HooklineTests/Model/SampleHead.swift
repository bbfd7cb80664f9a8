@testable import Hookline

extension WebhookHead {
    /// A head of texts in the order of `Part`; those that are missing are empty.
    init(sample parts: [String]) {
        func part(_ part: Part) -> [UInt8] {
            part.rawValue < parts.count ? Array(parts[part.rawValue].utf8) : []
        }
        let (origin, target, type) = (part(.origin), part(.target), part(.contentType))
        let (signature, parent) = (part(.signature), part(.traceParent))
        let (account, sid, state) = (part(.account), part(.messageSID), part(.traceState))
        let (method, token, fields) = (
            part(.method), part(.idempotencyToken), part(.passedFields)
        )
        self.init(
            origin: origin.span, target: target.span, contentType: type.span,
            signature: signature.span, traceParent: parent.span, account: account.span,
            messageSID: sid.span, traceState: state.span, method: method.span,
            idempotencyToken: token.span, passedFields: fields.span)
    }
}
