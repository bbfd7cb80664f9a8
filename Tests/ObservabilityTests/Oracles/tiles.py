"""What the tiles of the overview show in some situations, by promtool: their own queries on series made for it."""

import pathlib
import subprocess
import tempfile

import expressions
from repository import ROOT, dashboards, panels, report

VALUES = {"__rate_interval": "1m", "__interval": "15s", "__range": "1h", "job": "hookline", "cluster": ".*", "namespace": ".*", "instance": ".+"}
COUNT = 'hookline_webhook_duration_seconds_count{job="hookline",instance="a",route="sms",outcome="%s"}'
BUCKET = 'hookline_webhook_duration_seconds_bucket{job="hookline",instance="a",route="sms",outcome="accepted",le="%s"}'
ATTEMPTS = 'hookline_delivery_attempts_total{job="hookline",instance="a",priority="normal",result="%s"}'
LIMITS = {
    f'hookline_alert_response_time_threshold_seconds{{job="hookline",instance="a",severity="{severity}"}}': f"{value}x60"
    for severity, value in (("warning", 1), ("critical", 3))}

# Series by minute, and by the title of a tile the values of its queries at the thirtieth; [] is nothing to show.
SITUATIONS = {
    "one of ten instances is up": ({f'up{{job="hookline",instance="{number}"}}': f"{int(number == 0)}x60" for number in range(10)}, {"Instances up": [0.1, 10]}),
    "traffic has ended": (
        {**LIMITS, COUNT % "accepted": "0+10x10 110x50", COUNT % "unavailable": "0x60", BUCKET % "2.0": "0x60", BUCKET % "3.0": "0+10x10 110x50", BUCKET % "+Inf": "0+10x10 110x50"},
        {"Answered in time": [], "Answered": [], "95 % answered within": [], "Success rate": []}),
    "slow replies": (
        {**LIMITS, COUNT % "accepted": "0+10x60", BUCKET % "1.0": "0x60", BUCKET % "3.0": "0+10x60", BUCKET % "+Inf": "0+10x60"}, {"Answered in time": [1]}),
    "nothing but 503": ({COUNT % "accepted": "0x60", COUNT % "unavailable": "0+10x60"}, {"Answered": [2], "Success rate": [0]}),
    "Twilio gives up one of a hundred": ({COUNT % "accepted": "0+99x60", COUNT % "aborted": "0+1x60"}, {"Answered": [1], "Success rate": [0.99]}),
    "the application is not there": ({ATTEMPTS % "success": "0x60", ATTEMPTS % "connect": "0+5x60"}, {"Delivery": [2], "Attempts that fail": [1]}),
    "the application takes most": ({ATTEMPTS % "success": "0+9x60", ATTEMPTS % "connect": "0+1x60"}, {"Delivery": [0], "Attempts that fail": [0.1]}),
    "the application has just begun to fail": (
        {ATTEMPTS % "success": "0+90x60", ATTEMPTS % "connect": "0+1x60", 'hookline_deliveries_in_flight_max{job="hookline",instance="a"}': "64x60",
         'hookline_deliveries_in_flight_allowed{job="hookline",instance="a"}': "64x28 1x32"}, {"Delivery": [1]}),
    "the application takes everything": (
        {ATTEMPTS % "success": "0+90x60", ATTEMPTS % "connect": "0x60", 'hookline_deliveries_in_flight_max{job="hookline",instance="a"}': "64x60",
         'hookline_deliveries_in_flight_allowed{job="hookline",instance="a"}': "64x60"}, {"Delivery": [0], "Attempts that fail": [0]}),
    "no instance is up": (
        {COUNT % "accepted": "0+10x60", COUNT % "unavailable": "0x60", ATTEMPTS % "success": "0+9x60", ATTEMPTS % "connect": "0x60",
         **{f'up{{job="hookline",instance="{number}"}}': "1x28 0x32" for number in range(2)}},
        {"Instances up": [0, 2], "Answered": [3], "Success rate": [], "Delivery": [], "Attempts that fail": []}),
    "the disk is low": ({'hookline_data_dir_free_bytes{job="hookline",instance="a"}': "1000000000x60"}, {"Disk": [1]}),
}


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def case(name, series, expected):
    tiles = {panel["title"]: panel for panel in panels(dashboards()["hookline-overview"]) if panel["type"] == "stat"}
    lines = [f"  - name: {quoted(name)}", "    interval: 1m", "    input_series:"]
    lines += [f"      - {{series: {quoted(one)}, values: {quoted(values)}}}" for one, values in series.items()]
    lines.append("    promql_expr_test:")
    for title, values in expected.items():
        for number, target in enumerate(tiles[title]["targets"]):
            samples = f"[{{labels: '{{}}', value: {values[number]}}}]" if values else "[]"
            lines.append(f"      - {{expr: {quoted('round(' + expressions.filled(target['expr'], VALUES) + ', 0.001)')}, eval_time: 30m, exp_samples: {samples}}}")
    return "\n".join(lines)


def main():
    text = "tests:\n" + "\n".join(case(name, *rest) for name, rest in SITUATIONS.items())
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "tiles.yml"
        path.write_text(text, encoding="utf-8")
        result = subprocess.run(["promtool", "test", "rules", str(path)], capture_output=True, text=True, cwd=ROOT)
    report([] if result.returncode == 0 else [result.stdout + result.stderr])


main()
