"""The 17 rules of Grafana's dashboard linter (github.com/grafana/dashboard-linter at 4d0844b4), written
anew and without any exclusion. Rules that the original applies to some panel types only are applied to all here."""

import re

import expressions
from repository import dashboards, panels, report

# Those of https://github.com/grafana/grafana/blob/main/packages/grafana-data/src/valueFormats/categories.ts that we use.
UNITS = {"none", "short", "percentunit", "bytes", "s", "dtdurations", "cps", "ops", "reqps"}
UIDS = {"$datasource", "${datasource}"}


def selectors(expression):
    return [selector for selector, _ in expressions.nodes(expression, "VectorSelector")]


def template_datasource(dashboard):
    sources = [variable for variable in dashboard["templating"]["list"] if variable["type"] == "datasource"]
    if len(sources) != 1 or sources[0]["name"] != "datasource" or sources[0]["label"] != "Data source" or sources[0]["query"] != "prometheus":
        yield "needs one data source variable, named datasource, labelled Data source, of type prometheus"


def template_required(name):
    def rule(dashboard):
        found = [variable for variable in dashboard["templating"]["list"] if variable["name"] == name]
        if len(found) != 1:
            yield f"has no variable {name}"
            return
        variable = found[0]
        good = (
            variable["type"] == "query" and variable["datasource"]["uid"] in UIDS and variable["label"] == name.title()
            and variable["multi"] is True and variable["allValue"] == ".+")
        if not good:
            yield f"variable {name} is not as it should be"
    return rule


def template_label_promql(dashboard):
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        match = re.fullmatch(r"(label_names|label_values|metrics|query_result)\((.+)\)", variable["query"])
        if not match:
            yield f"variable {variable['name']} has no valid function"
        else:
            expressions.promql_parser.parse(expressions.filled(re.sub(r",\s*\w+$", "", match[2])))


def template_on_time_change_reload(dashboard):
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query" and variable["refresh"] != 2:
            yield f"variable {variable['name']} is not read again when the time range changes"


def uneditable_dashboard(dashboard):
    if dashboard["editable"] is not False:
        yield "is editable"


def panel_datasource(panel):
    if panel["datasource"]["uid"] not in UIDS:
        yield "does not use the data source variable"


def panel_title_description(panel):
    if not panel.get("title") or not panel.get("description"):
        yield "has no title or no description"


def panel_units(panel):
    if panel["fieldConfig"]["defaults"].get("unit") not in UNITS:
        yield f"has no valid unit: {panel['fieldConfig']['defaults'].get('unit')}"


def panel_no_targets(panel):
    if not panel.get("targets"):
        yield "has no query"


def target_promql(target):
    expressions.promql_parser.parse(expressions.filled(target["expr"]))


def target_logql(target):
    if target["datasource"]["type"] != "prometheus":
        yield "is no query of Prometheus"


def target_logql_auto(target):
    if "$__auto" in target["expr"]:
        yield "uses $__auto, which is for LogQL"


def target_rate_interval(target):
    for matrix, parents in expressions.nodes(target["expr"], "MatrixSelector"):
        function = parents[-1].func.name if parents and type(parents[-1]).__name__ == "Call" else None
        if function in ("rate", "irate") and int(matrix.range.total_seconds()) != int(expressions.RATE_INTERVAL[:-1]):
            yield "uses rate() over another range than $__rate_interval"


def target_required(name):
    def rule(target):
        for selector in selectors(target["expr"]):
            if (name, "=~", f"${name}") not in expressions.matchers(selector):
                yield f"{selector.name} has no matcher {name}=~\"${name}\""
    return rule


def target_counter_agg(target):
    for selector, parents in expressions.nodes(target["expr"], "VectorSelector"):
        if not (selector.name or "").endswith("_total"):
            continue
        ranged = len(parents) >= 2 and type(parents[-1]).__name__ == "MatrixSelector" and type(parents[-2]).__name__ == "Call"
        if not ranged or parents[-2].func.name not in ("rate", "irate", "increase"):
            yield f"{selector.name} is not within rate, irate or increase"


DASHBOARD_RULES = {
    "template-datasource-rule": template_datasource,
    "template-job-rule": template_required("job"),
    "template-instance-rule": template_required("instance"),
    "template-label-promql-rule": template_label_promql,
    "template-on-time-change-reload-rule": template_on_time_change_reload,
    "uneditable-dashboard": uneditable_dashboard,
}
PANEL_RULES = {
    "panel-datasource-rule": panel_datasource,
    "panel-title-description-rule": panel_title_description,
    "panel-units-rule": panel_units,
    "panel-no-targets-rule": panel_no_targets,
}
TARGET_RULES = {
    "target-promql-rule": target_promql,
    "target-logql-rule": target_logql,
    "target-logql-auto-rule": target_logql_auto,
    "target-rate-interval-rule": target_rate_interval,
    "target-job-rule": target_required("job"),
    "target-instance-rule": target_required("instance"),
    "target-counter-agg-rule": target_counter_agg,
}


def findings(rule, subject):
    try:
        return list(rule(subject) or [])
    except (ValueError, KeyError) as error:
        return [f"{type(error).__name__}: {error}"]


def lint(name, dashboard):
    """Every fault of one dashboard."""
    faults = [f"{name}: {rule}: {fault}" for rule, check in DASHBOARD_RULES.items() for fault in findings(check, dashboard)]
    for panel in panels(dashboard):
        place = f"{name} panel {panel['id']}"
        faults += [f"{place}: {rule}: {fault}" for rule, check in PANEL_RULES.items() for fault in findings(check, panel)]
        for target in panel.get("targets", []):
            faults += [f"{place} {target['refId']}: {rule}: {fault}" for rule, check in TARGET_RULES.items() for fault in findings(check, target)]
    return faults


if __name__ == "__main__":
    assert len(DASHBOARD_RULES) + len(PANEL_RULES) + len(TARGET_RULES) == 17
    assert len(dashboards()) == 5
    report([fault for name, dashboard in dashboards().items() for fault in lint(name, dashboard)])
