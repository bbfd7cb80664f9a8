#!/usr/bin/env python3
"""Writes the other forms of rules, dashboards and objectives; with --check it only compares.

    deploy/generate.py [--check] [--from FOLDER] [--out FOLDER]

FOLDER has alerts/hookline.rules.yml and dashboards/*.json: this repository, or what `make alerts` wrote. The forms:

    kubernetes/prometheusrule.yml      the rules for the Prometheus operator
    kubernetes/servicemonitor.yml      what it scrapes, by services; podmonitor.yml by pods: take one of them
    kubernetes/dashboards.yml          a ConfigMap for each dashboard, with the label of Grafana's sidecar
    slo/sloth.yml, slo/pyrra.yml       the objectives for Sloth and Pyrra, with the defaults of docs/configuration.md
    grafana/alerting.yml               the alerts as Grafana's own
    helm/hookline/files/               rules and dashboards for the Helm chart

The jsonnet mixin reads rules and dashboards itself. Needs Python 3.9 and nothing else. A test compares.
"""

import argparse
import json
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parent
MADE = "# Made by deploy/generate.py: change its sources.\n"
GENUINE = 'outcome=~"accepted|duplicate|deferred|unavailable"'
ANSWERABLE = 'outcome=~"accepted|duplicate|deferred|unavailable|aborted"'


def indented(text, by):
    """Every line that is not empty, further to the right."""
    return re.sub(r"(?m)^(?=.)", " " * by, text)


def metadata(name, extra=""):
    """The head of an object for Kubernetes."""
    return f"metadata:\n  name: {name}\n  labels:\n    app.kubernetes.io/name: hookline\n{extra}"


def prometheusrule(rules):
    """The rules as an object of the Prometheus operator; the text is the same."""
    groups = rules[rules.index("groups:\n"):]
    return f"{MADE}apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n{metadata('hookline')}spec:\n{indented(groups, 2)}"


def monitor(kind, endpoints, job):
    """What the operator scrapes. The rules know the job by its name, and an instance by the name of its pod."""
    plain = job == "hookline"
    relabel = "" if plain else f"        - targetLabel: job\n          replacement: {job}\n"
    return f"""{MADE}apiVersion: monitoring.coreos.com/v1
kind: {kind}
{metadata('hookline')}spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: hookline
  jobLabel: app.kubernetes.io/name
  {endpoints}:
    - port: ops
      interval: 15s
      relabelings:
        - sourceLabels: [__meta_kubernetes_pod_name]
          targetLabel: instance
{relabel}"""


def dashboards(found):
    """A list of ConfigMaps; `kubectl apply` takes objects of up to 256 KiB, so the JSON has no spaces."""
    return MADE + "".join(
        f"---\napiVersion: v1\nkind: ConfigMap\n{metadata(name, '    grafana_dashboard: ' + json.dumps('1') + chr(10))}data:\n  {name}.json: |\n    {text}\n"
        for name, text in found.items())


def default(flag):
    """The default of a setting, from the table that is made from the program."""
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    return re.search(rf"\| `{flag} \w+` \| `\w+` \| `([^`]+)` \|", page)[1]


def seconds(duration):
    """A duration as the label `le` of a bucket: always with a decimal point."""
    number, unit = re.fullmatch(r"([\d.]+)(ms|s)", duration).groups()
    return str(float(number) / (1000 if unit == "ms" else 1))


def percent(share):
    """A share from 0 to 1 in percent, without the noise of binary fractions."""
    return f"{float(share) * 100:.10g}"


def sloth(job):
    """Sloth's specification. Its ratios are made of our recorded rates, which count downtime as failed."""
    def ratio(good, part, whole):
        share = " / ".join(f'sum(avg_over_time(job:hookline_webhooks_{name}:rate5m{{job="{job}"}}[{{{{.window}}}}]))' for name in (part, whole))
        return f"1 - {share}" if good else share

    def objective(name, target, description, query, panel, page, ticket):
        return f"""  - name: {name}
    objective: {percent(target)}
    description: {description}
    sli:
      raw:
        error_ratio_query: |
          {query}
    alerting:
      name: HooklineObjective{name.capitalize()}
      labels: {{service: hookline, signal: {panel[1]}}}
      annotations:
        runbook_url: https://hookline.invalid/docs/runbook.md#hookline{name}budgetfast
        dashboard_url: https://grafana.invalid/d/hookline-overview?viewPanel={panel[0]}
      page_alert:
        labels: {{severity: {page}}}
      ticket_alert:
        labels: {{severity: {ticket}}}
"""
    return MADE + """# For `sloth generate`. Load alerts/hookline.rules.yml too: these ratios are made of the rates that it records. The
# objectives are Hookline's defaults; change them together with its settings. Its alerts then take the place of
# HooklineAvailabilityBudget… and HooklineLatencyBudget…, which read the objectives from Hookline itself.
version: prometheus/v1
service: hookline
slos:
""" + objective(
        "availability", default("--slo-availability"), "Genuine webhooks that are answered 200; those that come while nothing runs count as failed.",
        ratio(False, "failed", "expected"), (32, "availability"), "critical", "error") + objective(
        "latency", default("--slo-latency"), "Genuine webhooks that are answered within the configured time.",
        ratio(True, "timely", "timed"), (33, "latency_objective"), "error", "warning")


def pyrra(job):
    """Pyrra's objectives. It reads plain counters, so downtime and a changed threshold are not in them."""
    count, bucket = (f"hookline_webhook_duration_seconds_{part}" for part in ("count", "bucket"))

    def objective(name, target, description, indicator, severities):
        return f"""---
apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
{metadata('hookline-' + name)}spec:
  description: {description}
  target: "{percent(target)}"
  window: 30d
  indicator:
{indented(indicator, 4)}  alerting:
    name: HooklineObjective{name.capitalize()}
    absent: false
    severities: {{fastBurn: {severities[0]}, mediumBurn: {severities[0]}, slowBurn: {severities[1]}, longTermBurn: {severities[1]}}}
"""
    return MADE + """# Pyrra reads counters only: webhooks that came while nothing ran are not in its budget. The objectives, and the bound
# of the bucket, are Hookline's defaults; change them together with its settings.
""" + objective(
        "availability", default("--slo-availability"), "Genuine webhooks that are answered 200, of those that came.",
        f"""ratio:
  errors:
    metric: {count}{{job="{job}",outcome=~"unavailable|aborted"}}
  total:
    metric: {count}{{job="{job}",{ANSWERABLE}}}
""", ("critical", "error")) + objective(
        "latency", default("--slo-latency"), f"Genuine webhooks that are answered within {default('--slo-latency-threshold')}.",
        f"""latency:
  success:
    metric: {bucket}{{job="{job}",{GENUINE},le="{seconds(default('--slo-latency-threshold'))}"}}
  total:
    metric: {count}{{job="{job}",{GENUINE}}}
""", ("error", "warning"))


def scalar(text):
    """A scalar of the rules: plain, quoted, or folded over lines."""
    if text.startswith(">-\n"):
        return " ".join(line.strip() for line in text[3:].strip().split("\n"))
    if text.startswith("|\n"):
        return "\n".join(line.strip() for line in text[2:].strip().split("\n"))
    text = text.strip()
    return text[1:-1].replace("''", "'") if text.startswith("'") else text


def alerts(rules):
    """Every alert with its group: the rules are written in one way, so that no YAML parser is needed."""
    for group in re.split(r"(?m)^  - name: ", rules)[1:]:
        name, body = group.split("\n", 1)
        body = re.sub(r"(?m)^ *#.*\n", "", body)
        for rule in re.split(r"(?m)^      - ", body)[1:]:
            if not rule.startswith("alert: "):
                continue
            fields = dict(re.findall(r"(?ms)^(?:        )?(\w+): ?(.*?)(?=^        \w|\Z)", rule))
            texts = dict(re.findall(r"(?ms)^          (\w+): (.*?)(?=^          \w|\Z)", fields["annotations"]))
            labels = {key: text.strip('"') for key, text in re.findall(r'(\w+): (\w+|"[^"]*")', fields["labels"])}
            yield name, fields["alert"].strip(), scalar(fields["expr"]), fields["for"].strip(), labels, {key: scalar(text) for key, text in texts.items()}


def without_queries(text):
    """Grafana's templates cannot ask: what a text asks for is read off the panel, or is what it says otherwise."""
    parts, made, depth, skipping = re.split(r"(\{\{.*?\}\})", text), [], 0, []
    for part in parts:
        word = re.match(r"\{\{-? ?(\w+)", part)
        word = word[1] if word else ""
        if word in ("range", "with", "if"):
            depth += 1
            if word == "range":
                skipping.append([depth, False])
                continue
        if skipping and skipping[-1][0] == depth and word in ("else", "end"):
            if word == "else":
                skipping[-1][1] = True
            else:
                depth -= 1
                skipping.pop()
            continue
        if word == "end":
            depth -= 1
        if not skipping or skipping[-1][1]:
            made.append(part)
    return "".join(made)


def for_grafana(text):
    """A text for Grafana's templates, without a dollar, which Grafana's provisioning would take for a variable."""
    text = re.sub(r"\{\{ else \}\}(not known|an unknown share|an unknown number of|unknown|less than an hour)\{\{ end \}\}", "{{ else }}(see the panel){{ end }}", text)
    return without_queries(text).replace("$labels.", ".Labels.").replace("$value", ".Values.A.Value")


def grafana(rules):
    """Grafana's own alerts, by the same queries; B is true for every series that A finds."""
    groups = {}
    for group, *rule in alerts(rules):
        groups.setdefault(group, []).append(rule)
    lines = [MADE + """# For /etc/grafana/provisioning/alerting, instead of an Alertmanager. The recorded series stay Prometheus's work: load
# alerts/hookline.rules.yml there without `alerting`. Texts that ask Prometheus for a number say `(see the panel)` here.
apiVersion: 1
groups:"""]
    for group, members in groups.items():
        lines.append(f"  - orgId: 1\n    name: {group}\n    folder: Hookline\n    interval: 1m\n    rules:")
        for name, expression, pending, labels, texts in members:
            panel = re.search(r"/d/([\w-]+)\?viewPanel=(\d+)", texts["dashboard_url"])
            shown = {key: for_grafana(text) for key, text in texts.items() if key != "rank"}
            lines.append(f"""      - uid: {name.lower()}
        title: {name}
        condition: B
        for: {pending}
        noDataState: OK
        execErrState: Error{f'''
        dashboardUid: {panel[1]}
        panelId: {panel[2]}''' if panel else ''}
        labels: {json.dumps({key: for_grafana(text) for key, text in labels.items()})}
        annotations:
{chr(10).join(f'          {key}: {json.dumps(text, ensure_ascii=False)}' for key, text in shown.items())}
        data:
          - refId: A
            datasourceUid: hookline-prometheus
            relativeTimeRange: {{from: 600, to: 0}}
            model:
              refId: A
              instant: true
              range: false
              expr: {json.dumps(expression, ensure_ascii=False)}
          - refId: B
            datasourceUid: __expr__
            relativeTimeRange: {{from: 600, to: 0}}
            model: {{refId: B, type: math, expression: is_number($A) || is_inf($A)}}""")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description="Writes the other forms of rules, dashboards and objectives.")
    parser.add_argument("--check", action="store_true", help="only compare")
    parser.add_argument("--from", type=pathlib.Path, default=ROOT, dest="source", help="where rules and dashboards are")
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER, help="where the files go")
    asked = parser.parse_args()
    rules = (asked.source / "alerts/hookline.rules.yml").read_text(encoding="utf-8")
    found = {
        path.stem: json.dumps(json.loads(path.read_text(encoding="utf-8")), separators=(",", ":"), ensure_ascii=False, sort_keys=True)
        for path in sorted((asked.source / "dashboards").glob("*.json"))}
    job = re.search(r'up\{job="([^"]+)"\}', rules)[1]
    files = {
        "kubernetes/prometheusrule.yml": prometheusrule(rules),
        "kubernetes/servicemonitor.yml": monitor("ServiceMonitor", "endpoints", job),
        "kubernetes/podmonitor.yml": monitor("PodMonitor", "podMetricsEndpoints", job),
        "kubernetes/dashboards.yml": dashboards(found),
        "slo/sloth.yml": sloth(job),
        "slo/pyrra.yml": pyrra(job),
        "grafana/alerting.yml": grafana(rules),
        "helm/hookline/files/hookline.rules.yml": rules,
        **{f"helm/hookline/files/dashboards/{name}.json": text + "\n" for name, text in found.items()},
    }
    differing = []
    for name, text in files.items():
        path = asked.out / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            differing.append(name)
            if not asked.check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    kept = {path.relative_to(asked.out).as_posix() for path in (asked.out / "helm/hookline/files").rglob("*") if path.is_file()}
    differing += sorted(kept - set(files))
    if asked.check and differing:
        sys.exit("out of date, run deploy/generate.py: " + ", ".join(differing))


main()
