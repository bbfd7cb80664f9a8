import Prometheus

/// What is known of lost and damaged files of the store, as metrics that are read at a scrape.
struct StoreGauges {
    let report: StoreReport
    let status: StoreStatus
    let clock: StoreClock

    func declare(in registry: Registry) {
        registry.gauge(
            "hookline_replies_waiting",
            help: "Replies of the application's TwiML that are owed to customers."
        ) { [status] in status.replies.map { Double($0.owed) } }
        registry.gauge(
            "hookline_reply_dead_letters",
            help: "Replies that were given up and are kept."
        ) { [status] in status.replies.map { Double($0.deadLetters) } }
        registry.gauge(
            "hookline_reply_oldest_age_seconds",
            help: "Age of the oldest reply that is owed to a customer; absent when none is."
        ) { [status, clock] in
            status.oldestReplyMilliseconds.map {
                Double(max(0, clock.nowMilliseconds - $0)) / 1000
            }
        }
        registry.counter(
            "hookline_store_lost_messages_total",
            help: "Messages that were lost with files of the data folder, at most: a database or "
                + "its log that was gone, cut, older or damaged. It outlives restarts."
        ) { [report] in Double(report.losses.messages) }
        registry.gauge(
            "hookline_store_last_loss_timestamp_seconds",
            help: "When messages were last found to be lost with files of the data folder."
        ) { [report] in report.losses.milliseconds.map { Double($0) / 1000 } }
        registry.gauge(
            "hookline_store_damaged_files",
            help: "Damaged databases that were set aside in the data folder and are still there."
        ) { [report] in report.losses.setAside.map { Double($0) } }
        registry.gauge(
            "hookline_data_dir_intact",
            help: "1 while the data folder and its files are those that are open, 0 when they "
                + "were removed or replaced."
        ) { [status] in status.isGone ? 0 : 1 }
    }
}
