@testable import Hookline

extension WebhookHead {
    /// A head of texts in the order of `Part`; those that are missing are empty.
    init(sample parts: [String]) {
        func part(_ part: Part) -> ArraySlice<UInt8> {
            part.rawValue < parts.count ? Array(parts[part.rawValue].utf8)[...] : []
        }
        self.init(
            origin: part(.origin), target: part(.target), contentType: part(.contentType),
            signature: part(.signature), traceParent: part(.traceParent),
            account: part(.account), messageSID: part(.messageSID),
            traceState: part(.traceState))
    }
}
