"""Where the checked files are, and how a check reports."""

import json
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
HISTOGRAM_PARTS = re.compile(r"_(bucket|sum|count)$")

# What Prometheus and Alertmanager themselves make.
PROMETHEUS_OWN = {
    "up", "scrape_duration_seconds", "scrape_samples_scraped", "ALERTS", "alertmanager_notifications_failed_total", "prometheus_notifications_errors_total",
    "prometheus_notifications_dropped_total", "prometheus_notifications_alertmanagers_discovered", "prometheus_rule_evaluation_failures_total",
    "prometheus_rule_group_iterations_missed_total"}

# Metrics that no dashboard shows, each with its reason.
UNUSED = {
    "process_virtual_memory_max_bytes": "no limit is set on any usual system",
}


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def documented():
    """Name to type of every metric that docs/metrics.md lists."""
    return dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", text("docs/metrics.md"), re.M))


def rules():
    return [rule for group in yaml.safe_load(text("alerts/hookline.rules.yml"))["groups"] for rule in group["rules"]]


def alerts():
    return [rule for rule in rules() if "alert" in rule]


def dashboards():
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "dashboards").glob("*.json"))}


def panels(dashboard):
    """Every panel, those in collapsed rows too; not the rows."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def family(name, known):
    """The metric that a series' name belongs to."""
    stem = HISTOGRAM_PARTS.sub("", name)
    return stem if stem != name and known.get(stem, "histogram") == "histogram" and name not in known else name


def report(faults):
    """Prints what was found, one a line, and ends with its number as exit status."""
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)
