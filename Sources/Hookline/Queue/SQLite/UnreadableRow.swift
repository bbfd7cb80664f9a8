import SQLite

/// Why a row of the deliveries is given up instead of claimed.
struct UnreadableRow: Error {
    let reason: DeadLetterReason
}

extension Webhook {
    /// Compares what was read with the checksum in a column of the same row, which stands at this
    /// place of the queue.
    func verdict(
        _ row: Statement, checksum column: Int32, id: Int64, at place: DeliveryPlace
    ) -> RowChecksum.Verdict {
        RowChecksum.verdict(
            stored: row.isNull(column) ? nil : row.integer(column),
            RowChecksum.of(self, id: id, destination: place.destination))
    }
}
