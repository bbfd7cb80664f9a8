#!/usr/bin/env python3
"""Writes the Grafana dashboards beside this file from `source/`; with --check it only compares.

Needs Python 3.9 and nothing else. A test compares, so change `source/` and run this.
"""

import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))
sys.dont_write_bytecode = True

from source import delivery, overview, process, stores, validation  # noqa: E402


def main():
    differing = []
    for module in (overview, validation, delivery, stores, process):
        path = FOLDER / f"{module.DASHBOARD['uid']}.json"
        text = json.dumps(module.DASHBOARD, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            differing.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if "--check" in sys.argv and differing:
        sys.exit("out of date, run dashboards/generate.py: " + ", ".join(differing))


main()
