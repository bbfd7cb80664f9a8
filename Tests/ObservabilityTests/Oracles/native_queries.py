"""With native histograms and no classic ones, in a running Prometheus: every panel of the overview and every rule that reads
a histogram has a value; prints those that have none. With `quiet`, when traffic has ended: the rates are 0, and the budgets numbers."""

import sys
import time

import expressions
from prometheus_api import ask, instant
from repository import dashboards, documented, panels, report, rules

BASE = sys.argv[2]
VALUES = {"__rate_interval": "20s", "__interval": "5s", "__range": "60s", "job": "hookline", "cluster": ".*", "namespace": ".*", "instance": ".+"}
HISTOGRAMS = {name for name, kind in documented().items() if kind == "histogram"}
# Its label is the bound of a classic bucket: without one, texts give the quantile itself.
CLASSIC_ONLY = {"job_le:hookline_webhook_duration_seconds:below_p95_5m", "job_le:hookline_webhook_duration_seconds:below_p95_1h"}


def answers(expression):
    """Whether a query over the last minute has any value, number or histogram."""
    now = time.time()
    found = ask(BASE, "query_range", query=expression, start=now - 60, end=now, step=1)
    return any(value != "NaN" for series in found for _, value in series.get("values", [])) or any(series.get("histograms") for series in found)


def quiet():
    """After traffic, a rate that is no number would spoil every average over it."""
    rates = ("genuine", "unavailable", "timely", "timed")
    faults = [f"{rate} is {found}" for rate in rates if (found := instant(BASE, f"job:hookline_webhooks_{rate}:rate5m")) != [0.0]]
    if instant(BASE, "count(job:hookline_slo_budget_remaining:min > -1)") != [2.0]:
        faults.append("a budget is no number")
    report(faults)


def main():
    if sys.argv[3:] == ["quiet"]:
        quiet()
    faults = ["there are classic buckets"] if instant(BASE, "count(hookline_webhook_duration_seconds_bucket)") else []
    for panel in panels(dashboards()["hookline-overview"]):
        for target in panel["targets"]:
            if not answers(expressions.filled(target["expr"], VALUES)):
                faults.append(f"panel {panel['id']} ({panel['title']}) {target['refId']}: no value")
    for rule in rules():
        name = rule.get("record")
        reads = {read.removesuffix("_count").removesuffix("_bucket") for read in expressions.metric_names(rule["expr"])}
        if name and reads & HISTOGRAMS and name not in CLASSIC_ONLY and not answers(name):
            faults.append(f"{name}: no value")
    report(faults)


main()
