"""The Helm chart, rendered by Helm's own library: valid for Kubernetes, hardened, and with our rules and dashboards as they are."""

import copy
import json
import pathlib
import re

import helm_python
import kubernetes_validate
import yaml

from repository import ROOT, dashboards, report, text

CHART = ROOT / "deploy/helm/hookline"
# The oldest Kubernetes that Chart.yaml allows, and the newest that the package of schemas knows.
KUBERNETES = ("1.25", "1.37")
FEW = {"config": {"public-url": "https://hooks.example.com"}, "authToken": {"existingSecret": "twilio"}}
MANY = {
    "config": {"public-url": "https://hooks.example.com", "forward-to": "http://bot:3000/twilio", "queue": "redis", "routes": ["/a", {"path": "/b"}], "slo-latency": 0.995},
    "authToken": {"value": "token, with: marks"}, "redis": {"existingSecret": "redis"}, "replicas": 3, "image": {"repository": "r.example/hookline", "tag": "x", "pullSecrets": [{"name": "r"}]},
    "persistence": {"size": "20Gi", "storageClass": "fast"}, "service": {"type": "LoadBalancer", "annotations": {"a": "b"}},
    "ingress": {"enabled": True, "className": "nginx", "host": "hooks.example.com", "tlsSecret": "tls", "annotations": {"a": "b"}},
    "networkPolicy": {"enabled": True, "metricsFrom": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}]},
    "monitoring": {
        "serviceMonitor": {"enabled": True, "labels": {"release": "p"}, "nativeHistograms": True}, "rules": {"enabled": True, "labels": {"release": "p"}},
        "dashboards": {"enabled": True, "annotations": {"folder": "Hookline"}}, "runbook": "https://a.example/", "grafana": "https://b.example"},
    "serviceAccount": {"name": "hookline"}, "podAnnotations": {"a": "b"}, "podLabels": {"c": "d"}, "nodeSelector": {"disk": "ssd"}, "tolerations": [{"operator": "Exists"}],
    "affinity": {"nodeAffinity": {}}, "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}], "priorityClassName": "high",
    "extraEnv": [{"name": "HOOKLINE_LOG_LEVEL", "value": "debug"}], "extraVolumes": [{"name": "more", "emptyDir": {}}], "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}]}
# Values that must be refused, and a word of what is said.
REFUSED = {
    "public-url": {"authToken": {"existingSecret": "twilio"}},
    "authToken": {"config": FEW["config"]},
    "queue: redis": {**FEW, "replicas": 2},
    "listen": {**FEW, "config": {**FEW["config"], "listen": "0.0.0.0:1"}},
    "ingress.host": {**FEW, "ingress": {"enabled": True}},
}
ALWAYS = ["ConfigMap", "PodDisruptionBudget", "Service", "Service", "StatefulSet"]
# The one in C reads ten times faster.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SETTINGS = dict(re.findall(r"\| `--([\w-]+)(?: [^`]*)?` \| `(HOOKLINE_\w+)` \|", text("docs/configuration.md")))


def rendered(chart, values):
    """The objects that Helm makes."""
    with helm_python.Chart.load(str(chart)) as one:
        files = one.render(copy.deepcopy(values), name="hookline", namespace="default")
    return [one for name, made in files.items() if name.endswith(".yaml") for one in yaml.load_all(made, LOADER) if one]


def valid(objects):
    for one in objects:
        if one["apiVersion"].startswith("monitoring."):
            continue
        for version in KUBERNETES:
            try:
                kubernetes_validate.validate(one, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                yield f"{one['kind']}: Kubernetes {version}: {error.message[:200]}"


def pod(objects):
    """The pod is hardened, asked for its health, and stops in time."""
    kinds = {one["kind"]: one for one in objects}
    spec = kinds["StatefulSet"]["spec"]["template"]["spec"]
    container, = spec["containers"]
    user = int(re.search(r"\nUSER (\d+)\n", text("deploy/Containerfile"))[1])
    wanted = {"runAsNonRoot": True, "runAsUser": user, "runAsGroup": user, "fsGroup": user, "fsGroupChangePolicy": "OnRootMismatch", "seccompProfile": {"type": "RuntimeDefault"}}
    if spec["securityContext"] != wanted or spec["automountServiceAccountToken"]:
        yield "the pod is not hardened"
    if container["securityContext"] != {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}:
        yield "the container is not hardened"
    probes = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    if probes != {"startupProbe": {"path": "/healthz", "port": "ops"}, "livenessProbe": {"path": "/healthz", "port": "ops"}, "readinessProbe": {"path": "/readyz", "port": "ops"}}:
        yield "other probes"
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    variables = {one["name"]: one.get("value") for one in container["env"]}
    if variables["HOOKLINE_LISTEN"] != f"0.0.0.0:{ports['webhooks']}" or variables["HOOKLINE_OPS_LISTEN"] != f"0.0.0.0:{ports['ops']}":
        yield "the ports are not those that Hookline listens on"
    known = set(SETTINGS.values()) | {"HOOKLINE_CONFIG", "TWILIO_AUTH_TOKEN"}
    yield from (f"{name} is no variable of Hookline" for name in variables if name not in known)
    mounts = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
    claim, = kinds["StatefulSet"]["spec"]["volumeClaimTemplates"]
    if not variables["HOOKLINE_DATA_DIR"].startswith(mounts[claim["metadata"]["name"]] + "/"):
        yield "the data folder is not on the volume that stays"
    if not variables["HOOKLINE_CONFIG"].startswith(mounts["config"] + "/"):
        yield "the configuration file is not where Hookline looks"
    pause = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    deadline = int(re.search(r"`--shutdown-deadline DURATION` \| `\w+` \| `(\d+)s`", text("docs/configuration.md"))[1])
    if spec["terminationGracePeriodSeconds"] < pause + deadline + 5:
        yield "a stop is cut off"


def together(objects):
    """Services, budget and monitor choose the pods; nothing leads to the metrics from outside."""
    labels = next(one for one in objects if one["kind"] == "StatefulSet")["spec"]["template"]["metadata"]["labels"]
    for one in objects:
        spec = one.get("spec", {})
        if one["kind"] == "ServiceMonitor":
            services = [service for service in objects if service["kind"] == "Service" and spec["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()]
            if [port["name"] for service in services for port in service["spec"]["ports"]] != [spec["endpoints"][0]["port"]] or services[0]["metadata"]["labels"][spec["jobLabel"]] != "hookline":
                yield "the ServiceMonitor does not find the one service of the metrics, or gives the job another name"
            if set(spec) - {"scrapeNativeHistograms", "scrapeClassicHistograms"} != {"selector", "jobLabel", "endpoints"}:
                yield "the ServiceMonitor has unknown fields"
        elif one["kind"] in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
            chosen = spec["selector"] if one["kind"] == "Service" else (spec.get("selector") or spec.get("podSelector"))["matchLabels"]
            if not chosen.items() <= labels.items():
                yield f"{one['kind']}: chooses no pod"
        if one["kind"] == "Service" and any(port["name"] == "ops" for port in spec["ports"]) and spec.get("clusterIP") != "None":
            yield "the metrics have an address"
        if one["kind"] == "Ingress" and any(path["backend"]["service"]["port"] != {"name": "webhooks"} for rule in spec["rules"] for path in rule["http"]["paths"]):
            yield "an Ingress leads elsewhere than to the webhooks"


def settings(objects):
    """The configuration file has keys of Hookline's and no empty ones."""
    data = yaml.safe_load(next(one for one in objects if one["kind"] == "ConfigMap")["data"]["hookline.yaml"])
    yield from (f"{key} is no setting" for key in data if key not in SETTINGS and key != "routes")
    yield from (f"{key} is empty" for key, value in data.items() if value in ("", None))


def monitoring(objects):
    def filled(source):
        return source.replace("https://hookline.invalid", "https://a.example").replace("https://grafana.invalid", "https://b.example")

    rule, = (one for one in objects if one["kind"] == "PrometheusRule")
    if rule["spec"] != yaml.load(filled(text("alerts/hookline.rules.yml")), LOADER):
        yield "PrometheusRule: not the rules"
    maps = [one for one in objects if one["kind"] == "ConfigMap" and one["metadata"]["labels"].get("grafana_dashboard") == "1"]
    found = {name: json.loads(value) for one in maps for name, value in one["data"].items()}
    if found != {f"{name}.json": json.loads(filled(json.dumps(dashboard))) for name, dashboard in dashboards().items()}:
        yield "ConfigMap: not the dashboards"


def described(chart):
    """Versions are one, and every value is used."""
    about = yaml.safe_load((chart / "Chart.yaml").read_text(encoding="utf-8"))
    version = re.search(r'current = "([^"]+)"', text("Sources/Hookline/Model/Version.swift"))[1]
    if about["version"] != version or about["appVersion"] != version:
        yield "the chart has another version than the program"
    used = "".join(path.read_text(encoding="utf-8") for path in sorted((chart / "templates").iterdir()))

    def unused(values, above):
        for key, value in values.items():
            if not re.search(rf"\.{key}\b|\"{key}\"", used):
                yield f"values.yaml: {above}{key} is used nowhere"
            if isinstance(value, dict) and key not in ("config", "resources", "labels"):
                yield from unused(value, f"{above}{key}.")

    yield from unused(yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8")), "")


def check(chart, schemas=True):
    """Everything that is wrong with a chart; without the schemas of Kubernetes in a fifth of the time."""
    for values, more in ((FEW, []), (MANY, ["ConfigMap"] * 5 + ["Ingress", "NetworkPolicy", "PrometheusRule", "Secret", "ServiceMonitor"])):
        found = helm_python.lint(str(chart), values, strict=True)
        yield from (f"helm lint: {one['path']}: {one['error']}" for one in found["messages"] if one["severity"] > 1)
        objects = rendered(chart, values)
        if sorted(one["kind"] for one in objects) != sorted(ALWAYS + more):
            yield f"other objects: {sorted(one['kind'] for one in objects)}"
        yield from (fault for part in (valid, pod, together, settings)[not schemas:] for fault in part(objects))
    yield from monitoring(objects)
    secret = next(one for one in objects if one["kind"] == "Secret")
    if secret["stringData"] != {"auth-token": MANY["authToken"]["value"]} or MANY["authToken"]["value"] in json.dumps([one for one in objects if one is not secret]):
        yield "the token is not in the Secret, or elsewhere too"
    for word, values in REFUSED.items():
        try:
            rendered(chart, values)
            yield f"not refused: {word}"
        except helm_python.HelmError as error:
            if word not in str(error):
                yield f"refused without saying {word}: {error}"
    yield from described(chart)


if __name__ == "__main__":
    report(list(check(CHART)))
