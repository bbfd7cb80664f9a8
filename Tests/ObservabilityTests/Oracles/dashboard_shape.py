"""What the linter does not look at: places, identities, links, and that Grafana's own model knows every field."""

import json

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from repository import dashboards, panels, report

PLACEHOLDERS = ("https://hookline.invalid/", "https://grafana.invalid/")


def lost(before, after, path=""):
    """What is in the first and not, or not the same, in the second."""
    if isinstance(before, dict):
        if not isinstance(after, dict):
            return [path]
        return [fault for key, value in before.items() for fault in (lost(value, after[key], f"{path}.{key}") if key in after else [f"{path}.{key}"])]
    if isinstance(before, list):
        if not isinstance(after, list) or len(before) != len(after):
            return [path]
        return [fault for number, pair in enumerate(zip(before, after)) for fault in lost(*pair, f"{path}[{number}]")]
    return [] if before == after else [f"{path}: {before!r} became {after!r}"]


def round_trip(dashboard):
    """Through the Grafana foundation SDK and back."""
    return json.loads(json.dumps(Dashboard.from_json(json.loads(json.dumps(dashboard))), cls=JSONEncoder))


def overlaps(name, group):
    """Panels that share a cell of the grid, or reach beyond its 24 columns."""
    taken, faults = {}, []
    for panel in group:
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24 or min(place.values()) < 0 or place["w"] < 1 or place["h"] < 1:
            faults.append(f"{name}: panel {panel['id']} is not within the grid")
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), panel["id"])
                if other != panel["id"]:
                    faults.append(f"{name}: panels {other} and {panel['id']} overlap")
    return sorted(set(faults))


def shape(name, dashboard):
    faults = [f"{name}: the SDK loses {path}" for path in lost(dashboard, round_trip(dashboard))]
    faults += overlaps(name, dashboard["panels"])
    for panel in dashboard["panels"]:
        faults += overlaps(name, panel.get("panels", []))
    numbers = [panel["id"] for panel in dashboard["panels"]] + [inner["id"] for panel in dashboard["panels"] for inner in panel.get("panels", [])]
    if len(set(numbers)) != len(numbers):
        faults.append(f"{name}: two panels have one id")
    if dashboard["uid"] != name or not 39 <= dashboard["schemaVersion"] <= 41 or dashboard["graphTooltip"] not in (1, 2) or "hookline" not in dashboard["tags"]:
        faults.append(f"{name}: uid, schema version, shared tooltip or tag are not as they should be")
    kinds = {link["type"] for link in dashboard["links"]}
    if kinds != {"dashboards", "link"}:
        faults.append(f"{name}: links to its siblings and to the runbook are missing")
    if not any("ALERTS{" in one["expr"] for one in dashboard["annotations"]["list"]):
        faults.append(f"{name}: alerts are not marked")
    for panel in panels(dashboard):
        options = panel["options"]
        if "noValue" not in panel["fieldConfig"]["defaults"]:
            faults.append(f"{name}: panel {panel['id']} does not say what no data means")
        if panel["type"] == "timeseries" and (options["legend"]["displayMode"] != "table" or not options["legend"]["calcs"]):
            faults.append(f"{name}: panel {panel['id']} has no legend with figures")
        if panel["type"] in ("stat", "gauge") and not all(target["instant"] and not target["range"] for target in panel["targets"]):
            faults.append(f"{name}: panel {panel['id']} shows an old value when there is no new one")
        if panel["type"] in ("timeseries", "state-timeline", "heatmap") and not all(target["legendFormat"] for target in panel["targets"]):
            faults.append(f"{name}: panel {panel['id']} has a series without a legend")
    return faults


if __name__ == "__main__":
    register_default_plugins()
    report([fault for name, dashboard in dashboards().items() for fault in shape(name, dashboard)])
