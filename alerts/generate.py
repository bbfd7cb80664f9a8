#!/usr/bin/env python3
"""Writes hookline.rules.yml from `source/`; with --check it only compares.

    alerts/generate.py [--check] [--labels job,cluster,namespace] [--down-minutes 30] [--down-severity critical] [--out FOLDER]

LABELS tell one installation from another; the first is the scrape job. A label that your Prometheus does not set does no
harm. An application that takes nothing for so many minutes is of that severity. Needs Python 3.9 and nothing else. A test compares, so change `source/` and run this.

The sources are the rules as Prometheus reads them, but for what all of them repeat:

    by (job, …), on (job, …)      all the labels of an installation stand there
    sum by (…) (rate(X_count…)),  the same from a native histogram, where Prometheus keeps no classic one
    histogram_quantile(…)
    job {{ $labels.job }}         in a text for people, the other labels too, where the alert has them
    {job=%q…}" $labels.job        in a query of a text, likewise
    GENUINE, FAILED, …            matchers of outcomes and results, see WORDS; DESTINATION_DOWN_… what was asked for
    # WINDOW: 1h 6h               the rule is written for each of these windows
    value: TEXT                   the alert's value for a title; `rank` is made from it, which sorts as text; `low` is worse with `value, low is worst: TEXT`
    panel: DASHBOARD N            the links to a panel and to the runbook; `of the instance` shows that instance only
"""

import argparse
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
GROUPS = ("recording", "objectives", "response", "validation", "delivery", "stores", "process", "monitoring")
LABELS = ("job", "cluster", "namespace")
WORDS = {
    "GENUINE": 'outcome=~"accepted|duplicate|deferred|unavailable"',
    "ANSWERABLE": 'outcome=~"accepted|duplicate|deferred|unavailable|aborted"',
    "UNANSWERED": 'outcome=~"unavailable|aborted"',
    "FAILED": 'result=~"invalid_signature|missing_signature|unknown_account"',
    "JUDGED": 'result=~"valid|invalid_signature|missing_signature|unknown_account"',
}
RANK = '{{ $value | printf "%024.6f" }}'
RANK_LOW = '{{ range query (printf "1e12 - %f" $value) }}{{ . | value | printf "%024.6f" }}{{ end }}'
HEADER = """\
# Recording and alerting rules for Hookline; Prometheus 2.42 or later. Made by generate.py from source/: change it there.
#
# Two addresses are placeholders: https://hookline.invalid (where docs/runbook.md can be read) and
# https://grafana.invalid (your Grafana). `make alerts URL=… GRAFANA=…` writes a copy in which they
# are filled in. JOB=… changes the name of the scrape job, which is `hookline` here, and LABELS=… the labels
# that tell one installation from another, which are job, cluster and namespace here.
#
# Thresholds of response time and validation failures, and the objectives, are never written here:
# Hookline exports what it is configured with, and the rules compare with that. How a rule stays
# right with several instances, a failed scrape, little or no traffic: docs/runbook.md, "How the rules are made".
#
# Labels of an alert: `severity` (critical: page, error: ticket today, warning: chat, info, none),
# `service`, and `signal`: alerts that tell of one thing share it, so that the worst one can
# silence the others (alertmanager.yml).
groups:
"""


def links(rule, words):
    """The annotations that lead to runbook and dashboard."""
    alert = re.search(r"- alert: (\w+)", rule)[1]
    match = re.fullmatch(r"(\w+)(?: (\d+)( of the instance)?)?", words)
    url = f"https://grafana.invalid/d/hookline-{match[1]}"
    if match[2]:
        url += f"?viewPanel={match[2]}&var-job={{{{ $labels.job | urlquery }}}}LINKS"
    if match[3]:
        url += "&var-instance={{ $labels.instance | urlquery }}"
    return f"runbook_url: https://hookline.invalid/docs/runbook.md#{alert.lower()}\n        dashboard_url: {url}"


def windows(rule):
    """A rule for each of its windows; the comment after it, for the next rule, only once."""
    match = re.search(r" +# WINDOW: (.*)", rule)
    if not match:
        return [rule]
    body, rest = re.fullmatch(r"(.*?\n)((?:\n|    #.*\n)*)", rule.replace(match[0], ""), re.S).groups()
    return [body.replace("WINDOW", window) for window in match[1].split()] + [rest]


# A classic histogram, and the native one of the same name where Prometheus keeps no other.
COUNT = re.compile(r"sum by \(([\w, ]+)\) \(\s*(rate|increase)\((hookline_\w+)_count(\{[^}]*\})?(\[\w+\](?: offset \w+)?)\)\)")
QUANTILE = re.compile(r"histogram_quantile\(([\d.]+), sum by \(([\w, ]+), le\) \(\s*(rate|increase)\((hookline_\w+)_bucket(\{[^}]*\})?(\[\w+\])\)\)\)")


def either(text):
    """Every quantile and every count of a histogram, taken from a native one where there is no classic one."""
    text = COUNT.sub(lambda match: f"({match[0]} or histogram_count(sum by ({match[1]}) ({match[2]}({match[3]}{match[4] or ''}{match[5]}))))", text)
    return QUANTILE.sub(lambda match: f"({match[0]} or histogram_quantile({match[1]}, sum by ({match[2]}) ({match[3]}({match[4]}{match[5] or ''}{match[6]}))))", text)


def expanded(source, labels, words):
    """One group of the sources as Prometheus reads it."""
    others = labels[1:]
    rules = [one for rule in re.split(r"(?m)^(?=    - (?:alert|record): )", source) for one in windows(rule)]
    for number, rule in enumerate(rules):
        rule = re.sub(r"panel: (.*)", lambda match: links(rules[number], match[1]), rule)
        rule = re.sub(r"value: ('.*')", lambda match: f"value: {match[1]}\n        rank: '{RANK}'", rule)
        rules[number] = re.sub(r"value, low is worst: ('.*')", lambda match: f"value: {match[1]}\n        rank: '{RANK_LOW}'", rule)
    text = "".join(rules)
    for word, matcher in words.items():
        text = re.sub(rf"\b{word}\b", lambda _: matcher, text)
    text = re.sub(r"\b(by|on) \(job\b", lambda match: f"{match[1]} ({', '.join(labels)}", text)
    text = either(text)
    where = "".join(f"{{{{ with $labels.{label} }}}}, {label} {{{{ . }}}}{{{{ end }}}}" for label in others)
    text = re.sub(r"\b([Jj])ob \{\{ \$labels\.job \}\}", lambda match: match[0] + where, text)
    text = re.sub(r"\{job=%q(.*?\" )\$labels\.job", lambda match: "{job=%q" + "".join(f",{label}=%q" for label in others) + match[1] + " ".join(f"$labels.{label}" for label in labels), text)
    text = text.replace("LINKS", "".join(f"{{{{ with $labels.{label} }}}}&var-{label}={{{{ . | urlquery }}}}{{{{ end }}}}" for label in others))
    return re.sub(r"(?m)^(?=.)", "  ", text)


def main():
    parser = argparse.ArgumentParser(description="Writes hookline.rules.yml from source/.")
    parser.add_argument("--check", action="store_true", help="only compare")
    parser.add_argument("--labels", default=",".join(LABELS), help="labels that tell one installation from another")
    parser.add_argument("--down-minutes", type=int, default=30, help="how long the application may take nothing, over 5")
    parser.add_argument("--down-severity", choices=("critical", "error", "warning"), default="critical", help="what that is then")
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER, help="where the file goes")
    asked = parser.parse_args()
    labels = asked.labels.replace(" ", "").split(",")
    if labels[0] != "job" or not all(re.fullmatch(r"[a-zA-Z_]\w*", label) for label in labels):
        sys.exit("generate.py: the labels are names with commas between, the first of them `job`")
    if asked.down_minutes <= 5:
        sys.exit("generate.py: the application may take nothing for 6 minutes or more")
    words = {
        **WORDS, "DESTINATION_DOWN_FOR": f"{asked.down_minutes - 5}m", "DESTINATION_DOWN_MINUTES": str(asked.down_minutes),
        "DESTINATION_DOWN_SEVERITY": asked.down_severity}
    text = HEADER + "\n".join(expanded((FOLDER / f"source/{name}.yml").read_text(encoding="utf-8"), labels, words) for name in GROUPS)
    path = asked.out / "hookline.rules.yml"
    if not asked.check:
        path.write_text(text, encoding="utf-8")
    elif path.read_text(encoding="utf-8") != text:
        sys.exit("hookline.rules.yml is out of date, run alerts/generate.py")


main()
