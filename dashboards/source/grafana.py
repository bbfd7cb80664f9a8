"""Building blocks: Grafana's dashboard model (schema version 39, Grafana 10.4 and later), reduced to what we use.

In an expression `SEL` stands for the matchers of the variables and `GENUINE` for the outcomes of
genuine requests, so that every selector has them (dashboard linter: target-job-rule, target-instance-rule).
`by (job, …)` and `on (job, …)` mean all the labels that tell one installation from another.
"""

import re

# The labels that tell one installation from another; generate.py sets them before the dashboards are made.
LABELS = ["job", "cluster", "namespace"]
# Whether the rows that concern Redis are open.
OPTIONS = {"redis": False}
GENUINE = 'outcome=~"accepted|duplicate|deferred|unavailable"'
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
RUNBOOK = "https://hookline.invalid/docs/runbook.md"

RED, ORANGE, GREEN, BLUE, GREY = "red", "orange", "green", "blue", "#8e8e8e"


def matchers(*labels):
    """Matchers of the dashboard's variables of these names."""
    return ", ".join(f'{label}=~"${label}"' for label in labels)


# As in ../../alerts/generate.py: a native histogram is read where Prometheus keeps no classic one.
COUNT = re.compile(r"sum(?: by \(([\w, ]+)\) )?\((rate|increase)\((hookline_\w+)_count(\{[^}]*\})(\[[\w$]+\])\)\)")
QUANTILE = re.compile(r"histogram_quantile\(([\d.]+), sum by \(([\w, ]+)\) \((rate|increase)\((hookline_\w+)_bucket(\{[^}]*\})(\[[\w$]+\])\)\)\)")


def either(text):
    """Every quantile and every count of a histogram, from a classic or from a native one."""
    def count(match):
        by = f" by ({match[1]}) " if match[1] else ""
        return f"({match[0]} or histogram_count(sum{by}({match[2]}({match[3]}{match[4]}{match[5]}))))"

    def quantile(match):
        labels = ", ".join(label for label in match[2].split(", ") if label != "le")
        by = f" by ({labels}) " if labels else ""
        return f"({match[0]} or histogram_quantile({match[1]}, sum{by}({match[3]}({match[4]}{match[5]}{match[6]}))))"

    return QUANTILE.sub(quantile, COUNT.sub(count, text))


def expand(expression):
    """An expression with its selectors filled in, on one line."""
    whole = expression.replace("SEL", matchers(*LABELS, "instance")).replace("GENUINE", GENUINE)
    return either(" ".join(re.sub(r"\b(by|on) \(job\b", lambda match: f"{match[1]} ({', '.join(LABELS)}", whole).split()))


def owed(by):
    """What is owed, by some labels. Every instance reports the whole of a queue in Redis, which is counted once a job."""
    return f"""
        sum by ({by}) (hookline_queue_depth{{SEL, store!="redis"}})
        or sum by ({by}) (max by (job, store, priority, state) (hookline_queue_depth{{SEL, store="redis"}}))"""


def dead_letters():
    """The dead letters of each instance with a queue of its own, and those of a shared queue once a job."""
    return """
        sum by (instance) (hookline_dead_letters{SEL} unless on (job, instance) hookline_redis_up{SEL, role="queue"})
        or label_replace(
          sum(max by (job) (hookline_dead_letters{SEL} and on (job, instance) hookline_redis_up{SEL, role="queue"})),
          "instance", "the shared queue", "", "")"""


def query(expression, legend="", ref="A", format="time_series", instant=False, exemplar=False):
    """One query of a panel."""
    return {
        "datasource": DATASOURCE,
        "editorMode": "code",
        "exemplar": exemplar,
        "expr": expand(expression),
        "format": format,
        "instant": instant,
        "legendFormat": legend,
        "range": not instant,
        "refId": ref,
    }


def letters(queries):
    """Gives the queries of one panel their letters, in order; a letter that is set stays."""
    for number, one in enumerate(queries):
        if one["refId"] == "A":
            one["refId"] = chr(ord("A") + number)
    return queries


def now(queries):
    """The queries, asked for this moment only."""
    for one in queries:
        one.update(instant=True, range=False)
    return queries


def override(ref, **properties):
    """Properties of the series of one query."""
    names = {"line": "custom.lineStyle", "fill": "custom.fillOpacity", "width": "custom.lineWidth", "stacking": "custom.stacking"}
    return {
        "matcher": {"id": "byFrameRefID", "options": ref},
        "properties": [{"id": names.get(name, name), "value": value} for name, value in properties.items()],
    }


def limit_line(ref, colour):
    """A configured limit is drawn as a dashed line."""
    return override(
        ref, color={"mode": "fixed", "fixedColor": colour}, line={"fill": "dash", "dash": [8, 8]},
        fill=0, width=1, stacking={"mode": "none", "group": "A"})


def panel(kind, number, title, description, unit, queries, width, height, options, custom=None, **more):
    """A panel without its place; `defaults`, `overrides`, `links` may be added."""
    defaults = {
        "color": {"mode": "palette-classic"},
        "custom": custom or {},
        "mappings": [],
        "noValue": more.get("no_value", "no data"),
        "thresholds": {"mode": "absolute", "steps": [{"color": GREEN, "value": None}]},
        "unit": unit,
    }
    defaults.update(more.get("defaults", {}))
    return {
        "datasource": DATASOURCE,
        "description": description,
        "fieldConfig": {"defaults": defaults, "overrides": more.get("overrides", [])},
        "gridPos": {"h": height, "w": width, "x": 0, "y": 0},
        "id": number,
        "links": [],
        "options": options,
        "targets": letters(queries),
        "title": title,
        "type": kind,
    }


def graph(number, title, description, unit, queries, width=12, height=8, stack=False, minimum=0, **more):
    """Lines over time, with a table of mean, maximum and last value as the legend."""
    custom = {
        "drawStyle": "line", "fillOpacity": 20 if stack else 5, "lineInterpolation": "linear", "lineWidth": 1,
        "showPoints": "never", "spanNulls": False, "stacking": {"group": "A", "mode": "normal" if stack else "none"},
    }
    options = {
        "legend": {"calcs": ["mean", "max", "lastNotNull"], "displayMode": "table", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    more.setdefault("defaults", {})
    if minimum is not None:
        more["defaults"] = {"min": minimum, **more["defaults"]}
    return panel("timeseries", number, title, description, unit, queries, width, height, options, custom, **more)


def stat(number, title, description, unit, expression, width=3, height=4, **more):
    """One number as it is now, for what has ended leaves no old value behind; `steps` colours it."""
    steps = more.pop("steps", [(None, GREEN)])
    more["defaults"] = {
        "color": {"mode": "thresholds"},
        "thresholds": {"mode": "absolute", "steps": [{"color": colour, "value": value} for value, colour in steps]},
        **more.get("defaults", {}),
    }
    options = {
        "colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": more.pop("text_mode", "auto"),
    }
    queries = expression if isinstance(expression, list) else [query(expression)]
    return panel("stat", number, title, description, unit, now(queries), width, height, options, **more)


def verdict(number, title, description, expression, mappings, **more):
    """A word and its colour for what an expression finds now."""
    return stat(number, title, description, "none", expression, defaults={"mappings": [words(mappings)]}, **more)


def gauge(number, title, description, expression, width=6, height=8, **more):
    """A share of a whole, from 0 to 100 %."""
    steps = more.pop("steps")
    more["defaults"] = {
        "color": {"mode": "thresholds"}, "max": 1, "min": 0,
        "thresholds": {"mode": "absolute", "steps": [{"color": colour, "value": value} for value, colour in steps]},
    }
    options = {
        "orientation": "auto", "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showThresholdLabels": False, "showThresholdMarkers": True,
    }
    return panel("gauge", number, title, description, "percentunit", now([query(expression)]), width, height, options, **more)


def heatmap(number, title, description, unit, expression, width=12, height=8, exemplar=False):
    """How many observations fell into each bucket over time."""
    options = {
        "calculate": False,
        "cellGap": 1,
        "color": {"exponent": 0.5, "fill": "dark-orange", "mode": "scheme", "reverse": False, "scale": "exponential", "scheme": "Oranges", "steps": 64},
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "tooltip": {"mode": "single", "yHistogram": True},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": unit},
    }
    native = re.sub(r"sum by \(le\) \(increase\((\w+)_bucket", r"sum(increase(\1", expression)
    queries = [query(f"{expression} or {native}", "{{le}}", format="heatmap", exemplar=exemplar)]
    return panel("heatmap", number, title, description, unit, queries, width, height, options)


def states(number, title, description, queries, mappings, width=12, height=8, **more):
    """States over time; `mappings` gives each value its word and colour."""
    options = {
        "alignValue": "left", "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True}, "mergeValues": True,
        "rowHeight": 0.9, "showValue": "auto", "tooltip": {"mode": "single", "sort": "none"},
    }
    more["defaults"] = {"mappings": [words(mappings)], "color": {"mode": "thresholds"}}
    return panel("state-timeline", number, title, description, "none", queries, width, height, options, {"fillOpacity": 70, "lineWidth": 0}, **more)


def words(mappings):
    """Words and colours instead of numbers."""
    return {
        "type": "value",
        "options": {str(value): {"color": colour, "index": index, "text": text} for index, (value, text, colour) in enumerate(mappings)},
    }


def table(number, title, description, expression, hidden, width=12, height=6):
    """The labels of a metric, one row a series, without the columns `hidden`."""
    result = panel(
        "table", number, title, description, "none", [query(expression, format="table", instant=True)], width, height,
        {"cellHeight": "sm", "footer": {"countRows": False, "fields": "", "reducer": ["sum"], "show": False}, "showHeader": True},
        {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False})
    result["transformations"] = [
        {"id": "organize", "options": {"excludeByName": {name: True for name in hidden}, "indexByName": {}, "renameByName": {}}}]
    return result


def row(number, title, panels, collapsed=False, repeat=None):
    """A heading; a collapsed one holds its panels."""
    result = {
        "collapsed": collapsed, "gridPos": {"h": 1, "w": 24, "x": 0, "y": 0}, "id": number, "panels": [], "title": title, "type": "row"}
    if repeat:
        result["repeat"] = repeat
    return result, panels


def placed(rows):
    """Lays panels from left to right, 24 columns wide, row under row."""
    result, top = [], 0
    for heading, panels in rows:
        heading["gridPos"]["y"] = top
        result.append(heading)
        top += 1
        left, height = 0, 0
        for one in panels:
            place = one["gridPos"]
            if left + place["w"] > 24:
                top, left, height = top + height, 0, 0
            place["x"], place["y"] = left, top
            left, height = left + place["w"], max(height, place["h"])
        top += height
        if heading["collapsed"]:
            heading["panels"] = panels
            top -= height
        else:
            result.extend(panels)
    return result


def variable(name, label, expression, everything=".+"):
    """A variable that is read from the metrics, with several values or all."""
    return {
        "allValue": everything,
        "allowCustomValue": True,
        "current": {"selected": True, "text": "All", "value": "$__all"},
        "datasource": DATASOURCE,
        "definition": expression,
        "description": "",
        "hide": 0,
        "includeAll": True,
        "label": label,
        "multi": True,
        "name": name,
        "options": [],
        "query": expression,
        "refresh": 2,
        "regex": "",
        "skipUrlSync": False,
        "sort": 1,
        "type": "query",
    }


def annotation(name, expression, colour):
    """Marks on every graph where an expression has a value."""
    return {
        "datasource": DATASOURCE, "enable": True, "expr": expand(expression), "hide": False, "iconColor": colour, "name": name,
    }


def link(title, **more):
    """A link at the head of the dashboard."""
    return {
        "asDropdown": False, "icon": "external link", "includeVars": False, "keepTime": False, "tags": [], "targetBlank": True, "title": title,
        "tooltip": "", "type": "link", "url": "", **more,
    }


def dashboard(uid, title, description, rows):
    """A whole dashboard."""
    return {
        "annotations": {"list": [
            annotation("Alerts", f'ALERTS{{alertstate="firing", service="hookline", {matchers(*LABELS)}}}', RED),
            annotation("Restarts", "changes(process_start_time_seconds{SEL}[$__rate_interval]) > 0", ORANGE),
            annotation("New version", "count by (job, version) (hookline_build_info{SEL}) unless count by (job, version) (hookline_build_info{SEL} offset 5m)", BLUE),
        ]},
        "description": description,
        "editable": False,
        "fiscalYearStartMonth": 0,
        "graphTooltip": 1,
        "links": [
            link("Hookline", asDropdown=True, icon="dashboard", includeVars=True, keepTime=True, tags=["hookline"], targetBlank=False, type="dashboards"),
            link("Runbook", url=RUNBOOK, icon="doc"),
        ],
        "panels": placed(rows),
        "refresh": "30s",
        "schemaVersion": 39,
        "tags": ["hookline"],
        "templating": {"list": [
            {
                "current": {}, "hide": 0, "includeAll": False, "label": "Data source", "multi": False, "name": "datasource", "options": [],
                "query": "prometheus", "refresh": 1, "regex": "", "skipUrlSync": False, "type": "datasource",
            },
            variable("job", "Job", "label_values(hookline_build_info, job)"),
            *(variable(label, label.capitalize(), f"label_values(hookline_build_info{{{matchers(*LABELS[:number])}}}, {label})", everything=".*")
              for number, label in enumerate(LABELS) if number),
            variable("instance", "Instance", f"label_values(hookline_build_info{{{matchers(*LABELS)}}}, instance)"),
        ]},
        "time": {"from": "now-3h", "to": "now"},
        "timepicker": {},
        "timezone": "browser",
        "title": title,
        "uid": uid,
        "weekStart": "",
    }
