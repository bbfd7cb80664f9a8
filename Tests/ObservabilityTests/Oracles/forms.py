"""The other forms of rules, dashboards and objectives say what their sources say, in the fields that their readers know.

Known fields: the definitions of the Prometheus operator 0.93 and of Pyrra, Sloth's `prometheus/v1`, and Grafana's provisioning
(docs/kubernetes.md names them).
"""

import json
import pathlib
import re
import subprocess
import tempfile

import yaml

import expressions
from repository import ROOT, alerts, dashboards, documented, report, rules, text

# The one in C reads ten times faster.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
RULES = yaml.load(text("alerts/hookline.rules.yml"), LOADER)["groups"]
GRAFANA_RULE = {"uid", "title", "condition", "for", "noDataState", "execErrState", "dashboardUid", "panelId", "labels", "annotations", "data"}
GRAFANA_QUERY = {"refId", "datasourceUid", "relativeTimeRange", "model"}


def documents(path):
    return [one for one in yaml.load_all(text(path), LOADER) if one]


def named(one, kind, version, fields):
    """What is wrong with the head of an object for Kubernetes."""
    if one.get("kind") != kind or one.get("apiVersion") != version or set(one) != {"apiVersion", "kind", "metadata", fields}:
        yield f"{kind}: another kind, version or part"
    if not re.fullmatch(r"[a-z0-9-]{1,63}", one["metadata"]["name"]) or one["metadata"]["labels"]["app.kubernetes.io/name"] != "hookline":
        yield f"{kind}: no name or label"


def prometheusrule():
    one, = documents("deploy/kubernetes/prometheusrule.yml")
    yield from named(one, "PrometheusRule", "monitoring.coreos.com/v1", "spec")
    if one["spec"] != {"groups": RULES}:
        yield "PrometheusRule: not the rules"


def monitor(path, kind, endpoints):
    one, = documents(path)
    yield from named(one, kind, "monitoring.coreos.com/v1", "spec")
    spec = one["spec"]
    if set(spec) != {"selector", "jobLabel", endpoints}:
        yield f"{kind}: unknown fields in its specification"
    endpoint, = spec[endpoints]
    if set(endpoint) != {"port", "interval", "relabelings"} or endpoint["port"] != "ops":
        yield f"{kind}: another endpoint"
    if spec["selector"]["matchLabels"][spec["jobLabel"]] != "hookline":
        yield f"{kind}: the rules would not know the job"
    if endpoint["relabelings"] != [{"sourceLabels": ["__meta_kubernetes_pod_name"], "targetLabel": "instance"}]:
        yield f"{kind}: an instance has no name that stays"


def config_maps():
    maps = documents("deploy/kubernetes/dashboards.yml")
    for one in maps:
        yield from named(one, "ConfigMap", "v1", "data")
        if one["metadata"]["labels"].get("grafana_dashboard") != "1":
            yield "ConfigMap: the sidecar would not find it"
        if len(json.dumps(one)) > 262144:
            yield "ConfigMap: too large for kubectl apply"
    found = {name: json.loads(value) for one in maps for name, value in one["data"].items()}
    if found != {f"{name}.json": dashboard for name, dashboard in dashboards().items()}:
        yield "ConfigMap: not the dashboards"


def grafana():
    file = yaml.load(text("deploy/grafana/alerting.yml"), LOADER)
    if file["apiVersion"] != 1 or any(set(group) != {"orgId", "name", "folder", "interval", "rules"} for group in file["groups"]):
        yield "Grafana: no provisioning file of alerts"
    made = {rule["title"]: rule for group in file["groups"] for rule in group["rules"]}
    if set(made) != {rule["alert"] for rule in alerts()} or len({rule["uid"] for rule in made.values()}) != len(made):
        yield "Grafana: not the alerts"
    uid = yaml.safe_load(text("dashboards/provisioning/datasources/hookline.yml"))["datasources"][0]["uid"]
    for rule in alerts():
        name, one = rule["alert"], made[rule["alert"]]
        if set(one) - {"dashboardUid", "panelId"} != GRAFANA_RULE - {"dashboardUid", "panelId"} or any(set(query) != GRAFANA_QUERY for query in one["data"]):
            yield f"Grafana: {name}: unknown fields"
        if not re.fullmatch(r"[a-z0-9]{1,40}", one["uid"]):
            yield f"Grafana: {name}: no uid"
        query, condition = one["data"]
        if "".join(query["model"]["expr"].split()) != "".join(rule["expr"].split()) or query["datasourceUid"] != uid or not query["model"]["instant"]:
            yield f"Grafana: {name}: another query"
        if one["condition"] != condition["refId"] or "$A" not in condition["model"]["expression"] or condition["datasourceUid"] != "__expr__":
            yield f"Grafana: {name}: another condition"
        labels = {key: value.replace("$labels.", ".Labels.") for key, value in rule["labels"].items()}
        if one["labels"] != labels or one["for"] != rule["for"] or set(one["annotations"]) != set(rule["annotations"]) - {"rank"}:
            yield f"Grafana: {name}: other labels, another wait or other texts"
        for note in one["annotations"].values():
            actions = re.findall(r"\{\{-? ?(\w*)", note)
            opened = sum(word in ("with", "if", "range") for word in actions)
            if "$" in note or "query" in actions or "range" in actions or opened != actions.count("end"):
                yield f"Grafana: {name}: a text that its templates do not take: {note}"
        if one["annotations"]["summary"] != rule["annotations"]["summary"]:
            yield f"Grafana: {name}: another summary"


def sloth():
    file = yaml.safe_load(text("deploy/slo/sloth.yml"))
    if set(file) != {"version", "service", "slos"} or file["version"] != "prometheus/v1":
        yield "Sloth: another version or unknown fields"
    for one in file["slos"]:
        if set(one) != {"name", "objective", "description", "sli", "alerting"} or set(one["sli"]["raw"]) != {"error_ratio_query"}:
            yield f"Sloth: {one['name']}: unknown fields"
        if set(one["alerting"]) != {"name", "labels", "annotations", "page_alert", "ticket_alert"}:
            yield f"Sloth: {one['name']}: unknown fields of its alerts"
        if "{{.window}}" not in one["sli"]["raw"]["error_ratio_query"]:
            yield f"Sloth: {one['name']}: no window"
        unknown = set(expressions.metric_names(one["sli"]["raw"]["error_ratio_query"].replace("{{.window}}", "5m"))) - {rule.get("record") for rule in rules()}
        if unknown:
            yield f"Sloth: {one['name']}: reads {unknown}, which no rule records"


def pyrra():
    for one in documents("deploy/slo/pyrra.yml"):
        yield from named(one, "ServiceLevelObjective", "pyrra.dev/v1alpha1", "spec")
        if set(one["spec"]) != {"description", "target", "window", "indicator", "alerting"} or not isinstance(one["spec"]["target"], str):
            yield "Pyrra: unknown fields, or a target that is no text"
        (kind, parts), = one["spec"]["indicator"].items()
        if {"ratio": {"errors", "total"}, "latency": {"success", "total"}}.get(kind) != set(parts):
            yield f"Pyrra: no indicator {kind}"
        for part in parts.values():
            for name in expressions.metric_names(part["metric"]):
                if re.sub("_(count|bucket)$", "", name) not in documented():
                    yield f"Pyrra: {name} does not exist"


# A tenth of the webhooks is answered 503; of all, 45 % later than the threshold.
COUNT = 'hookline_webhook_duration_seconds_count{job="hookline",instance="a",outcome="%s"}'
BUCKET = 'hookline_webhook_duration_seconds_bucket{job="hookline",instance="a",outcome="%s",le="0.5"}'
SERIES = {
    COUNT % "accepted": "0+90x200", COUNT % "unavailable": "0+10x200", BUCKET % "accepted": "0+45x200", BUCKET % "unavailable": "0+10x200",
    'up{job="hookline",instance="a"}': "1x200", 'hookline_slo_latency_threshold_seconds{job="hookline",instance="a"}': "0.5x200"}


def ratios():
    """The queries of Sloth and Pyrra find the share that the objectives are about."""
    queries = [(one["sli"]["raw"]["error_ratio_query"].strip().replace("{{.window}}", "1h"), share)
               for one, share in zip(yaml.safe_load(text("deploy/slo/sloth.yml"))["slos"], (0.1, 0.45))]
    for one, share in zip(documents("deploy/slo/pyrra.yml"), (0.1, 0.55)):
        parts = [part["metric"] for part in next(iter(one["spec"]["indicator"].values())).values()]
        queries.append((" / ".join(f"sum(rate({part}[1h]))" for part in parts), share))
    case = {
        "interval": "1m", "input_series": [{"series": one, "values": values} for one, values in SERIES.items()],
        "promql_expr_test": [
            {"expr": f"round({query}, 0.0001)", "eval_time": "3h", "exp_samples": [{"labels": "{}", "value": share}]} for query, share in queries]}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "objectives.yml"
        path.write_text(yaml.safe_dump({"rule_files": [str(ROOT / "alerts/hookline.rules.yml")], "tests": [case]}), encoding="utf-8")
        result = subprocess.run(["promtool", "test", "rules", str(path)], capture_output=True, text=True)
    if result.returncode != 0:
        yield "Sloth or Pyrra: another ratio: " + result.stdout + result.stderr


def main():
    report([
        *prometheusrule(), *monitor("deploy/kubernetes/servicemonitor.yml", "ServiceMonitor", "endpoints"),
        *monitor("deploy/kubernetes/podmonitor.yml", "PodMonitor", "podMetricsEndpoints"), *config_maps(), *grafana(), *sloth(), *pyrra(), *ratios()])


if __name__ == "__main__":
    main()
