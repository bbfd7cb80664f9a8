"""Asks a running Prometheus."""

import json
import math
import time
import urllib.parse
import urllib.request

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url):
    with OPENER.open(url, timeout=20) as answer:
        return answer.read().decode("utf-8")


def ask(base, path, **parameters):
    answer = json.loads(get(f"{base}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"))
    assert answer["status"] == "success", answer
    return answer["data"]["result"]


def instant(base, expression):
    """The values of an expression now."""
    return [float(series["value"][1]) for series in ask(base, "query", query=expression)]


def course(base, expression, seconds=120):
    """The values of an expression over the last while, those that are numbers."""
    now = time.time()
    result = ask(base, "query_range", query=expression, start=now - seconds, end=now, step=1)
    return [float(value) for series in result for _, value in series["values"] if not math.isnan(float(value))]
