"""What receivers are sent, by a real Alertmanager: every pair of alerts that can share a group, both firing, one over, both over.

The receivers stand for PagerDuty, Slack and a ticket queue, and refuse as those do what lacks a field that they require.
Inhibition is left out and every receiver gets everything, which is more than the example ever sends.
"""

import http.server
import itertools
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import yaml

from repository import ROOT, alerts, report, text

PATIENCE = 90
ROLES = ("cache", "queue", "tokens")
faults, seen, lock = [], {}, threading.Lock()


def signals(alert):
    """The values that the label `signal` of an alert can have."""
    signal = alert["labels"]["signal"]
    return {re.sub(r"\{\{.*?\}\}", role, signal) for role in ROLES}


def pairs():
    """Every two alerts with one signal, and each alert twice, on two instances."""
    known = [alert for alert in alerts() if alert["alert"] != "Watchdog"]
    for first, second in itertools.combinations_with_replacement(known, 2):
        for signal in sorted(signals(first) & signals(second)):
            yield first, second, signal


def one(alert, job, signal, instance, rank):
    """An alert as Prometheus sends it."""
    notes = {name: re.sub(r"\{\{.*?\}\}", "3", value) for name, value in alert["annotations"].items()}
    notes.update(value=f"value {rank}", rank=f"{rank:024.6f}")
    labels = {"alertname": alert["alert"], "job": job, "signal": signal, "instance": instance, "severity": alert["labels"]["severity"], "service": "hookline"}
    return {"labels": labels, "annotations": notes}


def complaint(path, body):
    """Why the service would refuse this; None when it would not. And its title."""
    if path == "pagerduty":
        payload = body.get("payload", {})
        for field in ("summary", "source", "severity"):
            if not str(payload.get(field, "")).strip():
                return f"PagerDuty refuses an event without {field}", ""
        if len(payload["summary"]) > 1024 or payload["severity"] not in ("critical", "error", "warning", "info"):
            return "PagerDuty refuses the summary or the severity", ""
        if not payload["custom_details"]["what"].strip():
            return "PagerDuty is told nothing but a title", ""
        return None, payload["summary"]
    if path == "slack":
        parts = [body.get("text", "")] + [part for one in body.get("attachments", []) for part in (one.get("title", ""), one.get("text", ""), one.get("fallback", ""))]
        if not all(part.strip() for part in parts[1:]) or len(parts) < 4:
            return "Slack refuses a message without a text", ""
        return None, parts[1]
    titles = [alert["annotations"].get("summary", "") for alert in body["alerts"]]
    if not all(titles) or not body["groupLabels"].get("job"):
        return "the ticket queue finds no title", ""
    firing = sum(alert["status"] == "firing" for alert in body["alerts"])
    return None, " ".join([body["status"].upper(), f"{firing}]", body["groupLabels"]["job"]] + [alert["labels"]["alertname"] for alert in body["alerts"]])


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self.path.strip("/")
        fault, title = complaint(path, body)
        job = re.search(r"pair-\d+[a-z]*", title)
        with lock:
            if fault or not job:
                faults.append(f"{path}: {fault or 'no job in the title'}: {json.dumps(body)[:900]}")
            else:
                seen.setdefault((path, job[0]), []).append(title)
        self.send_response(400 if fault else 202 if path == "pagerduty" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """Connections that end with Alertmanager are no fault."""


def configuration(folder, address):
    """The shipped example, with all its receivers here and without patience."""
    example = yaml.safe_load(text("alerts/alertmanager.yml"))
    (folder / "hookline.tmpl").write_text(text("alerts/hookline.tmpl"), encoding="utf-8")
    (folder / "secret").write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
    (folder / "slack").write_text(f"http://{address}/slack", encoding="utf-8")
    example["receivers"] = [receiver for receiver in example["receivers"] if receiver["name"] in ("pager", "tickets", "chat")]
    for receiver in example["receivers"]:
        for one in receiver.get("pagerduty_configs", []):
            one.update(url=f"http://{address}/pagerduty", routing_key_file=str(folder / "secret"))
        for one in receiver.get("slack_configs", []):
            one.update(api_url_file=str(folder / "slack"))
        for one in receiver.get("webhook_configs", []):
            one.update(url=f"http://{address}/tickets", http_config={})
    example["inhibit_rules"] = []
    example["route"] = {
        "group_by": example["route"]["group_by"], "group_wait": "1s", "group_interval": "1s", "repeat_interval": "1h", "receiver": "chat",
        "routes": [{"receiver": receiver["name"], "continue": True} for receiver in example["receivers"]]}
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(example), encoding="utf-8")


def free():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{one.getsockname()[1]}"


def post(address, sent):
    request = urllib.request.Request(f"http://{address}/api/v2/alerts", json.dumps(sent).encode(), {"Content-Type": "application/json"})
    for _ in range(200):
        try:
            return urllib.request.urlopen(request, timeout=10).read()
        except urllib.error.HTTPError as error:
            sys.exit(f"Alertmanager refuses the alerts: {error.read()}")
        except OSError:
            time.sleep(0.05)
    sys.exit("Alertmanager does not listen")


def stamp(offset):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset))


def told(jobs, start):
    """Waits until every receiver has had a title about each job that starts so."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not faults:
        with lock:
            missing = [(path, job) for path in ("pagerduty", "slack", "tickets") for job in jobs
                       if not any(title.strip("[").startswith(start) for title in seen.get((path, job), []))]
        if not missing:
            return
        time.sleep(0.1)
    if not faults:
        faults.append(f"nobody was told of {len(missing)} groups, such as {missing[:3]}")


def main():
    server = Server(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cases = []
    for number, (first, second, signal) in enumerate(pairs()):
        for which in "ab":
            job = f"pair-{number}{which}"
            cases.append((job, one(first, job, signal, "a", 1), one(second, job, signal, "b", 12), which))
    with tempfile.TemporaryDirectory() as name:
        folder, address = pathlib.Path(name), free()
        configuration(folder, f"127.0.0.1:{server.server_port}")
        process = subprocess.Popen(
            ["prometheus-alertmanager", f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data",
             f"--web.listen-address={address}", "--cluster.listen-address="], stderr=open(folder / "log", "w", encoding="utf-8"))
        try:
            begin, never = stamp(0), stamp(3600)
            for case in cases:
                for alert in case[1:3]:
                    alert.update(startsAt=begin, endsAt=never)
            jobs = [job for job, *_ in cases]
            post(address, [alert for case in cases for alert in case[1:3]])
            told(jobs, "FIRING 2]")
            with lock:
                both = {key: titles[-1] for key, titles in seen.items()}
                seen.clear()
            # One over: the first in one copy of the pair, the second in the other.
            over = stamp(0)
            for _, first, second, which in cases:
                (first if which == "a" else second).update(endsAt=over)
            post(address, [first if which == "a" else second for _, first, second, which in cases])
            told(jobs, "FIRING")
            for _, first, second, _ in cases:
                first.update(endsAt=over), second.update(endsAt=over)
            post(address, [alert for case in cases for alert in case[1:3]])
            told(jobs, "RESOLVED")
        finally:
            process.terminate()
            process.wait()
    for job, first, second, _ in cases:
        title = both.get(("pagerduty", job), "")
        names = {first["labels"]["alertname"], second["labels"]["alertname"]}
        if not all(name in title for name in names):
            faults.append(f"the title of {names} says: {title}")
        if len(names) == 1 and "at worst value 12 on b" not in title:
            faults.append(f"the worst value is not in: {title}")
    if len(cases) < 150:
        faults.append(f"only {len(cases)} groups were tried")
    report(faults[:20])


main()
