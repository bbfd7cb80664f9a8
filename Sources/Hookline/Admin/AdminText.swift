/// What commands show to people. Control characters from outside never reach a terminal.
public enum AdminText {
    /// Deliveries, one a line.
    public static func table(_ rows: [DeliveryRow]) -> String {
        let head = [
            "id", "state", "priority", "destination", "kind", "received", "attempts", "due",
            "reason",
            "last error",
            "at", "message",
        ]
        return table(
            head,
            rows.map { row in
                [
                    "\(row.id)", row.state, row.priority, row.destination ?? "-", row.kind,
                    row.received, "\(row.attempts)", row.due ?? "-", row.reason ?? "-",
                    row.lastError ?? "-", row.lastErrorAt ?? "-", row.messageSID ?? "-",
                ]
            })
    }

    /// Quarantined requests, one a line.
    public static func table(_ rows: [QuarantineRow]) -> String {
        let head = ["id", "received", "reason", "proven", "hint", "source", "path", "bytes"]
        return table(
            head,
            rows.map { row in
                [
                    "\(row.id)", row.received, row.reason, row.proven ? "yes" : "no",
                    row.hint ?? "-", row.source ?? "-", row.path ?? "-", "\(row.bytes)",
                ]
            })
    }

    /// A request with its header and body.
    public static func text(_ detail: RequestDetail) -> String {
        var lines = ["", "POST \(detail.target)"]
        if let key = detail.idempotencyKey { lines.append("Idempotency-Key: \(key)") }
        lines += detail.headers.map { "\($0.name): \(shown($0))" }
        lines.append("")
        if let parameters = detail.parameters {
            lines += parameters.map { "\($0.name) = \(shown($0))" }
        } else if detail.masked {
            lines.append("(\(detail.bodyBytes) bytes)")
        } else {
            lines.append(detail.body ?? detail.bodyBase64 ?? "")
        }
        if detail.masked { lines += ["", "Masked; --reveal shows everything."] }
        return lines.map { PrintableText.of($0) + "\n" }.joined()
    }

    private static func shown(_ part: RequestDetail.Part) -> String {
        part.value ?? "… (\(part.bytes) bytes)"
    }

    private static func table(_ head: [String], _ rows: [[String]]) -> String {
        let lines = [head] + rows.map { $0.map(PrintableText.of) }
        let widths = head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            let cells = zip(line, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let text = cells.joined(separator: "  ")
            return text.prefix(text.count - text.reversed().prefix { $0 == " " }.count) + "\n"
        }.joined()
    }
}

/// The JSON documents of `list` and `show`.
public enum AdminDocument {
    private struct Deliveries: Encodable {
        var deliveries: [DeliveryRow]
        var more: Bool
    }

    private struct Quarantined: Encodable {
        var quarantined: [QuarantineRow]
        var more: Bool
    }

    private struct Shown: Encodable {
        var delivery: DeliveryRow?
        var quarantined: QuarantineRow?
        var request: RequestDetail?
    }

    /// A list of deliveries; `more` says that there are others.
    public static func list(_ rows: [DeliveryRow], more: Bool) -> String {
        text(Deliveries(deliveries: rows, more: more))
    }

    /// A list of quarantined requests; `more` says that there are others.
    public static func list(_ rows: [QuarantineRow], more: Bool) -> String {
        text(Quarantined(quarantined: rows, more: more))
    }

    /// One row with its request; the request is nil when it is damaged.
    public static func show(
        _ delivery: DeliveryRow?, _ quarantined: QuarantineRow?, _ request: RequestDetail?
    ) -> String {
        text(Shown(delivery: delivery, quarantined: quarantined, request: request))
    }

    private static func text(_ value: some Encodable) -> String {
        String(decoding: JSONLine.bytes(value), as: UTF8.self)
    }
}
