"""The checks see what they are for: each of them finds a fault that is put into a dashboard."""

import copy

import dashboard_linter
import dashboard_shape
from repository import dashboards, panels, report

NAME = "hookline-overview"


def first(dashboard, kind):
    return next(panel for panel in panels(dashboard) if panel["type"] == kind)


def variable(dashboard, name):
    return next(one for one in dashboard["templating"]["list"] if one["name"] == name)


def target(dashboard, expression):
    first(dashboard, "timeseries")["targets"][0]["expr"] = expression


SELECTORS = '{job=~"$job", instance=~"$instance"}'
LINTER = {
    "template-datasource-rule": lambda d: variable(d, "datasource").update(name="source"),
    "template-job-rule": lambda d: variable(d, "job").update(multi=False),
    "template-instance-rule": lambda d: variable(d, "instance").update(allValue=".*"),
    "template-label-promql-rule": lambda d: variable(d, "job").update(query="label_values(up{, job)"),
    "template-on-time-change-reload-rule": lambda d: variable(d, "job").update(refresh=1),
    "uneditable-dashboard": lambda d: d.update(editable=True),
    "panel-datasource-rule": lambda d: first(d, "timeseries").update(datasource={"type": "prometheus", "uid": "fixed"}),
    "panel-title-description-rule": lambda d: first(d, "stat").update(description=""),
    "panel-units-rule": lambda d: first(d, "timeseries")["fieldConfig"]["defaults"].update(unit="parsecs"),
    "panel-no-targets-rule": lambda d: first(d, "timeseries").update(targets=[]),
    "target-promql-rule": lambda d: target(d, "sum(("),
    "target-logql-rule": lambda d: first(d, "timeseries")["targets"][0].update(datasource={"type": "loki", "uid": "${datasource}"}),
    "target-logql-auto-rule": lambda d: target(d, f"rate(a_total{SELECTORS}[$__auto])"),
    "target-rate-interval-rule": lambda d: target(d, f"rate(a_total{SELECTORS}[5m])"),
    "target-job-rule": lambda d: target(d, 'up{job="hookline", instance=~"$instance"}'),
    "target-instance-rule": lambda d: target(d, 'up{job=~"$job"}'),
    "target-counter-agg-rule": lambda d: target(d, f"sum(a_total{SELECTORS})"),
}
SHAPE = {
    "the SDK loses": lambda d: first(d, "timeseries")["options"]["legend"].update(calks=[]),
    "overlap": lambda d: first(d, "timeseries")["gridPos"].update(w=13),
    "within the grid": lambda d: first(d, "timeseries")["gridPos"].update(x=20),
    "one id": lambda d: first(d, "timeseries").update(id=1),
    "schema version": lambda d: d.update(schemaVersion=42),
    "siblings": lambda d: d.update(links=d["links"][:1]),
    "alerts are not marked": lambda d: d["annotations"].update(list=[]),
    "no data": lambda d: first(d, "timeseries")["fieldConfig"]["defaults"].pop("noValue"),
    "legend with figures": lambda d: first(d, "timeseries")["options"]["legend"].update(calcs=[]),
    "an old value": lambda d: first(d, "stat")["targets"][0].update(instant=False, range=True),
    "without a legend": lambda d: first(d, "timeseries")["targets"][0].update(legendFormat=""),
}


def main():
    dashboard_shape.register_default_plugins()
    assert set(LINTER) == set(dashboard_linter.DASHBOARD_RULES) | set(dashboard_linter.PANEL_RULES) | set(dashboard_linter.TARGET_RULES)
    faults = []
    for check, cases in ((dashboard_linter.lint, LINTER), (dashboard_shape.shape, SHAPE)):
        for name, spoil in cases.items():
            dashboard = copy.deepcopy(dashboards()[NAME])
            spoil(dashboard)
            if not any(name in fault for fault in check(NAME, dashboard)):
                faults.append(f"nothing finds a fault of the kind: {name}")
    report(faults)


main()
