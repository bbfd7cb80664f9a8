"""What can be checked of containers and provisioning without running them."""

import re

import yaml

from repository import ROOT, report, text


def listed(pattern, body):
    return set(re.findall(r"[\w.+-]+", re.search(pattern, body, re.S)[1].replace("\\\n", " ")))


def compose(faults):
    file = yaml.safe_load(text("deploy/compose.yaml"))
    services = file["services"]
    if set(services) != {"hookline", "redis", "prometheus", "alertmanager", "grafana"}:
        faults.append("compose.yaml: other services than the five")
    for name, service in services.items():
        if ("image" in service) == ("build" in service):
            faults.append(f"compose.yaml: {name} needs an image or a build")
        if "image" in service and not re.fullmatch(r"[\w./-]+:v?\d[\w.]*", service["image"]):
            faults.append(f"compose.yaml: {name} has no fixed version")
        unknown = set(service) - {
            "image", "build", "command", "environment", "env_file", "ports", "volumes", "networks", "depends_on", "restart", "read_only",
            "tmpfs", "cap_drop", "security_opt", "stop_grace_period"}
        faults += [f"compose.yaml: {name} has the unknown key {key}" for key in sorted(unknown)]
        for other in service.get("depends_on", []):
            if other not in services:
                faults.append(f"compose.yaml: {name} depends on {other}, which is not there")
        for volume in service.get("volumes", []):
            source = re.sub(r"\$\{\w+:-([^}]+)\}", r"\1", volume).split(":")[0]
            if source.startswith("."):
                made_by_user = source in ("./secrets",)
                if not made_by_user and not (ROOT / "deploy" / source).exists():
                    faults.append(f"compose.yaml: {name} mounts {source}, which is not there")
            elif source not in file["volumes"]:
                faults.append(f"compose.yaml: {name} uses the volume {source}, which is not declared")
        if name != "hookline" and any(not port.startswith("127.0.0.1:") for port in service.get("ports", [])):
            faults.append(f"compose.yaml: {name} is published beyond this machine")
    hookline = services["hookline"]
    if not (hookline["read_only"] and hookline["cap_drop"] == ["ALL"] and hookline["security_opt"] == ["no-new-privileges:true"]):
        faults.append("compose.yaml: hookline is not hardened")
    if any("9464" in port for port in hookline["ports"]):
        faults.append("compose.yaml: metrics are published")
    variables = set(re.findall(r"\| `(HOOKLINE_\w+)` \|", text("docs/configuration.md")))
    faults += [f"compose.yaml: {name} is not a setting" for name in sorted(set(hookline["environment"]) - variables)]
    targets = {volume.split(":")[-2] if volume.endswith(":ro") else volume.split(":")[-1] for service in services.values() for volume in service.get("volumes", [])}
    provider = yaml.safe_load(text("dashboards/provisioning/dashboards/hookline.yml"))["providers"][0]
    if provider["options"]["path"] not in targets:
        faults.append("compose.yaml: Grafana's dashboards are not where the provisioning looks")
    source = yaml.safe_load(text("dashboards/provisioning/datasources/hookline.yml"))["datasources"][0]
    if source["type"] != "prometheus" or source["url"] != "http://prometheus:9090" or source["editable"]:
        faults.append("provisioning: the data source is not the Prometheus of compose.yaml")
    if provider["type"] != "file" or provider["allowUiUpdates"]:
        faults.append("provisioning: dashboards are not read from files only")


def prometheus(faults):
    """The file for Prometheus 3 is the tested one, and what only 3.8 and later know."""
    file, tested = (yaml.safe_load(text(f"deploy/{name}")) for name in ("prometheus-3.yml", "prometheus.yml"))
    more = {"fallback_scrape_protocol": "PrometheusText0.0.4", "scrape_native_histograms": True, "always_scrape_classic_histograms": True}
    found = {key: file["scrape_configs"][0].pop(key, None) for key in more}
    if found != more or file != tested:
        faults.append("prometheus-3.yml: not prometheus.yml and the three settings of Prometheus 3")
    services = yaml.safe_load(text("deploy/compose.yaml"))["services"]
    if services["prometheus"]["image"].split(":v")[1].split(".")[0] != "3" or not any("prometheus-3.yml" in volume for volume in services["prometheus"]["volumes"]):
        faults.append("compose.yaml: Prometheus is not of the version that its configuration is for")


def containerfile(faults):
    body = text("deploy/Containerfile")
    setup = listed(r"packages=\(([^)]*)\)", text("scripts/setup"))
    build, final = body.split("\nFROM docker.io/library/debian")
    faults += [f"Containerfile: {package} is not installed for the build" for package in sorted(setup) if not re.search(rf"\s{re.escape(package)}\s", build)]
    for word in ("USER 10001", "STOPSIGNAL SIGTERM", "HEALTHCHECK", "VOLUME /var/lib/hookline", 'ENTRYPOINT ["hookline"]'):
        if word not in final:
            faults.append(f"Containerfile: {word} is missing")


def service(faults):
    lines = text("deploy/hookline.service").split("\n")
    required = """NoNewPrivileges=yes ProtectSystem=strict ProtectHome=yes PrivateTmp=yes PrivateDevices=yes PrivateUsers=yes PrivateIPC=yes ProtectClock=yes
        ProtectHostname=yes ProtectKernelLogs=yes ProtectKernelModules=yes ProtectKernelTunables=yes ProtectControlGroups=yes ProtectProc=invisible ProcSubset=pid
        RestrictNamespaces=yes RestrictRealtime=yes RestrictSUIDSGID=yes LockPersonality=yes MemoryDenyWriteExecute=yes RemoveIPC=yes CapabilityBoundingSet=
        AmbientCapabilities= SystemCallArchitectures=native SystemCallErrorNumber=EPERM UMask=0077 LimitCORE=0 LimitNOFILE=65536 DynamicUser=yes StateDirectory=hookline
        StateDirectoryMode=0700 Type=notify WatchdogSec=30 Restart=always RestartSec=200ms StartLimitIntervalSec=0 TimeoutStopSec=15 OOMPolicy=stop"""
    faults += [f"hookline.service: {line} is missing" for line in required.split() if line not in lines]


found = []
compose(found)
prometheus(found)
containerfile(found)
service(found)
report(found)
