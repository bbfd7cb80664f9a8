"""What promtool does not look at in rules: labels, annotations, links, names, thresholds."""

import json
import re

import yaml

import expressions
from repository import ROOT, alerts, dashboards, panels, report, rules, text

SEVERITIES = {"critical", "error", "warning", "info", "none"}
# What is not Hookline's own is in no panel.
MONITORING = {"watchdog", "notifications", "alerts_not_sent", "rules"}
THRESHOLDS = {1, 3, 0.05}
RECORDED = re.compile(r"(job|job_severity|job_instance|job_le):hookline_\w+:(min|max|sum|(below_)?p95_(5m|1h)|increase(5m|1h)|rate5m|ratio_(increase(5m|1h)|rate(5m|30m|1h|2h|6h|1d|3d|30d)))")


def headings():
    """The headings of the runbook that name an alert."""
    return re.findall(r"^## (\w+)$", text("docs/runbook.md"), re.M)


def check_alert(rule):
    name, labels, notes = rule["alert"], rule["labels"], rule["annotations"]
    if not re.fullmatch(r"Watchdog|Hookline([A-Z][a-z]+|ML|WAL|TwiML)+", name):
        yield "is not in camel case"
    if "for" not in rule:
        yield "has no `for`"
    if labels.get("severity") not in SEVERITIES or labels.get("service") != "hookline" or not labels.get("signal"):
        yield "has not the labels severity, service and signal"
    if set(notes) - {"value", "rank"} != {"summary", "description", "runbook_url", "dashboard_url"} or ("value" in notes) != ("rank" in notes):
        yield "has not exactly the four annotations, and perhaps its value with its rank"
    if "$value" in notes["description"] and "value" not in notes and "gauge" not in rule["expr"]:
        yield "has no value for a title"
    if "{{" in notes["summary"] or "\n" in notes["summary"] or notes["summary"].endswith("."):
        yield "has a summary with a value in it, of several lines, or with a full stop"
    if not notes["description"].endswith(".") or "\n" in notes["description"]:
        yield "has a description that is no sentence"
    if any(note.count("range query") > note.count("{{ else }}") for key, note in notes.items() if key != "rank"):
        yield "says nothing where a number is not known"
    compares = re.search(r"[<>]=?|==", rule["expr"])
    if compares and "$labels.job" not in notes["description"]:
        yield "does not say which job it is about"
    if notes["runbook_url"] != f"https://hookline.invalid/docs/runbook.md#{name.lower()}":
        yield "has another runbook_url than its heading"
    uses_threshold = re.search(r"threshold|objective", rule["expr"]) and "gauge" not in rule["expr"] and "unless" not in rule["expr"]
    if uses_threshold and "query (printf" not in notes["description"]:
        yield "does not say its threshold"


def check_link(rule, known):
    match = re.match(r"https://grafana\.invalid/d/([\w-]+)(?:\?viewPanel=(\d+)&var-job=|$)", rule["annotations"]["dashboard_url"])
    if not match or match[1] not in known:
        yield "leads to no dashboard"
    elif match[2]:
        panel = known[match[1]].get(int(match[2]))
        if panel is None:
            yield f"leads to panel {match[2]}, which is not there"
        else:
            shown = {name for target in panel["targets"] for name in expressions.metric_names(target["expr"])}
            stems = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
            read = {re.sub(r"_(bucket|sum|count)$", "", name) for name in source_metrics(rule["expr"])}
            if not stems & read:
                yield f"leads to panel {match[2]}, which shows none of its metrics"
    else:
        if rule["labels"]["signal"] not in MONITORING:
            yield "leads to no panel"


RECORDS = {rule["record"]: rule["expr"] for rule in rules() if "record" in rule}


def source_metrics(expression):
    """The exported metrics behind an expression, through recording rules."""
    result = set()
    for name in expressions.metric_names(expression):
        result |= source_metrics(RECORDS[name]) if name in RECORDS else {name}
    return result


def tested():
    """For each alert: how often a test expects it, and how often it expects silence."""
    counts = {}
    for path in sorted((ROOT / "alerts/tests").glob("*.yml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            for check in case.get("alert_rule_test", []):
                count = counts.setdefault(check["alertname"], [0, 0])
                count[0 if check["exp_alerts"] else 1] += 1
                for expected in check["exp_alerts"]:
                    assert len(expected["exp_annotations"]) in (4, 6), f"{path.name}: {case['name']}: not all annotations"
    return counts


def main():
    faults = []
    known = {name: {panel["id"]: panel for panel in panels(dashboard)} for name, dashboard in dashboards().items()}
    for rule in rules():
        name = rule.get("alert") or rule["record"]
        if "record" in rule and not RECORDED.fullmatch(name):
            faults.append(f"{name}: is not named level:metric:operations")
        if "_total" in rule.get("record", ""):
            faults.append(f"{name}: keeps _total in its name")
        if THRESHOLDS & set(expressions.compared_constants(rule["expr"])):
            faults.append(f"{name}: compares with a literal threshold")
        if re.search(r"[\w:]+:\w+", rule["expr"]):
            unknown = {read for read in expressions.metric_names(rule["expr"]) if ":" in read} - set(RECORDS)
            faults += [f"{name}: reads {read}, which no rule records" for read in sorted(unknown)]
    used = {read for rule in rules() for read in expressions.metric_names(rule["expr"])}
    shown = "".join(json.dumps(dashboard) for dashboard in dashboards().values()) + text("dashboards/consoles/hookline.html") + text("docs/runbook.md") + "".join(note for rule in alerts() for note in rule["annotations"].values())
    faults += [f"{record}: nobody reads it" for record in RECORDS if record not in used and record not in shown]
    for rule in alerts():
        faults += [f"{rule['alert']}: {fault}" for fault in list(check_alert(rule)) + list(check_link(rule, known))]
    names = [rule["alert"] for rule in alerts()]
    if len(set(names)) != len(names):
        faults.append("two alerts have one name")
    if headings() != names:
        faults.append(f"the runbook's headings are not the alerts in their order: {sorted(set(names) ^ set(headings()))}")
    counts = tested()
    for name in names:
        fires, silent = counts.get(name, [0, 0])
        if not fires or (silent < 2 and name != "Watchdog"):
            faults.append(f"{name}: is tested {fires} times firing and {silent} times silent")
    report(faults)


main()
