"""Hookline / Stores: SQLite, Redis and the spool between them."""

from .grafana import GREEN, ORANGE, RED, dashboard, graph, heatmap, query, row, states

COMMITS = row(100, "Store", [
    graph(3, "Operations", "Transactions and checkpoints by store.", "ops",
          [query("sum by (store, operation) (rate(hookline_store_operation_duration_seconds_count{SEL}[$__rate_interval]))", "{{store}} {{operation}}")], no_value="no operations"),
    graph(4, "Time of an operation", "A commit includes the sync to disk, which the reply waits for.", "s", [
        query("histogram_quantile(0.5, sum by (le, store, operation) (rate(hookline_store_operation_duration_seconds_bucket{SEL}[$__rate_interval])))", "{{store}} {{operation}} 50 %"),
        query("histogram_quantile(0.99, sum by (le, store, operation) (rate(hookline_store_operation_duration_seconds_bucket{SEL}[$__rate_interval])))", "{{store}} {{operation}} 99 %"),
    ], no_value="no operations"),
    graph(6, "Errors", "Operations that failed, by reason.", "cps",
          [query("sum by (store, reason) (rate(hookline_store_errors_total{SEL}[$__rate_interval]))", "{{store}} {{reason}}")]),
    graph(5, "Messages in a transaction", "What waits shares one commit.", "short", [
        query("histogram_quantile(0.5, sum by (le) (rate(hookline_store_batch_messages_bucket{SEL}[$__rate_interval])))", "50 %"),
        query("histogram_quantile(0.99, sum by (le) (rate(hookline_store_batch_messages_bucket{SEL}[$__rate_interval])))", "99 %"),
        query("sum(rate(hookline_store_batch_messages_sum{SEL}[$__rate_interval])) / sum(rate(hookline_store_batch_messages_count{SEL}[$__rate_interval]))", "mean"),
    ], no_value="no commits"),
    graph(7, "From request to receipt", "Validation, queueing and commit together; the target is 500 ms by default.", "s", [
        query("histogram_quantile(0.5, sum by (le) (rate(hookline_webhook_receipt_duration_seconds_bucket{SEL}[$__rate_interval])))", "50 %", exemplar=True),
        query("histogram_quantile(0.95, sum by (le) (rate(hookline_webhook_receipt_duration_seconds_bucket{SEL}[$__rate_interval])))", "95 %", exemplar=True),
        query("histogram_quantile(0.99, sum by (le) (rate(hookline_webhook_receipt_duration_seconds_bucket{SEL}[$__rate_interval])))", "99 %", exemplar=True),
    ], no_value="no traffic"),
    heatmap(12, "Times of commits", "How many commits took how long.", "s",
            'sum by (le) (increase(hookline_store_operation_duration_seconds_bucket{SEL, operation="commit"}[$__rate_interval]))'),
])

DISK = row(101, "Disk", [
    graph(8, "Write-ahead log", "It is copied into the database at 32 MiB.", "bytes",
          [query("max by (instance) (hookline_store_wal_bytes{SEL})", "{{instance}}")]),
    graph(9, "Room left", "On the file system of the data folder.", "bytes",
          [query("min by (instance) (hookline_data_dir_free_bytes{SEL})", "{{instance}}")]),
])

REDIS = row(102, "Redis and the spool", [
    states(1, "Redis", "What the timed check of each connection says.",
           [query("hookline_redis_up{SEL}", "{{instance}} {{role}}")], [(0, "down", RED), (1, "up", GREEN)], no_value="no Redis"),
    states(2, "Circuit breakers", "An open breaker keeps a broken Redis off the path of requests.",
           [query("hookline_redis_breaker_open{SEL}", "{{instance}} {{role}}")], [(0, "closed", GREEN), (1, "open", ORANGE)], no_value="no Redis"),
    graph(13, "Round trips to Redis", "From a command's handing over to its answer; the cache is waited for 20 ms by default.", "s", [
        query("histogram_quantile(0.5, sum by (le, role) (rate(hookline_redis_round_trip_duration_seconds_bucket{SEL}[$__rate_interval])))", "{{role}} 50 %"),
        query("histogram_quantile(0.99, sum by (le, role) (rate(hookline_redis_round_trip_duration_seconds_bucket{SEL}[$__rate_interval])))", "{{role}} 99 %"),
    ], no_value="no Redis"),
    graph(14, "Commands without an answer", "In time, or not sent at all, by reason; and answers that came too late to be used.", "cps", [
        query("sum by (role, reason) (rate(hookline_redis_unanswered_total{SEL}[$__rate_interval]))", "{{role}} {{reason}}"),
        query("sum by (role) (rate(hookline_redis_late_replies_total{SEL}[$__rate_interval]))", "{{role}} late"),
    ], no_value="no Redis"),
    graph(15, "Errors that Redis answers", "By kind: out of memory, read-only, wrong password and others.", "cps",
          [query("sum by (role, kind) (rate(hookline_redis_error_replies_total{SEL}[$__rate_interval]))", "{{role}} {{kind}}")], no_value="no Redis"),
    graph(16, "Connections to Redis", "Made, failed by reason, and breakers that opened.", "cps", [
        query("sum by (role) (rate(hookline_redis_connections_total{SEL}[$__rate_interval]))", "{{role}} made"),
        query("sum by (role, reason) (rate(hookline_redis_connection_failures_total{SEL}[$__rate_interval]))", "{{role}} failed: {{reason}}"),
        query("sum by (role) (rate(hookline_redis_breaker_openings_total{SEL}[$__rate_interval]))", "{{role}} breaker opened"),
    ], no_value="no Redis"),
    graph(10, "Messages in the spool", "Stored locally while Redis could not take them; they drain when it is back.", "short",
          [query("sum by (instance) (hookline_spooled{SEL})", "{{instance}}")], no_value="no spool"),
    graph(11, "Age of the oldest message in the spool", "Absent when the spool is empty.", "s",
          [query("max by (instance) (hookline_spool_oldest_message_age_seconds{SEL})", "{{instance}}")], no_value="empty"),
])

DASHBOARD = dashboard(
    "hookline-stores", "Hookline / Redis and store",
    "Commits, the disk under them, Redis and the spool.",
    [COMMITS, DISK, REDIS])
