"""Every metric that rules, dashboards, consoles and runbook name exists; every metric is shown or has a reason not to be."""

import re

import expressions
from repository import PROMETHEUS_OWN, ROOT, UNUSED, dashboards, documented, family, panels, report, rules, text

RECORDS = {rule["record"] for rule in rules() if "record" in rule}


def read_by_rules():
    return {name for rule in rules() for name in expressions.metric_names(rule["expr"])}


def read_by_dashboards():
    names = set()
    for dashboard in dashboards().values():
        names |= {name for panel in panels(dashboard) for target in panel["targets"] for name in expressions.metric_names(target["expr"])}
        names |= {name for one in dashboard["annotations"]["list"] for name in expressions.metric_names(one["expr"])}
        for variable in dashboard["templating"]["list"]:
            names |= set(re.findall(r"label_values\((\w+)", variable["query"]))
    return names


def read_by_text(path):
    """What prose and templates name."""
    return set(re.findall(r"\b(?:hookline|process)_[a-z_]+[a-z]\b", re.sub(r"(job|job_severity|job_instance):[\w:]+", "", text(path))))


def recorded_in(path):
    return set(re.findall(r"\b(?:job|job_severity|job_instance):[\w:]+", text(path)))


def main():
    known = documented()
    faults = []
    places = {"rules": read_by_rules(), "dashboards": read_by_dashboards(), "runbook": read_by_text("docs/runbook.md")}
    for path in sorted((ROOT / "dashboards/consoles").glob("*.html")):
        places[path.name] = read_by_text(f"dashboards/consoles/{path.name}") | recorded_in(f"dashboards/consoles/{path.name}")
    places["runbook"] |= recorded_in("docs/runbook.md")
    for place, names in places.items():
        for name in sorted(names):
            metric = family(name, known)
            if metric not in known and name not in PROMETHEUS_OWN | RECORDS:
                faults.append(f"{place}: {name} does not exist")
    shown = {family(name, known) for name in places["dashboards"]}
    for name in sorted(set(known) - shown - set(UNUSED)):
        faults.append(f"{name} is in no dashboard and has no reason for it")
    for name in sorted(set(UNUSED) & shown | set(UNUSED) - set(known)):
        faults.append(f"{name} is listed as unused, and is used or unknown")
    for block in re.findall(r"^```promql\n(.*?)^```", text("docs/runbook.md"), re.M | re.S):
        for line in block.strip().split("\n"):
            expressions.promql_parser.parse(line)
    report(faults)


main()
