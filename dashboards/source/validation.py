"""Hookline / Validation: signatures, tokens, the cache, quarantine."""

from .grafana import GREEN, ORANGE, RED, dashboard, graph, heatmap, limit_line, query, row, stat, words
from .overview import FAILED, JUDGED

SIGNATURES = row(100, "Signatures", [
    graph(1, "Validations by result", "What validation said; a cache hit counts as valid.", "reqps",
          [query("sum by (result) (rate(hookline_validations_total{SEL}[$__rate_interval]))", "{{result}}")], stack=True, no_value="no traffic"),
    graph(2, "Share of failures", "Invalid or missing signature and unknown account, of all that could be judged. The dashed line is the configured threshold, as exported.", "percentunit", [
        query(f"sum by (job) (rate(hookline_validations_total{{SEL, {FAILED}}}[$__rate_interval])) / sum by (job) (rate(hookline_validations_total{{SEL, {JUDGED}}}[$__rate_interval]))", "{{job}}"),
        query('min by (job) (hookline_alert_validation_failure_threshold_ratio{SEL, severity="error"})', "{{job}} threshold"),
    ], overrides=[limit_line("B", RED)], no_value="no traffic"),
    graph(3, "Mismatches by hint", "What would have made a refused signature right; `none` is a forgery or an unknown token.", "cps",
          [query("sum by (hint) (rate(hookline_signature_mismatches_total{SEL}[$__rate_interval]))", "{{hint}}"),
           query("sum(rate(hookline_explanations_dropped_total{SEL}[$__rate_interval]))", "not explained: too many")]),
    graph(4, "Late tokens by policy", "Webhooks whose account's token did not come within the signature timeout, by what was done with them.", "cps",
          [query("sum by (policy) (rate(hookline_signature_timeouts_total{SEL}[$__rate_interval]))", "{{policy}}")]),
    graph(22, "Genuine, but not taken", "Signed rightly and refused all the same (kept in quarantine), by reason; and requests of Voice for TwiML, whose calls the empty answer ends.", "cps",
          [query("sum by (reason) (rate(hookline_genuine_requests_refused_total{SEL}[$__rate_interval]))", "{{reason}}"),
           query("sum(rate(hookline_voice_hangups_total{SEL}[$__rate_interval]))", "call ended")]),
    graph(23, "Repetitions by kind of event", "Requests that were answered as repetitions of an earlier one. More than Twilio's retries explain may be a wrong merge: see docs/twilio-products.md.", "cps",
          [query("sum by (kind) (rate(hookline_webhook_duplicates_total{SEL}[$__rate_interval]))", "{{kind}}")], stack=True),
    graph(7, "Time of validation", "The validation phase; its budget is 100 ms by default.", "s", [
        query('histogram_quantile(0.5, sum by (le) (rate(hookline_webhook_phase_duration_seconds_bucket{SEL, phase="validation"}[$__rate_interval])))', "50 %", exemplar=True),
        query('histogram_quantile(0.95, sum by (le) (rate(hookline_webhook_phase_duration_seconds_bucket{SEL, phase="validation"}[$__rate_interval])))', "95 %", exemplar=True),
        query('histogram_quantile(0.99, sum by (le) (rate(hookline_webhook_phase_duration_seconds_bucket{SEL, phase="validation"}[$__rate_interval])))', "99 %", exemplar=True),
    ], no_value="no traffic"),
    heatmap(15, "Times of validation", "How many validations took how long.", "s",
            'sum by (le) (increase(hookline_webhook_phase_duration_seconds_bucket{SEL, phase="validation"}[$__rate_interval]))', exemplar=True),
    graph(14, "Errors of requests", "Requests that were refused before or by validation, by type.", "cps",
          [query('sum by (type) (rate(hookline_errors_total{SEL, type=~"framing|body_too_large|form|signature|token_source"}[$__rate_interval]))', "{{type}}")]),
])

CACHE = row(101, "Validation cache", [
    graph(5, "Look-ups by tier and result", "A look-up in Redis ends after 20 ms by default, as a timeout.", "reqps",
          [query("sum by (tier, result) (rate(hookline_validation_cache_requests_total{SEL}[$__rate_interval]))", "{{tier}} {{result}}")], no_value="no traffic"),
    graph(6, "Hit rate by tier", "Hits of all look-ups in a tier.", "percentunit",
          [query('sum by (tier) (rate(hookline_validation_cache_requests_total{SEL, result="hit"}[$__rate_interval])) / sum by (tier) (rate(hookline_validation_cache_requests_total{SEL}[$__rate_interval]))', "{{tier}}")],
          no_value="no traffic"),
    graph(20, "Entries in memory", "Requests that are remembered as validated and stored.", "short",
          [query("sum by (instance) (hookline_validation_cache_entries{SEL})", "{{instance}}")]),
    graph(21, "Requests that wait for a token", "For the signature timeout at most.", "short",
          [query("sum by (instance) (hookline_token_waits{SEL})", "{{instance}}")]),
])

TOKENS = row(102, "Tokens", [
    stat(9, "Last reload of tokens", "Whether each instance could read its tokens the last time.", "none",
         [query("min by (instance) (hookline_tokens_last_reload_successful{SEL})", "{{instance}}")], width=6, height=8,
         defaults={"mappings": [words([(0, "failed", RED), (1, "good", GREEN)])]}),
    stat(10, "Tokens read since", "How long ago each instance read its tokens.", "s",
         [query("time() - max by (instance) (hookline_tokens_last_reload_timestamp_seconds{SEL})", "{{instance}}")], width=6, height=8),
    graph(8, "Matches by position of the token", "Once `first` has all of them, the older tokens can go.", "reqps",
          [query("sum by (position) (rate(hookline_token_matches_total{SEL}[$__rate_interval]))", "{{position}}")], stack=True, no_value="no traffic"),
    graph(16, "Tokens fetched by result", "Tokens of accounts that were not known yet, as the command or another source answered.", "ops",
          [query("sum by (result) (rate(hookline_token_fetches_total{SEL}[$__rate_interval]))", "{{result}}")]),
    graph(17, "Time of a fetch", "A fetch that takes longer than the signature timeout (50 ms by default) is waited for no longer.", "s", [
        query("histogram_quantile(0.5, sum by (le) (rate(hookline_token_fetch_duration_seconds_bucket{SEL}[$__rate_interval])))", "50 %"),
        query("histogram_quantile(0.95, sum by (le) (rate(hookline_token_fetch_duration_seconds_bucket{SEL}[$__rate_interval])))", "95 %"),
    ], no_value="no fetches"),
])

KEPT = row(103, "Unverified and quarantined", [
    graph(11, "Stored, not yet verified", "They wait for their account's token and are verified before they are forwarded.", "short",
          [query("sum by (instance) (hookline_unverified{SEL})", "{{instance}}")], width=8),
    graph(12, "Requests in quarantine", "Refused requests that are kept, by instance, and how many may be.", "short", [
        query("sum by (instance) (hookline_quarantined{SEL})", "{{instance}}"),
        query("sum by (instance) (hookline_quarantine_proven{SEL})", "{{instance}} would be genuine otherwise configured"),
        query("min(hookline_quarantined_max{SEL})", "limit"),
    ], width=8, overrides=[limit_line("C", ORANGE)]),
    graph(13, "Room of the quarantine", "Bytes that are kept, and how many may be.", "bytes", [
        query("sum by (instance) (hookline_quarantine_bytes{SEL})", "{{instance}}"),
        query("min(hookline_quarantine_bytes_max{SEL})", "limit"),
    ], width=8, overrides=[limit_line("B", ORANGE)]),
    graph(18, "What became of unverified webhooks", "Once their account's token was there.", "cps",
          [query("sum by (result) (rate(hookline_unverified_resolved_total{SEL}[$__rate_interval]))", "{{result}}")]),
    graph(19, "Not kept in quarantine", "Refused requests that are not, or no longer, kept, by reason.", "cps",
          [query("sum by (reason) (rate(hookline_quarantine_dropped_total{SEL}[$__rate_interval]))", "{{reason}}")]),
])

DASHBOARD = dashboard(
    "hookline-validation", "Hookline / Validation and security",
    "Which signatures are refused and why, where tokens come from, what the cache spares, what is kept.",
    [SIGNATURES, CACHE, TOKENS, KEPT])
