"""Hookline / Overview: is Twilio answered, in time, and is what it sends genuine?"""

from .grafana import GREEN, GREY, ORANGE, RED, dashboard, dead_letters, gauge, graph, heatmap, limit_line, override, owed, query, row, stat, states, verdict

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
        / sum(rate({DURATION}_count{{SEL, GENUINE}}[$__rate_interval]))
        or 1 - histogram_fraction(0, scalar(min(hookline_alert_response_time_threshold_seconds{{SEL, severity="{severity}"}})),
          sum(rate({DURATION}{{SEL, GENUINE}}[$__rate_interval])))"""


# The tiles look at the last 5 minutes, as the alerts do.
UNANSWERED = 'outcome=~"unavailable|aborted"'
ANSWERABLE = 'outcome=~"accepted|duplicate|deferred|unavailable|aborted"'
LATE = f"histogram_quantile(0.95, sum by (le) (increase({DURATION}_bucket{{SEL, GENUINE}}[5m])))"
UNANSWERED_SHARE = f"(sum(increase({DURATION}_count{{SEL, {UNANSWERED}}}[5m])) / sum(increase({DURATION}_count{{SEL, {ANSWERABLE}}}[5m])))"
REFUSED_SHARE = f"(sum(increase(hookline_validations_total{{SEL, {FAILED}}}[5m])) / sum(increase(hookline_validations_total{{SEL, {JUDGED}}}[5m])))"
UNDELIVERED_SHARE = """(
    sum(increase(hookline_delivery_attempts_total{SEL, result!="success"}[5m])) / sum(increase(hookline_delivery_attempts_total{SEL}[5m])))"""
# While the application fails only single attempts are made, or none: then the share above hardly moves for minutes.
HELD_BACK = "((max(hookline_deliveries_in_flight_allowed{SEL}) <= bool 1) * (max(hookline_deliveries_in_flight_max{SEL}) > bool 1) == 1)"
# With no instance up the last 5 minutes say nothing of now.
UP = "unless on () (max(up{SEL}) == 0)"
DISK = "min(hookline_data_dir_free_bytes{SEL})"


def burn_unavailable(window):
    return f"""
        sum(increase({DURATION}_count{{SEL, {UNANSWERED}}}[{window}])) / sum(increase({DURATION}_count{{SEL, {ANSWERABLE}}}[{window}]))
        / (1 - max(hookline_slo_availability_objective_ratio{{SEL}}))"""


def burn_slow(window):
    return f"""
        (1 - min(
          sum by (le) (increase({DURATION}_bucket{{SEL, GENUINE}}[{window}]))
          and on (le) label_replace(count_values("le", hookline_slo_latency_threshold_seconds{{SEL}}), "le", "$1.0", "le", "([0-9]+)"))
        / sum(increase({DURATION}_count{{SEL, GENUINE}}[{window}]))
        or 1 - histogram_fraction(0, scalar(min(hookline_slo_latency_threshold_seconds{{SEL}})), sum(increase({DURATION}{{SEL, GENUINE}}[{window}]))))
        / (1 - max(hookline_slo_latency_objective_ratio{{SEL}}))"""


GLANCE = row(100, "At a glance: the last 5 minutes", [
    stat(1, "Instances up", "The share of the instances that Prometheus knows and reaches, and how many it knows.", "percentunit", [
        query("sum(up{SEL}) / count(up{SEL})", "up"), query("count(up{SEL})", "known")],
        steps=[(None, RED), (0.5, ORANGE), (1, GREEN)], text_mode="value_and_name", no_value="none known",
        overrides=[override("B", unit="none", color={"mode": "fixed", "fixedColor": "text"})]),
    verdict(2, "Answered in time", "Whether 95 % of the genuine webhooks were answered within the configured thresholds.", f"""
        (({LATE} >= 0) > bool min(hookline_alert_response_time_threshold_seconds{{SEL, severity="warning"}}))
        + (({LATE} >= 0) > bool min(hookline_alert_response_time_threshold_seconds{{SEL, severity="critical"}}))""",
            [(0, "in time", GREEN), (1, "slow", ORANGE), (2, "far too slow", RED)], no_value="no traffic"),
    verdict(3, "Answered", "Whether genuine webhooks were answered 503 or given up by Twilio: `many` is over a tenth; `none` is that no instance is up.",
            f"3 * (max(up{{SEL}}) == bool 0) > 0 or (({UNANSWERED_SHARE} >= 0) > bool 0) + (({UNANSWERED_SHARE} >= 0) > bool 0.1)",
            [(0, "all", GREEN), (1, "not all", ORANGE), (2, "many are not", RED), (3, "none", RED)], no_value="no traffic"),
    verdict(4, "Signatures", "Whether more webhooks were refused for their signature or account than the configured threshold allows.",
            f'({REFUSED_SHARE} >= 0) > bool min(hookline_alert_validation_failure_threshold_ratio{{SEL, severity="error"}})',
            [(0, "genuine", GREEN), (1, "many refused", RED)], no_value="no traffic"),
    verdict(5, "Delivery", "Whether the application takes messages. `failing`: over half of the attempts of 5 minutes failed, or it fails now and therefore gets single attempts only.", f"""
        max(
          label_replace((({UNDELIVERED_SHARE} >= 0) > bool 0.5) + (({UNDELIVERED_SHARE} >= 0) == bool 1), "of", "5 minutes", "", "")
          or label_replace({HELD_BACK}, "of", "now", "", "")) {UP}""",
            [(0, "delivered", GREEN), (1, "failing", ORANGE), (2, "nothing delivered", RED)], no_value="no attempts"),
    stat(7, "Dead letters", "Messages that were given up and are kept; those of a shared queue are counted once.", "short", f"sum({dead_letters()})", steps=[(None, GREEN), (1, RED)]),
    verdict(6, "Disk", "Room for the data folder of the fullest instance: `low` is under 2 GiB, `nearly full` under 512 MiB.",
            f"({DISK} < bool 2147483648) + ({DISK} < bool 536870912)",
            [(0, "enough", GREEN), (1, "low", ORANGE), (2, "nearly full", RED)], no_value="not known"),
    stat(8, "Monitor of the process", "Alerts of the process's own monitor that are active now, over all instances.", "short", "sum(hookline_alert_active{SEL})",
         steps=[(None, GREEN), (1, RED)], no_value="not known"),
    stat(50, "Genuine webhooks", "How many come in a second: accepted, repeated, stored before they are verified, and answered 503.", "reqps",
         f"sum(increase({DURATION}_count{{SEL, GENUINE}}[5m])) / 300", steps=[(None, "text")], no_value="no traffic"),
    stat(51, "95 % answered within", "Response time of genuine webhooks. An estimate: Prometheus knows only between which two bounds it lies.", "s", f"{LATE} >= 0", steps=[(None, "text")], no_value="no traffic"),
    stat(52, "Success rate", "Genuine webhooks that were answered 200, of all that were not refused.", "percentunit", f"1 - ({UNANSWERED_SHARE} >= 0) {UP}",
         steps=[(None, RED), (0.9, ORANGE), (0.999, GREEN)], no_value="no traffic"),
    stat(53, "Validation failures", "Invalid or missing signature and unknown account, of all that could be judged.", "percentunit", f"{REFUSED_SHARE} >= 0", steps=[(None, "text")], no_value="no traffic"),
    stat(54, "Attempts that fail", "Of all attempts to hand a message to the application.", "percentunit", f"({UNDELIVERED_SHARE} >= 0) {UP}",
         steps=[(None, GREEN), (0.1, ORANGE), (0.5, RED)], no_value="no attempts"),
    stat(55, "Messages owed", "Stored and not yet taken by the application; a shared queue is counted once.", "short", f"sum({owed('store')})", steps=[(None, GREEN), (100, ORANGE)]),
    stat(56, "30-day budget left", "What is left of the errors that each objective allows in 30 days, downtime counted, or as far back as the data goes. It is that of the whole installation.", "percentunit", [
        query("min by (objective) (job:hookline_slo_budget_remaining:min{SEL})", "{{objective}}")],
        steps=[(None, RED), (0.1, ORANGE), (0.5, GREEN)], text_mode="value_and_name", no_value="no data"),
    stat(57, "Budget looks back", "How far back the data of the budgets goes; at most 30 days.", "s", "max(job:hookline_slo_data_seconds:max{SEL})", steps=[(None, "text")], no_value="no data"),
])

RATE_ERRORS_DURATION = row(101, "Rate, errors, duration", [
    graph(10, "Webhooks by outcome", "Requests to the webhook paths by how they ended.", "reqps",
          [query(f"sum by (outcome) (rate({DURATION}_count{{SEL}}[$__rate_interval]))", "{{outcome}}")], stack=True, no_value="no traffic"),
    graph(11, "Errors by type", "Errors, by the part of Hookline that met them.", "cps",
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
    gauge(30, "Availability budget left", "Of the 503s and the webhooks given up by Twilio that the objective allows for the time shown, what is left; downtime is in the 30-day budget only.",
          f"""1 - sum(increase({DURATION}_count{{SEL, {UNANSWERED}}}[$__range])) / sum(increase({DURATION}_count{{SEL, {ANSWERABLE}}}[$__range]))
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
