"""The jsonnet mixin says what the generators write, as it is and with everything in `_config` changed."""

import json
import pathlib
import subprocess
import tempfile

import _jsonnet
import yaml

from repository import ROOT, report

MIXIN = ROOT / "deploy/mixin/mixin.libsonnet"
CHANGED = {
    "job": "twilio", "labels": ["job", "environment", "region"], "runbook": "https://a.example", "grafana": "https://b.example", "downMinutes": 60,
    "downSeverity": "error"}


def evaluated(config):
    """What the mixin makes of a configuration."""
    return json.loads(_jsonnet.evaluate_snippet("test", f"""
        local mixin = (import '{MIXIN}') + {{ _config+:: {json.dumps(config)} }};
        {{ alerts: mixin.prometheusAlerts, rules: mixin.prometheusRules, dashboards: mixin.grafanaDashboards, config: mixin._config }}"""))


def written(folder):
    """What the generators wrote into a folder."""
    groups = yaml.safe_load((folder / "alerts/hookline.rules.yml").read_text(encoding="utf-8"))["groups"]

    def kept(field):
        chosen = [{"name": group["name"], "rules": [rule for rule in group["rules"] if field in rule]} for group in groups]
        return {"groups": [group for group in chosen if group["rules"]]}

    files = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in (folder / "dashboards").glob("*.json")}
    return {"alerts": kept("alert"), "rules": kept("record"), "dashboards": files}


def differences(found, wanted, place):
    """Where two documents differ."""
    if isinstance(found, dict) and isinstance(wanted, dict) and set(found) == set(wanted):
        for key, value in found.items():
            yield from differences(value, wanted[key], f"{place}/{key}")
    elif isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        for number, value in enumerate(found):
            yield from differences(value, wanted[number], f"{place}/{number}")
    elif found != wanted:
        yield f"mixin{place}: {str(found)[:200]}, not {str(wanted)[:200]}"


def compared(config, folder):
    found = evaluated(config)
    known = {"job", "labels", "runbook", "grafana", "downMinutes", "downSeverity"}
    if set(found.pop("config")) != known:
        yield "mixin: _config has other fields"
    yield from differences(found, written(folder), "")


def main():
    faults = list(compared({}, ROOT))
    with tempfile.TemporaryDirectory() as name:
        words = ["URL=" + CHANGED["runbook"], "GRAFANA=" + CHANGED["grafana"], "JOB=" + CHANGED["job"], "LABELS=" + ",".join(CHANGED["labels"]),
                 f"DOWN_MINUTES={CHANGED['downMinutes']}", "DOWN_SEVERITY=" + CHANGED["downSeverity"], f"OUT={name}"]
        made = subprocess.run(["make", "-s", "alerts", *words], cwd=ROOT, capture_output=True, text=True)
        faults += [made.stderr] if made.returncode else list(compared(CHANGED, pathlib.Path(name)))
    report(faults)


main()
