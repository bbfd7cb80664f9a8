"""Hookline / Stores: SQLite, Redis and the spool between them."""

from .grafana import GREEN, OPTIONS, ORANGE, RED, dashboard, graph, heatmap, query, row, states

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
    graph(8, "Write-ahead log", "It is copied into the database at 32 MiB, or at a sixteenth of a small disk.", "bytes",
          [query("max by (instance) (hookline_store_wal_bytes{SEL})", "{{instance}}")]),
    graph(9, "Room left", "On the file system of the data folder.", "bytes",
          [query("min by (instance) (hookline_data_dir_free_bytes{SEL})", "{{instance}}")]),
    states(29, "Ready", "Whether a webhook that came now would be answered 200, by the cause for which it would not.",
           [query("max by (instance, cause) (hookline_not_ready{SEL})", "{{instance}} {{cause}}")], [(0, "ready", GREEN), (1, "not ready", RED)]),
    graph(30, "Webhooks answered 503", "Nobody could take them, by cause.", "reqps",
          [query("sum by (instance, cause) (rate(hookline_webhooks_unavailable_total{SEL}[$__rate_interval]))", "{{instance}} {{cause}}")]),
])

DAMAGE = row(105, "Damage and loss", [
    graph(40, "Messages lost", "Lost with files of the data folder, at most.", "short",
          [query("sum by (instance) (increase(hookline_store_lost_messages_total{SEL}[$__rate_interval]))", "{{instance}}")], width=8),
    graph(44, "Time since the last loss", "Absent when nothing was ever lost with files of the data folder.", "s",
          [query("max by (instance) (time() - hookline_store_last_loss_timestamp_seconds{SEL})", "{{instance}}")], width=8, no_value="never"),
    graph(41, "Databases set aside", "Damaged ones that still lie in the data folder.", "short",
          [query("max by (instance) (hookline_store_damaged_files{SEL})", "{{instance}}")], width=8),
    graph(42, "Rows that changed", "Rows that were not what was written when they were read; they are not forwarded.", "short",
          [query("sum by (instance, table) (increase(hookline_corrupt_rows_total{SEL}[$__rate_interval]))", "{{instance}} {{table}}")], width=8),
    states(43, "Data folder", "Whether the folder and its files are those that are open.",
           [query("hookline_data_dir_intact{SEL}", "{{instance}}")], [(0, "taken away", RED), (1, "in place", GREEN)], width=8, no_value="not told"),
])

CONNECTIONS = row(102, "Connections to Redis", collapsed=not OPTIONS["redis"], panels=[
    states(1, "Redis", "What the timed check of each connection says.",
           [query("hookline_redis_up{SEL}", "{{instance}} {{role}}")], [(0, "down", RED), (1, "up", GREEN)], no_value="no Redis"),
    states(2, "Circuit breakers", "An open breaker keeps a broken Redis off the path of requests.",
           [query("hookline_redis_breaker_open{SEL}", "{{instance}} {{role}}")], [(0, "closed", GREEN), (1, "open", ORANGE)], no_value="no Redis"),
    graph(13, "Round trips to Redis", "From a command's handing over to its answer; the cache is waited for 20 ms by default, an append to the queue 250 ms. A read that waits for messages counts too.", "s", [
        query("histogram_quantile(0.5, sum by (le, role) (rate(hookline_redis_round_trip_duration_seconds_bucket{SEL}[$__rate_interval])))", "{{role}} 50 %"),
        query("histogram_quantile(0.95, sum by (le, role) (rate(hookline_redis_round_trip_duration_seconds_bucket{SEL}[$__rate_interval])))", "{{role}} 95 %"),
        query("histogram_quantile(0.99, sum by (le, role) (rate(hookline_redis_round_trip_duration_seconds_bucket{SEL}[$__rate_interval])))", "{{role}} 99 %"),
    ], no_value="no Redis"),
    heatmap(17, "Times of round trips", "How many answers came after how long, of both roles.", "s",
            "sum by (le) (increase(hookline_redis_round_trip_duration_seconds_bucket{SEL}[$__rate_interval]))"),
    graph(14, "Commands without an answer", "Not answered in time, not replicated, or not sent at all, by reason.", "cps",
          [query("sum by (role, reason) (rate(hookline_redis_unanswered_total{SEL}[$__rate_interval]))", "{{role}} {{reason}}")], no_value="no Redis"),
    graph(15, "Errors that Redis answers", "By kind: out of memory, read-only, missing permission and others.", "cps",
          [query("sum by (role, kind) (rate(hookline_redis_error_replies_total{SEL}[$__rate_interval]))", "{{role}} {{kind}}")], no_value="no Redis"),
    graph(16, "Connections to Redis", "Those that were fit for use, and those that failed, by reason.", "cps", [
        query("sum by (role) (rate(hookline_redis_connections_total{SEL}[$__rate_interval]))", "{{role}} made"),
        query("sum by (role, reason) (rate(hookline_redis_connection_failures_total{SEL}[$__rate_interval]))", "{{role}} failed: {{reason}}"),
    ], width=8, no_value="no Redis"),
    graph(18, "Breakers that opened", "One outage opens each breaker once: one of the cache, two of the queue. More tell of a Redis that comes and goes.", "short",
          [query("sum by (instance, role) (increase(hookline_redis_breaker_openings_total{SEL}[$__rate_interval]))", "{{instance}} {{role}}")], width=8, no_value="no Redis"),
    graph(19, "Late answers", "They came after whoever asked had been told that they are late, and are not used.", "cps",
          [query("sum by (role) (rate(hookline_redis_late_replies_total{SEL}[$__rate_interval]))", "{{role}}")], width=8, no_value="no Redis"),
])

CACHE = row(103, "Validation cache", [
    graph(20, "Hit rate by tier", "Hits of all look-ups in a tier; memory is asked first, Redis only for what has a valid signature.", "percentunit",
          [query('sum by (tier) (rate(hookline_validation_cache_requests_total{SEL, result="hit"}[$__rate_interval])) / sum by (tier) (rate(hookline_validation_cache_requests_total{SEL}[$__rate_interval]))', "{{tier}}")],
          no_value="no traffic", defaults={"max": 1}),
    graph(21, "Look-ups in Redis", "By result; one that takes longer than 20 ms by default is a timeout, and the message is validated without it.", "reqps",
          [query('sum by (result) (rate(hookline_validation_cache_requests_total{SEL, tier="redis"}[$__rate_interval]))', "{{result}}")], stack=True, no_value="no Redis"),
])

QUEUE = row(104, "The shared queue in Redis", collapsed=not OPTIONS["redis"], panels=[
    graph(22, "Messages owed in Redis", "By priority and state. Every instance reports the whole of the shared queue, which is counted once.", "short",
          [query('sum by (priority, state) (max by (job, priority, state) (hookline_queue_depth{SEL, store="redis"}))', "{{priority}} {{state}}")], stack=True, no_value="no shared queue, or Redis is down"),
    graph(23, "Age of the oldest message in Redis", "Of those that wait for an attempt; absent when none does.", "s",
          [query('max by (priority) (hookline_queue_oldest_message_age_seconds{SEL, store="redis"})', "{{priority}}")], no_value="none waits"),
    graph(24, "Time of an append", "From the handing over of a message to Redis's confirmation, which the reply waits for.", "s", [
        query('histogram_quantile(0.5, sum by (le) (rate(hookline_store_operation_duration_seconds_bucket{SEL, store="redis"}[$__rate_interval])))', "50 %"),
        query('histogram_quantile(0.95, sum by (le) (rate(hookline_store_operation_duration_seconds_bucket{SEL, store="redis"}[$__rate_interval])))', "95 %"),
        query('histogram_quantile(0.99, sum by (le) (rate(hookline_store_operation_duration_seconds_bucket{SEL, store="redis"}[$__rate_interval])))', "99 %"),
    ], no_value="no appends"),
    graph(25, "Appends that Redis did not confirm", "By reason: `busy` is an open breaker, `deadline` an answer that did not come in time, `sync` too few replicas. These messages went to the spool.", "cps",
          [query('sum by (reason) (rate(hookline_store_errors_total{SEL, store="redis"}[$__rate_interval]))', "{{reason}}")], no_value="no Redis"),
    graph(10, "Messages in the spool", "Stored locally while Redis could not take them; they drain when it is back.", "short",
          [query("sum by (instance) (hookline_spooled{SEL})", "{{instance}}")], no_value="no spool"),
    graph(11, "Age of the oldest message in the spool", "Absent when the spool is empty.", "s",
          [query("max by (instance) (hookline_spool_oldest_message_age_seconds{SEL})", "{{instance}}")], no_value="empty"),
    states(26, "Settings of Redis", "Whether a setting lets messages be lost that Redis has confirmed. Absent when Redis does not tell.",
           [query("max by (job, setting) (hookline_redis_unsafe_setting{SEL})", "{{setting}}")], [(0, "safe", GREEN), (1, "unsafe", RED)], width=8, no_value="not told"),
    graph(27, "Losses of Redis", "How often Redis was found to have lost what it had confirmed, and how many messages that is known of. Every instance counts the same loss, which is counted once.", "short", [
        query("sum(max by (job) (increase(hookline_redis_queue_losses_total{SEL}[$__rate_interval])))", "losses"),
        query("sum(max by (job) (increase(hookline_redis_queue_lost_messages_total{SEL}[$__rate_interval])))", "messages"),
    ], width=8),
    graph(28, "Deliveries that changed hands", "`reclaimed` from an instance that had gone; `fenced`: another one had taken it over, and it may have been forwarded twice; `poisoned`: it ended every instance that worked on it, and was given up.", "cps",
          [query("sum by (result) (rate(hookline_redis_queue_takeovers_total{SEL}[$__rate_interval]))", "{{result}}")], width=8),
])

DASHBOARD = dashboard(
    "hookline-stores", "Hookline / Redis and store",
    "Commits, the disk under them, Redis and the spool.",
    [COMMITS, DISK, DAMAGE, CONNECTIONS, CACHE, QUEUE])
