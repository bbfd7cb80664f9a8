import Prometheus

/// What is known of lost and damaged files of the store, as metrics that are read at a scrape.
struct StoreGauges {
    let report: StoreReport
    let status: StoreStatus

    func declare(in registry: Registry) {
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
