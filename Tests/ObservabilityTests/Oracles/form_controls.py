"""The checks of the other forms and of the chart see what they are for: each finds a fault that is put in."""

import pathlib
import shutil
import tempfile

import chart
import forms
from repository import report, text

FORMS = {
    "PrometheusRule: not the rules": ("kubernetes/prometheusrule.yml", "for: 2m", "for: 3m", forms.prometheusrule),
    "PrometheusRule: another kind": ("kubernetes/prometheusrule.yml", "PrometheusRule", "PrometheusRules", forms.prometheusrule),
    "the rules would not know the job": (
        "kubernetes/servicemonitor.yml", "      app.kubernetes.io/name: hookline\n", "      app.kubernetes.io/name: hooklines\n",
        lambda: forms.monitor("deploy/kubernetes/servicemonitor.yml", "ServiceMonitor", "endpoints")),
    "another endpoint": ("kubernetes/podmonitor.yml", "port: ops", "port: webhooks", lambda: forms.monitor("deploy/kubernetes/podmonitor.yml", "PodMonitor", "podMetricsEndpoints")),
    "the sidecar would not find it": ("kubernetes/dashboards.yml", 'grafana_dashboard: "1"', 'grafana_dash: "1"', forms.config_maps),
    "not the dashboards": ("kubernetes/dashboards.yml", "Redis", "Radis", forms.config_maps),
    "Grafana: not the alerts": ("grafana/alerting.yml", "title: HooklineDown", "title: HooklineGone", forms.grafana),
    "another query": ("grafana/alerting.yml", "hookline_dead_letters", "hookline_dead", forms.grafana),
    "a text that its templates do not take": ("grafana/alerting.yml", "{{ .Labels.instance }}", "{{ $labels.instance }}", forms.grafana),
    "other labels": ("grafana/alerting.yml", '"severity": "critical"', '"severity": "bad"', forms.grafana),
    "unknown fields": ("slo/sloth.yml", "error_ratio_query", "error_query", forms.sloth),
    "which no rule records": ("slo/sloth.yml", "webhooks_expected", "webhooks_awaited", forms.sloth),
    "does not exist": ("slo/pyrra.yml", "hookline_webhook_duration", "hookline_duration", forms.pyrra),
    "another ratio": ("slo/pyrra.yml", "outcome=~\"unavailable|aborted\"", "outcome=~\"aborted\"", forms.ratios),
}
CHART = {
    "the pod is not hardened": ("templates/statefulset.yaml", "runAsNonRoot: true", "runAsNonRoot: false"),
    "the container is not hardened": ("templates/statefulset.yaml", "drop: [ALL]", "drop: []"),
    "other probes": ("templates/statefulset.yaml", "/readyz", "/ready"),
    "the ports are not": ("templates/statefulset.yaml", "containerPort: 8080", "containerPort: 8081"),
    "no variable of Hookline": ("templates/statefulset.yaml", "            # A folder", "            - {name: HOOKLINE_NOTHING, value: a}\n            # A folder"),
    "the data folder is not": ("templates/statefulset.yaml", "/var/lib/hookline/data}", "/var/data}"),
    "a stop is cut off": ("templates/statefulset.yaml", "{{ .Values.terminationGracePeriodSeconds }}", "14"),
    "Kubernetes 1.25": ("templates/statefulset.yaml", "podManagementPolicy", "podManagement"),
    "does not find the one service": ("templates/servicemonitor.yaml", "hookline/service: ops", "hookline/service: all"),
    "chooses no pod": ("templates/poddisruptionbudget.yaml", '{{- include "hookline.selector" . | nindent 6 }}', "{a: b}"),
    "an Ingress leads elsewhere": ("templates/ingress.yaml", "name: webhooks", "name: ops"),
    "is empty": ("templates/config.yaml", '(kindIs "string" $value)', "false"),
    "PrometheusRule: not the rules": ("files/hookline.rules.yml", "for: 2m", "for: 3m"),
    "ConfigMap: not the dashboards": ("templates/dashboards.yaml", "$monitoring.runbook", "$monitoring.grafana"),
    "or elsewhere too": ("templates/config.yaml", "data:\n", "data:\n  token: {{ .Values.authToken.value | quote }}\n"),
    "not refused: queue: redis": ("templates/statefulset.yaml", '(int .Values.replicas) 1)', '(int .Values.replicas) 9)'),
    "not refused: listen": ("values.schema.json", '"listen": false,', ""),
    "not refused: public-url": ("values.schema.json", '"pattern": "^https?://."', '"pattern": ""'),
    "another version": ("Chart.yaml", "version: ", "version: 9"),
    "is used nowhere": ("values.yaml", "replicas: 1", "replicas: 1\nreplicaCount: 1"),
}


def main():
    faults = []
    for word, (path, old, new, check) in FORMS.items():
        forms.text = lambda name: text(name).replace(old, new) if name == f"deploy/{path}" else text(name)
        if not any(word in fault for fault in check()):
            faults.append(f"nothing finds a fault of the kind: {word}")
    forms.text = text
    for word, (path, old, new) in CHART.items():
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name) / "hookline"
            shutil.copytree(chart.CHART, folder)
            file = folder / path
            source = file.read_text(encoding="utf-8")
            file.write_text(source.replace(old, new), encoding="utf-8")
            if old not in source or not any(word in fault for fault in found(folder, "Kubernetes" in word)):
                faults.append(f"nothing in the chart finds a fault of the kind: {word}")
    report(faults)


def found(folder, schemas):
    """What the check says, up to the error that Helm makes of it."""
    try:
        yield from chart.check(folder, schemas)
    except Exception as error:  # The checks after it have nothing to look at.
        yield f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
