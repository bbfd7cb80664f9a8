import MicroHTTP
import SQLite

/// A request as it is kept in quarantine.
struct QuarantinedRow: Sendable {
    /// The row's number; numbers rise and are never used again.
    let id: Int64
    let receivedMilliseconds: Int64
    /// The word for the reason; another version may have written another one.
    let reason: String
    /// What the explainer found, nil when it found nothing.
    let hint: String?
    let isProven: Bool
    /// The client's address: 4 bytes, 16, or none.
    let source: [UInt8]
    /// What the row takes of the bound of bytes.
    let bytes: Int
    let bodyBytes: Int
    /// The request, with its body if that was asked for; nil when its head is damaged.
    let request: HTTPRequest?
    /// True when the row is not what was written: it is never released.
    let isCorrupt: Bool

    /// The row that a query with the columns of `QuarantineStatements` stands on.
    init(_ query: Statement, withBody: Bool = true) {
        id = query.integer(0)
        receivedMilliseconds = query.integer(1)
        reason = query.text(2)
        hint = query.isNull(3) ? nil : query.text(3)
        isProven = query.integer(4) != 0
        source = query.bytes(5)
        bytes = Int(query.integer(6))
        let (head, body) = (query.bytes(7), query.bytes(8))
        bodyBytes = body.count
        request = RequestRecord.request(head: head, body: withBody ? body : [])
        let verdict = RowChecksum.verdict(
            stored: query.isNull(10) ? nil : query.integer(10),
            RowChecksum.of(
                fingerprint: query.bytes(9), receivedMilliseconds: receivedMilliseconds,
                word: Array(reason.utf8), head: head, body: body))
        isCorrupt = verdict == .corrupt
    }

    /// The request as it was offered, to be verified again; nil when its head is damaged.
    var quarantined: QuarantinedRequest? {
        request.map {
            QuarantinedRequest(
                $0, reason: QuarantineReason(rawValue: reason) ?? .unverified, source: source,
                receivedMilliseconds: receivedMilliseconds)
        }
    }
}

/// A part of the quarantine, in the order of ids.
struct QuarantinePage: Sendable {
    /// Begins after this id.
    var afterID: Int64 = 0
    /// Ends with this id.
    var throughID: Int64 = .max
    /// Rows that are looked at.
    var rowsMax: Int
    /// With bodies: ends soon after this many bytes.
    var bytesMax = 1024 * 1024
    var withBodies = false
    var isProvenOnly = false
    var reason: QuarantineReason?

    /// It ends soon after this many bytes are read: to compare checksums, bodies are read in any
    /// case.
    var bytesRead: Int { withBodies ? bytesMax : 16 * bytesMax }

    /// The rows that were asked for.
    struct Answer: Sendable {
        var rows: [QuarantinedRow] = []
        /// The last id that was looked at: the next page begins after it.
        var lastID: Int64
        /// True when nothing is left.
        var isAtEnd = false
    }
}
