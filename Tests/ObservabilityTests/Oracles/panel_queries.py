"""Every query of every panel has a value in a running Prometheus that scrapes a receiver under load; prints those that have none."""

import sys

import expressions
from prometheus_api import ask, course
from repository import dashboards, panels, report

BASE = sys.argv[2]
VALUES = {"__rate_interval": "20s", "__interval": "5s", "__range": "60s", "job": "hookline", "cluster": ".*", "namespace": ".*", "instance": ".+"}

# Panels whose metric is absent until something happens that no fault of the caller brings about.
ABSENT = {("hookline-stores", 44), ("hookline-delivery", 32), ("hookline-delivery", 33), ("hookline-delivery", 36)}

# What the caller's faults have to bring about, or panels would pass with nothing but zeros in them.
HAPPENED = (
    '1 - min(hookline_redis_up{role="queue"})',
    'max(hookline_redis_breaker_open{role="queue"})',
    'sum(increase(hookline_redis_breaker_openings_total{role="queue"}[20s]))',
    'sum(rate(hookline_redis_unanswered_total{role="queue", reason="timeout"}[20s]))',
    'sum(rate(hookline_redis_connection_failures_total{role="queue"}[20s]))',
    'sum(rate(hookline_store_errors_total{store="redis"}[20s]))',
    'sum(rate(hookline_store_operation_duration_seconds_count{store="redis"}[20s]))',
    'sum(rate(hookline_validation_cache_requests_total{tier="redis"}[20s]))',
    "max(hookline_spooled)",
    "max(hookline_spool_oldest_message_age_seconds)",
    'max(hookline_queue_depth{store="redis"})',
)


def main():
    faults, asked = [], 0
    for name, dashboard in dashboards().items():
        for panel in panels(dashboard):
            for target in panel["targets"]:
                asked += 1
                if (name, panel["id"]) not in ABSENT and not course(BASE, expressions.filled(target["expr"], VALUES)):
                    faults.append(f"{name} panel {panel['id']} ({panel['title']}) {target['refId']}: no value")
        for annotation in dashboard["annotations"]["list"]:
            ask(BASE, "query", query=expressions.filled(annotation["expr"], VALUES))
    faults += [f"{expression}: never above 0" for expression in HAPPENED if max(course(BASE, expression), default=0) <= 0]
    if asked < 120:
        faults.append(f"only {asked} queries were asked")
    report(faults)


main()
