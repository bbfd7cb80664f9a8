"""The console's figures are what Prometheus answers to the queries beside them; prints those that are not."""

import html
import re
import sys

from prometheus_api import get, instant
from repository import report

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


def main():
    figures = [(html.unescape(query), text) for query, text in re.findall(r'<b data-query="([^"]*)">([^<]*)</b>', get(f"{BASE}/consoles/hookline.html"))]
    before = {query: instant(BASE, query) for query, _ in figures}
    page = get(f"{BASE}/consoles/hookline.html")
    figures = [(html.unescape(query), text) for query, text in re.findall(r'<b data-query="([^"]*)">([^<]*)</b>', page)]
    after = {query: instant(BASE, query) for query, _ in figures}
    faults = [] if len(figures) == 10 else [f"the page has {len(figures)} figures"]
    for query, text in figures:
        shown = number(text)
        if shown is None or len(before[query]) != 1 or len(after[query]) != 1:
            faults.append(f"{query}: {text!r}, but {before[query]} and then {after[query]}")
            continue
        # Between the two answers, but for rounding to four digits and the second that passes between them.
        low, high = min(before[query][0], after[query][0]), max(before[query][0], after[query][0])
        if not low * 0.99 - 1e-3 <= shown <= high * 1.01 + 1e-3:
            faults.append(f"{query}: {text!r}, but {low} to {high}")
    report(faults)


main()
