"""Hookline / Delivery: the queue, and what the application makes of it."""

from .grafana import GREEN, ORANGE, RED, dashboard, dead_letters, graph, heatmap, limit_line, owed, query, row, stat

QUEUE = row(100, "Queue", [
    graph(1, "Messages owed", "By store, priority and state; every instance reports the whole of a shared queue, which is counted once.", "short", [
        query(owed("store, priority, state"), "{{store}} {{priority}} {{state}}")], stack=True),
    graph(2, "Age of the oldest message", "Of those that wait for an attempt; absent when none does.", "s",
          [query("max by (store, priority) (hookline_queue_oldest_message_age_seconds{SEL})", "{{store}} {{priority}}")], no_value="none waits"),
    graph(8, "Dead letters", "Messages that were given up and are kept, by instance; those of a shared queue, which every instance reports, once.", "short",
          [query(dead_letters(), "{{instance}}"),
           query("sum by (reason) (increase(hookline_dead_letters_dropped_total{SEL}[$__rate_interval]))", "deleted: {{reason}}")], width=8),
    graph(16, "Owed to nobody", "Messages that are kept and not forwarded, because no rule took them or their destination is not configured any more; and webhooks that no rule takes.", "short", [
        query("sum by (instance) (hookline_deliveries_held{SEL})", "{{instance}}"),
        query("sum by (instance) (rate(hookline_webhooks_unmatched_total{SEL}[$__rate_interval]))", "{{instance}} unmatched a second")], width=8),
    graph(10, "Handed over directly", "Webhooks that the application took because the store was late.", "cps",
          [query("sum by (instance) (rate(hookline_immediate_processed_total{SEL}[$__rate_interval]))", "{{instance}}")], width=8),
    graph(14, "Waiting to be handed over directly", "Webhooks before or in immediate processing, because the store is late.", "short",
          [query("sum by (instance) (hookline_immediate_waiting{SEL})", "{{instance}}")], width=8),
    graph(11, "From commit to first attempt", "How long a stored message waits for its first attempt.", "s", [
        query('histogram_quantile(0.5, sum by (le) (rate(hookline_webhook_phase_duration_seconds_bucket{SEL, phase="background"}[$__rate_interval])))', "50 %", exemplar=True),
        query('histogram_quantile(0.95, sum by (le) (rate(hookline_webhook_phase_duration_seconds_bucket{SEL, phase="background"}[$__rate_interval])))', "95 %", exemplar=True),
    ], width=8, no_value="no traffic"),
])

ATTEMPTS = row(101, "Attempts", [
    graph(3, "Attempts by result", "Attempts to hand a message to the application.", "reqps",
          [query("sum by (result) (rate(hookline_delivery_attempts_total{SEL}[$__rate_interval]))", "{{result}}")], stack=True, no_value="no attempts"),
    graph(4, "Share of attempts that succeed", "By priority; messages with media have priority `high`.", "percentunit",
          [query('sum by (priority) (rate(hookline_delivery_attempts_total{SEL, result="success"}[$__rate_interval])) / sum by (priority) (rate(hookline_delivery_attempts_total{SEL}[$__rate_interval]))', "{{priority}}")],
          no_value="no attempts", defaults={"max": 1}),
    graph(5, "Time of an attempt", "How long the application takes to answer.", "s", [
        query("histogram_quantile(0.5, sum by (le, priority) (rate(hookline_delivery_attempt_duration_seconds_bucket{SEL}[$__rate_interval])))", "{{priority}} 50 %", exemplar=True),
        query("histogram_quantile(0.95, sum by (le, priority) (rate(hookline_delivery_attempt_duration_seconds_bucket{SEL}[$__rate_interval])))", "{{priority}} 95 %", exemplar=True),
    ], no_value="no attempts"),
    graph(15, "Attempts under way", "And how many may be at once; at the limit the application is the bottleneck. Fewer are allowed while it fails, none while it asked for rest.", "short", [
        query("sum by (instance) (hookline_deliveries_in_flight{SEL})", "{{instance}}"),
        query("min(hookline_deliveries_in_flight_max{SEL})", "limit"),
        query("sum by (instance) (hookline_deliveries_in_flight_allowed{SEL})", "{{instance}} allowed"),
    ], overrides=[limit_line("B", ORANGE)]),
    graph(9, "TwiML that nobody sees", "Answers of the application that carried TwiML verbs: Twilio has its answer already.", "cps",
          [query("sum by (instance) (rate(hookline_delivery_twiml_ignored_total{SEL}[$__rate_interval]))", "{{instance}}")]),
])

LAG = row(102, "From receipt to delivery", [
    graph(6, "Delivery lag", "From the receipt of a webhook to the application's 2xx.", "s", [
        query("histogram_quantile(0.5, sum by (le, priority) (rate(hookline_delivery_lag_seconds_bucket{SEL}[$__rate_interval])))", "{{priority}} 50 %", exemplar=True),
        query("histogram_quantile(0.95, sum by (le, priority) (rate(hookline_delivery_lag_seconds_bucket{SEL}[$__rate_interval])))", "{{priority}} 95 %", exemplar=True),
    ], no_value="no deliveries"),
    heatmap(7, "Delivery lags", "How many messages were delivered after how long.", "s",
            "sum by (le) (increase(hookline_delivery_lag_seconds_bucket{SEL}[$__rate_interval]))", exemplar=True),
    stat(12, "Delivered", "Messages that the application took in the time shown.", "short",
         "sum(increase(hookline_delivery_lag_seconds_count{SEL}[$__range]))", width=6),
    stat(13, "Delivered later than a minute", "Of the messages that the application took in the time shown.", "percentunit",
         '1 - sum(increase(hookline_delivery_lag_seconds_bucket{SEL, le="60.0"}[$__range])) / sum(increase(hookline_delivery_lag_seconds_count{SEL}[$__range]))',
         width=6, steps=[(None, GREEN), (0.05, RED)], no_value="no deliveries"),
])

DASHBOARD = dashboard(
    "hookline-delivery", "Hookline / Queue and delivery",
    "What is owed to the application, how old it is, and what the application makes of it.",
    [QUEUE, ATTEMPTS, LAG])
