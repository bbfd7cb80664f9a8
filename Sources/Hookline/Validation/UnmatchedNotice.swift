extension Notice {
    /// Webhooks that no rule takes: they are owed to `unmatched`.
    static func unmatched(_ metrics: ReceiverMetrics, _ log: Log) -> Notice {
        Notice(
            log, counter: metrics.unmatched,
            "no rule takes webhooks: they are owed to the destination called unmatched, or kept "
                + "if there is none (hookline check-config --explain says why)")
    }
}
