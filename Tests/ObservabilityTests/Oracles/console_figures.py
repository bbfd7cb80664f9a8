"""The console's tiles say, in the dashboard's words and colours, what Prometheus answers to the queries beside them; prints those that do not."""

import html
import re
import sys

from prometheus_api import get, instant
from repository import dashboards, panels, report

BASE = sys.argv[2]
UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
PREFIXES = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "m": 1e-3, "u": 1e-6, "n": 1e-9}
BINARY = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def number(text):
    """The number behind a figure that was written for people; None for words."""
    if match := re.fullmatch(r"(-?[\d.e+-]+)%", text):
        return float(match[1]) / 100
    if match := re.fullmatch(r"(-?[\d.]+)(Ki|Mi|Gi|Ti|)B", text):
        return float(match[1]) * BINARY[match[2]]
    if re.fullmatch(r"(-?[\d.]+(ms|us|ns|d|h|m|s) ?)+", text):
        return sum(float(value) * UNITS[unit] for value, unit in re.findall(r"(-?[\d.]+)(ms|us|ns|d|h|m|s)", text))
    if match := re.fullmatch(r"(-?[\d.e+-]+)([kMGmun]?)", text):
        return float(match[1]) * PREFIXES[match[2]]
    return None


def tiles():
    """What the console shows: title, class of the colour, query and text of every value."""
    found = []
    for title, body in re.findall(r'<div class="tile" title="[^"]*"><span>([^<]*)</span>(.*?)</div>', get(f"{BASE}/consoles/hookline.html"), re.S):
        values = re.findall(r'<b class="(\w*)" data-query="([^"]*)">([^<]*?)(?: /s)?(?: <small>[^<]*</small>)?</b>', body)
        found += [(title, colour, html.unescape(query), text) for colour, query, text in values]
    return found


def colour(panel, value):
    """The colour that a dashboard gives a value."""
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return [step["color"] for step in steps if step["value"] is None or value >= step["value"]][-1]


def main():
    stats = {panel["title"]: panel for panel in panels(dashboards()["hookline-overview"]) if panel["type"] == "stat"}
    before = {query: instant(BASE, query) for _, _, query, _ in tiles()}
    shown_tiles = tiles()
    after = {query: instant(BASE, query) for _, _, query, _ in shown_tiles}
    faults = [f"the page has no tile {title}" for title in set(stats) - {title for title, *_ in shown_tiles}]
    for title, shade, query, text in shown_tiles:
        mappings = stats[title]["fieldConfig"]["defaults"]["mappings"]
        values = before.get(query, []) + after[query]
        if mappings:
            words = {(one["text"], one["color"]) for value, one in mappings[0]["options"].items() if float(value) in values}
            if (text, shade) not in words:
                faults.append(f"{title}: {text!r} in {shade}, but {words}")
            continue
        shown = number(text)
        if shown is None or not values or len(before.get(query, [])) != len(after[query]):
            faults.append(f"{title}: {text!r}, but {values}")
            continue
        # Between the two answers, but for rounding to four digits and the second that passes between them.
        pairs = [(min(pair), max(pair)) for pair in zip(before[query], after[query])]
        if not any(low * 0.99 - 1e-3 <= shown <= high * 1.01 + 1e-3 for low, high in pairs):
            faults.append(f"{title}: {text!r}, but {pairs}")
        if shade and shade not in {colour(stats[title], value) for value in values}:
            faults.append(f"{title}: {text!r} in {shade}, but {values}")
    report(faults)


main()
