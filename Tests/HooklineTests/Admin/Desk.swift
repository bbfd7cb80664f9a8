import TestSupport
import Testing

@testable import Hookline

/// Asks a desk without a socket.
enum Desk {
    /// A desk for which every request is genuine whose number three does not divide.
    static func over(_ live: LiveStore) -> QueueAdmin {
        QueueAdmin(
            store: live.group, shared: nil,
            verify: { refused, _ in
                number(refused) % 3 == 0
                    ? .failure(.invalidSignature) : .success(webhook(refused))
            }, trust: { webhook($0) }, log: Log(format: .json, level: .critical))
    }

    static func ask(_ desk: QueueAdmin, _ request: AdminRequest) throws -> [AdminReply] {
        var lines: [AdminReply] = []
        try desk.answer(request) {
            lines.append($0)
            return true
        }
        return lines
    }

    static func end(_ lines: [AdminReply]) -> AdminEnd? {
        if case .end(let end) = lines.last { end } else { nil }
    }

    static func ids(_ lines: [AdminReply]) -> (ids: [Int64], end: AdminEnd?) {
        let ids = lines.compactMap { if case .delivery(let row) = $0 { row.id } else { nil } }
        return (ids, end(lines))
    }

    static func outcomes(_ lines: [AdminReply]) -> [String] {
        lines.compactMap {
            if case .outcome(let outcome) = $0 { "\(outcome.id) \(outcome.result)" } else { nil }
        }
    }

    private static func number(_ refused: QuarantinedRequest) -> Int {
        let field = refused.request.fields.first("x-twilio-signature") ?? []
        return Int(String(decoding: field.dropFirst(10), as: UTF8.self)) ?? 0
    }

    private static func webhook(_ refused: QuarantinedRequest) -> Webhook {
        Genuine.webhook("SM\(number(refused))")
    }
}
