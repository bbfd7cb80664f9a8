#!/usr/bin/env python3
"""Writes the Grafana dashboards and Prometheus's console beside this file from `source/`; with --check it only compares.

    dashboards/generate.py [--check] [--labels job,cluster,namespace] [--redis] [--out FOLDER]

LABELS tell one installation from another, as in ../alerts/generate.py; each has a variable, which matches what lacks the
label too. Rows that concern Redis are closed without --redis. Needs Python 3.9 and nothing else. A test compares, so change `source/` and run this.
"""

import argparse
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))
sys.dont_write_bytecode = True

from source import grafana  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description="Writes the dashboards from source/.")
    parser.add_argument("--check", action="store_true", help="only compare")
    parser.add_argument("--labels", default=",".join(grafana.LABELS), help="labels that tell one installation from another")
    parser.add_argument("--redis", action="store_true", help="open the rows that concern Redis")
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER, help="where the files go")
    asked = parser.parse_args()
    grafana.LABELS[:] = asked.labels.replace(" ", "").split(",")
    grafana.OPTIONS["redis"] = asked.redis
    from source import console, delivery, overview, process, stores, validation

    files = {
        f"{module.DASHBOARD['uid']}.json": json.dumps(module.DASHBOARD, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        for module in (overview, validation, delivery, stores, process)}
    files["consoles/hookline.html"] = console.page()
    differing = []
    for name, text in files.items():
        path = asked.out / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            differing.append(name)
            if not asked.check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    if asked.check and differing:
        sys.exit("out of date, run dashboards/generate.py: " + ", ".join(differing))


main()
