"""Every query of every panel has a value in a running Prometheus that scrapes a receiver under load; prints those that have none.

A query that reads a metric which is not built yet is left out; that list only ever shrinks.
"""

import sys

import expressions
from prometheus_api import ask, course
from repository import NOT_BUILT_YET, dashboards, documented, family, panels, report

BASE = sys.argv[2]
# Metrics that the caller's receiver cannot have: it runs without their part.
WITHOUT = set(sys.argv[3].split(",")) if len(sys.argv) > 3 else set()
VALUES = {"__rate_interval": "20s", "__interval": "5s", "__range": "60s", "job": "hookline", "instance": ".+"}


def main():
    known, faults, asked = documented(), [], 0
    for name, dashboard in dashboards().items():
        for panel in panels(dashboard):
            for target in panel["targets"]:
                read = {family(metric, known) for metric in expressions.metric_names(target["expr"])}
                if read & (NOT_BUILT_YET | WITHOUT):
                    continue
                asked += 1
                if not course(BASE, expressions.filled(target["expr"], VALUES)):
                    faults.append(f"{name} panel {panel['id']} ({panel['title']}) {target['refId']}: no value")
        for annotation in dashboard["annotations"]["list"]:
            ask(BASE, "query", query=expressions.filled(annotation["expr"], VALUES))
    if asked < 60:
        faults.append(f"only {asked} queries were asked")
    report(faults)


main()
