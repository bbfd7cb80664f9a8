"""The console template of Prometheus: the tiles and lines of the overview, and what is owed and delivered, from the same source."""

import html
import pathlib
import re

from . import delivery, overview
from .grafana import GREEN, LABELS, ORANGE, RED, matchers

COLOURS = {RED: "red", ORANGE: "orange", GREEN: "green"}
UNITS = {"percentunit": "%", "s": "s", "reqps": " /s", "cps": " /s", "ops": " /s"}
# How Prometheus writes a number of each unit.
FORMATS = {"percentunit": "humanizePercentage", "s": "humanizeDuration"}


def escaped(text):
    return html.escape(text, quote=True)


def filled(expression):
    """A query as an argument of `printf`: `%[1]s` are the matchers of the installation. The windows are 5 minutes."""
    text = expression.replace("%", "%%").replace(matchers(*LABELS, "instance"), "%[1]s").replace("$__rate_interval", "5m")
    assert not re.search(r"\$[a-z_]|`", text), text
    return f"(printf `{text}` $of)"


def word(target):
    """What stands beside a value: a label of it, or a fixed word."""
    return re.sub(r"\{\{(\w+)\}\}", r"{{ .Labels.\1 }}", target["legendFormat"])


def coloured(steps, value):
    """The class of a value that steps colour; the last that it reaches counts."""
    first, *rest = [(step["value"], COLOURS.get(step["color"], "")) for step in steps]
    return f'{{{{ $class := "{first[1]}" }}}}' + "".join(f'{{{{ if ge {value} {float(bound)} }}}}{{{{ $class = "{colour}" }}}}{{{{ end }}}}' for bound, colour in rest)


def tile(panel):
    """A tile: each value with its colour, in words where the panel has them."""
    defaults, overrides = panel["fieldConfig"]["defaults"], panel["fieldConfig"]["overrides"]
    own = {one["matcher"]["options"]: {part["id"]: part["value"] for part in one["properties"]} for one in overrides}
    words = defaults["mappings"][0]["options"] if defaults["mappings"] else {}
    lines = [f'<div class="tile" title="{escaped(panel["description"])}"><span>{escaped(panel["title"])}</span>']
    for target in panel["targets"]:
        unit = own.get(target["refId"], {}).get("unit", defaults["unit"])
        shown = f"{{{{ $value | {FORMATS.get(unit, 'humanize')} }}}}" + (" /s" if UNITS.get(unit) == " /s" else "")
        plain = "color" in own.get(target["refId"], {})
        steps = "{{ $class := `` }}" if plain else coloured(defaults["thresholds"]["steps"], "$value")
        text = shown + (f" <small>{word(target)}</small>" if target["legendFormat"] else "")
        if words:
            text = "".join(f'{{{{ if eq $value {float(value)} }}}}{one["text"]}{{{{ end }}}}' for value, one in words.items())
            steps = "{{ $class := `` }}" + "".join(
                f'{{{{ if eq $value {float(value)} }}}}{{{{ $class = "{COLOURS[one["color"]]}" }}}}{{{{ end }}}}' for value, one in words.items())
        lines.append(
            f"{{{{ $query := {filled(target['expr'])} }}}}{{{{ range query $query }}}}{{{{ $value := . | value }}}}{steps}"
            f'<b class="{{{{ $class }}}}" data-query="{{{{ $query }}}}">{text}</b>{{{{ else }}}}<b class="none">{escaped(defaults["noValue"])}</b>{{{{ end }}}}')
    return "\n".join(lines) + "</div>"


def graph(panel):
    """A graph: the page asks its queries and draws them."""
    limits = {one["matcher"]["options"]: part["value"]["fixedColor"] for one in panel["fieldConfig"]["overrides"] for part in one["properties"] if part["id"] == "color"}
    defaults = panel["fieldConfig"]["defaults"]
    lines = [f'<div class="graph" title="{escaped(panel["description"])}"><h2>{escaped(panel["title"])}</h2><svg data-unit="{UNITS.get(defaults["unit"], "")}" data-none="{escaped(defaults["noValue"])}"']
    for number, target in enumerate(panel["targets"], 1):
        name = re.sub(r"\{\{(\w+)\}\}", r"[\1]", target["legendFormat"])
        limit = f' data-limit-{number}="{COLOURS[limits[target["refId"]]]}"' if target["refId"] in limits else ""
        lines.append(f' data-query-{number}="{{{{ {filled(target["expr"])[1:-1]} }}}}" data-name-{number}="{escaped(name)}"{limit}')
    return "\n".join(lines) + "></svg></div>"


def page():
    """The whole template."""
    rows = [overview.GLANCE, overview.RATE_ERRORS_DURATION, overview.VERDICTS, overview.BUDGETS, delivery.QUEUE, delivery.ATTEMPTS]
    every = [panel for _, panels in rows for panel in panels]
    tiles = [panel for panel in every[:len(overview.GLANCE[1])] if panel["type"] == "stat"]
    chosen = {id(panel) for _, panels in rows[:4] for panel in panels} | {id(panel) for panel in every if panel["title"] in ("Messages owed", "Attempts by result")}
    graphs = [panel for panel in every if panel["type"] == "timeseries" and id(panel) in chosen]
    others = LABELS[1:]
    parts = {
        "INSTALLATION": "\n".join(
            f'{{{{- with .Params.{label} }}}}{{{{ $of = printf "%s, {label}=%q" $of . }}}}{{{{ $here = printf "%s&{label}=%s" $here (urlquery .) }}}}{{{{ end -}}}}' for label in others),
        "INSTALLATIONS": f"count by ({', '.join(LABELS)}) (last_over_time(hookline_build_info[1d]))",
        "OPTION": "".join(f'{{{{ with .Labels.{label} }}}}{{{{ $one = printf "%s&{label}=%s" $one (urlquery .) }}}}{{{{ end }}}}' for label in others),
        "NAMES": "".join(f"{{{{ with .Labels.{label} }}}} · {{{{ . }}}}{{{{ end }}}}" for label in others),
        "TILES": "\n".join(map(tile, tiles)),
        "GRAPHS": "\n".join(map(graph, graphs)),
    }
    source = (pathlib.Path(__file__).parent / "console.html").read_text(encoding="utf-8")
    return re.sub(r"@@(\w+)@@", lambda match: parts[match[1]], source)
