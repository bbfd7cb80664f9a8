"""Hookline / Overview: is Twilio answered, in time, and is what it sends genuine?"""

from .grafana import GREEN, GREY, ORANGE, RED, dashboard, dead_letters, gauge, graph, heatmap, limit_line, owed, query, row, stat, states

DURATION = "hookline_webhook_duration_seconds"
FAILED = 'result=~"invalid_signature|missing_signature|unknown_account"'
JUDGED = 'result=~"valid|invalid_signature|missing_signature|unknown_account"'


def quantile(share, bucket, window="$__rate_interval"):
    return f"histogram_quantile({share}, sum by (le) (rate({bucket}[{window}])))"


def beyond(severity):
    """The exact share of genuine requests above a configured threshold: its bucket is found through the gauge's value."""
    return f"""
        1 - min(
          sum by (le) (rate({DURATION}_bucket{{SEL, GENUINE}}[$__rate_interval]))
          and on (le) label_replace(
            count_values("le", hookline_alert_response_time_threshold_seconds{{SEL, severity="{severity}"}}), "le", "$1.0", "le", "([0-9]+)"))
        / sum(rate({DURATION}_count{{SEL, GENUINE}}[$__rate_interval]))"""


def burn_unavailable(window):
    return f"""
        sum(increase({DURATION}_count{{SEL, outcome="unavailable"}}[{window}])) / sum(increase({DURATION}_count{{SEL, GENUINE}}[{window}]))
        / (1 - max(hookline_slo_availability_objective_ratio{{SEL}}))"""


def burn_slow(window):
    return f"""
        (1 - min(
          sum by (le) (increase({DURATION}_bucket{{SEL, GENUINE}}[{window}]))
          and on (le) label_replace(count_values("le", hookline_slo_latency_threshold_seconds{{SEL}}), "le", "$1.0", "le", "([0-9]+)"))
        / sum(increase({DURATION}_count{{SEL, GENUINE}}[{window}])))
        / (1 - max(hookline_slo_latency_objective_ratio{{SEL}}))"""


GLANCE = row(100, "At a glance", [
    stat(1, "Instances up", "Instances that Prometheus reaches.", "none", "sum(up{SEL})", steps=[(None, RED), (1, GREEN)]),
    stat(2, "Genuine webhooks", "Accepted, duplicate, deferred and unavailable ones.", "reqps", f"sum(rate({DURATION}_count{{SEL, GENUINE}}[$__rate_interval]))", no_value="no traffic"),
    stat(3, "95 % answered within", "Response time of genuine webhooks over 5 minutes, as the alerts take it. The thresholds are in the graph below.", "s",
         f"histogram_quantile(0.95, sum by (le) (rate({DURATION}_bucket{{SEL, GENUINE}}[$__rate_interval])))", no_value="no traffic"),
    stat(4, "Success rate", "Accepted, duplicate and deferred of all genuine webhooks.", "percentunit",
         f'1 - sum(rate({DURATION}_count{{SEL, outcome="unavailable"}}[$__rate_interval])) / sum(rate({DURATION}_count{{SEL, GENUINE}}[$__rate_interval]))', no_value="no traffic"),
    stat(5, "Validation failures", "Invalid or missing signature and unknown account, of all that could be judged.", "percentunit",
         f"sum(rate(hookline_validations_total{{SEL, {FAILED}}}[$__rate_interval])) / sum(rate(hookline_validations_total{{SEL, {JUDGED}}}[$__rate_interval]))", no_value="no traffic"),
    stat(6, "Messages owed", "Stored and not yet taken by the application; a shared queue is counted once.", "short",
         f"sum({owed('store')})"),
    stat(7, "Dead letters", "Messages that were given up and are kept; those of a shared queue are counted once.", "short", f"sum({dead_letters()})", steps=[(None, GREEN), (1, RED)]),
    stat(8, "Verdicts against it", "Alerts of the process's own monitor that are active now, over all instances.", "short", "sum(hookline_alert_active{SEL})",
         steps=[(None, GREEN), (1, RED)]),
])

RATE_ERRORS_DURATION = row(101, "Rate, errors, duration", [
    graph(10, "Webhooks by outcome", "Requests to the webhook paths by how they ended.", "reqps",
          [query(f"sum by (outcome) (rate({DURATION}_count{{SEL}}[$__rate_interval]))", "{{outcome}}")], stack=True, no_value="no traffic"),
    graph(11, "Errors by type", "Errors by the part that met them.", "cps",
          [query("sum by (type) (rate(hookline_errors_total{SEL}[$__rate_interval]))", "{{type}}")]),
    graph(12, "Response time of genuine webhooks", "From the last byte of the request to the last byte of the reply. The dashed lines are the configured alert thresholds, as exported.", "s", [
        query(quantile(0.5, f"{DURATION}_bucket{{SEL, GENUINE}}"), "50 %", exemplar=True),
        query(quantile(0.95, f"{DURATION}_bucket{{SEL, GENUINE}}"), "95 %", exemplar=True),
        query(quantile(0.99, f"{DURATION}_bucket{{SEL, GENUINE}}"), "99 %", exemplar=True),
        query('min(hookline_alert_response_time_threshold_seconds{SEL, severity="warning"})', "warning threshold"),
        query('min(hookline_alert_response_time_threshold_seconds{SEL, severity="critical"})', "critical threshold"),
    ], overrides=[limit_line("D", ORANGE), limit_line("E", RED)], no_value="no traffic"),
    heatmap(13, "Response times of genuine webhooks", "How many genuine webhooks were answered within each time.", "s",
            f"sum by (le) (increase({DURATION}_bucket{{SEL, GENUINE}}[$__rate_interval]))", exemplar=True),
    graph(14, "Genuine webhooks above a threshold", "The exact share that was answered later than the configured thresholds; the 95 % line crosses a threshold when this is above 5 %.", "percentunit", [
        query(beyond("warning"), "above warning"), query(beyond("critical"), "above critical")], no_value="no traffic"),
    graph(15, "Response time as the process sees it", "Percentiles over its own sliding window, by instance; absent without traffic.", "s",
          [query("max by (instance, percentile) (hookline_webhook_response_window_seconds{SEL})", "{{instance}} {{percentile}} %")], no_value="no traffic"),
    graph(16, "Phases, 95 %", "Validation, acknowledgement (the commit) and response add up to the response time; receive is the sender's time, background the time to the first attempt to forward.", "s",
          [query("histogram_quantile(0.95, sum by (le, phase) (rate(hookline_webhook_phase_duration_seconds_bucket{SEL}[$__rate_interval])))", "{{phase}}", exemplar=True)], no_value="no traffic"),
    graph(17, "Budgets exceeded", "Webhooks that took longer than a configured budget; `response` is the deadline and should never move.", "cps",
          [query("sum by (budget) (rate(hookline_budget_exceeded_total{SEL}[$__rate_interval]))", "{{budget}}")]),
])

VERDICTS = row(102, "Verdicts", [
    states(20, "The process's own monitor", "What each instance judges over its own window, by the same thresholds.",
           [query("hookline_alert_active{SEL}", "{{instance}} {{alert}} {{severity}}")], [(0, "quiet", GREEN), (1, "active", RED)]),
    graph(21, "Validation failures", "Invalid or missing signature and unknown account, of all that could be judged. The dashed line is the configured threshold, as exported.", "percentunit", [
        query(f"sum(rate(hookline_validations_total{{SEL, {FAILED}}}[$__rate_interval])) / sum(rate(hookline_validations_total{{SEL, {JUDGED}}}[$__rate_interval]))", "failures"),
        query('min(hookline_alert_validation_failure_threshold_ratio{SEL, severity="error"})', "error threshold"),
    ], overrides=[limit_line("B", RED)], no_value="no traffic"),
    graph(22, "Success rate as the process sees it", "Genuine webhooks answered 200, over its own sliding window, by instance; absent without traffic.", "percentunit",
          [query("min by (instance) (hookline_webhook_window_success_ratio{SEL})", "{{instance}}")], no_value="no traffic", defaults={"max": 1}),
    graph(23, "Validation failures as the process sees them", "Over its own sliding window, by instance; absent without traffic.", "percentunit",
          [query("max by (instance) (hookline_validation_window_failure_ratio{SEL})", "{{instance}}")], no_value="no traffic"),
])

BUDGETS = row(103, "Objectives", [
    gauge(30, "Availability budget left", "Of the 503s that the availability objective allows for the time shown, what is left.",
          f"""1 - sum(increase({DURATION}_count{{SEL, outcome="unavailable"}}[$__range])) / sum(increase({DURATION}_count{{SEL, GENUINE}}[$__range]))
          / (1 - max(hookline_slo_availability_objective_ratio{{SEL}}))""", steps=[(None, RED), (0.1, ORANGE), (0.5, GREEN)], no_value="no traffic"),
    gauge(31, "Latency budget left", "Of the slow replies that the latency objective allows for the time shown, what is left.",
          f"1 - {burn_slow('$__range')}", steps=[(None, RED), (0.1, ORANGE), (0.5, GREEN)], no_value="no traffic"),
    graph(32, "Burn rate, availability", "How many times faster than allowed the budget is used up: 14.4 over an hour pages.", "none",
          [query(burn_unavailable("5m"), "5 minutes"), query(burn_unavailable("1h"), "1 hour"), query(burn_unavailable("6h"), "6 hours")], width=6, no_value="no traffic"),
    graph(33, "Burn rate, latency", "How many times faster than allowed the budget is used up.", "none",
          [query(burn_slow("5m"), "5 minutes"), query(burn_slow("1h"), "1 hour"), query(burn_slow("6h"), "6 hours")], width=6, no_value="no traffic"),
])

INSTANCES = row(104, "Instance $instance", [
    graph(40, "Webhooks by outcome", "Requests to the webhook paths of this instance.", "reqps",
          [query(f"sum by (instance, outcome) (rate({DURATION}_count{{SEL}}[$__rate_interval]))", "{{instance}} {{outcome}}")], stack=True, no_value="no traffic"),
    graph(41, "Response time of genuine webhooks", "95 % of the genuine webhooks of this instance, by route.", "s", [
        query(f"histogram_quantile(0.95, sum by (instance, route, le) (rate({DURATION}_bucket{{SEL, GENUINE}}[$__rate_interval])))", "{{instance}} {{route}}"),
        query('min by (instance) (hookline_alert_response_time_threshold_seconds{SEL, severity="warning"})', "{{instance}} warning threshold"),
    ], overrides=[limit_line("B", ORANGE)], no_value="no traffic"),
], collapsed=True, repeat="instance")

DASHBOARD = dashboard(
    "hookline-overview", "Hookline / Overview",
    "Is Twilio answered, in time, and is what it sends genuine?",
    [GLANCE, RATE_ERRORS_DURATION, VERDICTS, BUDGETS, INSTANCES])
