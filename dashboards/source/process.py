"""Hookline / Process: processor, memory, connections, event loops, and the scrapes themselves."""

from .grafana import GREEN, ORANGE, RED, dashboard, graph, heatmap, limit_line, query, row, states, table

PROCESS = row(100, "Process", [
    states(1, "Scrapes", "Whether Prometheus reaches each instance.", [query("up{SEL}", "{{instance}}")], [(0, "down", RED), (1, "up", GREEN)], width=8),
    graph(2, "Running for", "Since the start of the process; a fall is a restart.", "dtdurations",
          [query("time() - max by (instance) (process_start_time_seconds{SEL})", "{{instance}}")], width=8),
    table(3, "Builds", "What runs where.", "hookline_build_info{SEL}", ["Time", "Value", "__name__", "job"], width=8, height=8),
    graph(4, "Processor", "Processor time used per second; 1 is one processor.", "none",
          [query("sum by (instance) (rate(process_cpu_seconds_total{SEL}[$__rate_interval]))", "{{instance}}")], width=8),
    graph(5, "Memory", "Resident and virtual memory.", "bytes", [
        query("sum by (instance) (process_resident_memory_bytes{SEL})", "{{instance}} resident"),
        query("sum by (instance) (process_virtual_memory_bytes{SEL})", "{{instance}} virtual"),
    ], width=8),
    graph(6, "File descriptors", "In use, and how many the process may have.", "short", [
        query("sum by (instance) (process_open_fds{SEL})", "{{instance}}"),
        query("min(process_max_fds{SEL})", "limit"),
    ], width=8, overrides=[limit_line("B", ORANGE)]),
])

LOOPS = row(101, "Connections and event loops", [
    graph(8, "Connections", "Of the webhook listener, and how many it may have.", "short", [
        query("sum by (instance) (hookline_connections{SEL})", "{{instance}}"),
        query("min(hookline_connections_max{SEL})", "limit"),
    ], width=8, overrides=[limit_line("B", ORANGE)]),
    graph(18, "Requests in flight", "From the first line to the last byte sent.", "short",
          [query("sum by (instance) (hookline_requests_in_flight{SEL})", "{{instance}}")], width=8),
    graph(17, "Requests turned away", "Answered 503 before anything was done for them, by reason.", "cps",
          [query("sum by (instance, reason) (rate(hookline_requests_shed_total{SEL}[$__rate_interval]))", "{{instance}} {{reason}}")], width=8),
    graph(32, "Connections that ended badly", "Without a request that was answered, or while one was coming, by cause.", "cps",
          [query("sum by (instance, cause) (rate(hookline_connections_failed_total{SEL}[$__rate_interval]))", "{{instance}} {{cause}}")], width=8),
    graph(33, "Unreadable requests", "Answered before anything of them could be kept, by status.", "cps",
          [query("sum by (instance, status) (rate(hookline_unreadable_requests_total{SEL}[$__rate_interval]))", "{{instance}} {{status}}")], width=8),
    graph(9, "Requests that wait for their commit", "They are suspended and cost no thread.", "short",
          [query("sum by (instance) (hookline_requests_waiting{SEL})", "{{instance}}")], width=8),
    heatmap(19, "Sizes of bodies", "How many webhooks had bodies of which size.", "bytes",
            "sum by (le) (increase(hookline_webhook_body_bytes_bucket{SEL}[$__rate_interval]))", width=8),
    graph(7, "Threads", "The number is fixed by the configuration.", "short",
          [query("sum by (instance) (process_threads{SEL})", "{{instance}}")], width=8),
    graph(10, "Lag of event loops", "How late a loop turns: a wait that no request's clock sees.", "s", [
        query("histogram_quantile(0.5, sum by (le, instance) (rate(hookline_event_loop_lag_seconds_bucket{SEL}[$__rate_interval])))", "{{instance}} 50 %"),
        query("histogram_quantile(0.99, sum by (le, instance) (rate(hookline_event_loop_lag_seconds_bucket{SEL}[$__rate_interval])))", "{{instance}} 99 %"),
    ]),
    heatmap(11, "Lags of event loops", "How many turns came how late.", "s",
            "sum by (le) (increase(hookline_event_loop_lag_seconds_bucket{SEL}[$__rate_interval]))"),
])

SCRAPES = row(102, "Scrapes and log", [
    graph(12, "Time of a scrape", "As Prometheus measures it.", "s",
          [query("max by (instance) (scrape_duration_seconds{SEL})", "{{instance}}")], width=8),
    graph(13, "Samples of a scrape", "A number that grows tells of labels that grow; it should be flat.", "short",
          [query("max by (instance) (scrape_samples_scraped{SEL})", "{{instance}}")], width=8),
    graph(16, "Log lines that were not written", "Dropped because the reader of the log was too slow.", "cps",
          [query("sum by (instance) (rate(hookline_log_lines_dropped_total{SEL}[$__rate_interval]))", "{{instance}}")], width=8),
    graph(14, "Scrapes by answer", "As Hookline counts them, and those that failed.", "reqps", [
        query("sum by (instance, code) (rate(hookline_metric_handler_requests_total{SEL}[$__rate_interval]))", "{{instance}} {{code}}"),
        query("sum by (instance, cause) (rate(hookline_metric_handler_errors_total{SEL}[$__rate_interval]))", "{{instance}} failed: {{cause}}"),
    ]),
    graph(20, "Time to render a page", "To read all metrics and to write and compress their page, 99 %, by format.", "s",
          [query("histogram_quantile(0.99, sum by (le, format) (rate(hookline_metric_handler_render_duration_seconds_bucket{SEL}[$__rate_interval])))", "{{format}}")]),
    graph(15, "Scrapes under way", "At this moment, as Hookline counts them.", "short",
          [query("sum by (instance) (hookline_metric_handler_requests_in_flight{SEL})", "{{instance}}")], width=8),
    graph(21, "Series of a page", "As Hookline counts them; it should be flat.", "short",
          [query("max by (instance) (hookline_metric_handler_series{SEL})", "{{instance}}")], width=8),
    graph(22, "Exemplars that were not kept", "No trace id, or two at one moment.", "cps",
          [query("sum by (instance) (rate(hookline_exemplars_dropped_total{SEL}[$__rate_interval]))", "{{instance}}")], width=8),
    graph(23, "Steps of the wall clock", "They change the times that people read and nothing else.", "short",
          [query("sum by (instance, direction) (increase(hookline_clock_steps_total{SEL}[$__rate_interval]))", "{{instance}} {{direction}}")], width=8),
])

DASHBOARD = dashboard(
    "hookline-process", "Hookline / Process and scrape",
    "Processor, memory, connections, event loops, and the scrapes themselves.",
    [PROCESS, LOOPS, SCRAPES])
