"""Copies the shipped rules and Alertmanager's example with every duration divided, so that a test can wait for them.

    shorten_alerts.py REPOSITORY FOLDER DIVISOR NOTIFICATIONS

NOTIFICATIONS is the URL that takes what each receiver would: its name is appended. Ends with status 1
when anything but a duration, or where a receiver sends, would differ from what is shipped.
"""

import pathlib
import re
import sys

import yaml

# What stands between brackets, and what `offset` and `for:` are followed by; nothing in a text for people.
DURATION = re.compile(r"(\[|offset |for: |(?:group_wait|group_interval|repeat_interval|resolve_timeout): )(\d+)(s|m|h|d)\b")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def milliseconds(number, unit):
    return int(number) * SECONDS[unit] * 1000


def shortened(text, divisor):
    """Every duration divided; under a millisecond nothing is left of it."""
    def one(match):
        value = milliseconds(match[2], match[3]) // divisor
        return f"{match[1]}{value}ms" if value else f"{match[1]}0s"
    return DURATION.sub(one, text)


def blanked(text):
    """A text without its durations, shipped or shortened."""
    return re.sub(r"(\[|offset |for: |(?:group_wait|group_interval|repeat_interval|resolve_timeout): )\d+(ms|s|m|h|d)\b", r"\1DURATION", text)


def check_rules(before, after):
    """By the meaning of the files, not by their text: only `for` and what is inside expressions differs."""
    assert blanked(before) == blanked(after)
    groups = zip(yaml.safe_load(before)["groups"], yaml.safe_load(after)["groups"], strict=True)
    for old_group, new_group in groups:
        assert old_group["name"] == new_group["name"]
        for old, new in zip(old_group["rules"], new_group["rules"], strict=True):
            assert set(old) == set(new)
            for key in set(old) - {"for", "expr"}:
                assert old[key] == new[key], old
            assert re.sub(r"\d+(ms|s|m|h|d)\b", "D", old["expr"]) == re.sub(r"\d+(ms|s|m|h|d)\b", "D", new["expr"]), old


def main():
    repository, folder, divisor, notifications = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    rules = (repository / "alerts/hookline.rules.yml").read_text(encoding="utf-8")
    short = shortened(rules, divisor)
    check_rules(rules, short)
    (folder / "hookline.rules.yml").write_text(short, encoding="utf-8")

    shipped = yaml.safe_load((repository / "alerts/alertmanager.yml").read_text(encoding="utf-8"))
    example = yaml.safe_load(shortened((repository / "alerts/alertmanager.yml").read_text(encoding="utf-8"), divisor))
    example["receivers"] = [
        {"name": receiver["name"], "webhook_configs": [{"url": notifications + receiver["name"], "send_resolved": True}]}
        for receiver in shipped["receivers"]]
    assert blanked(yaml.safe_dump(shipped["route"])) == blanked(yaml.safe_dump(example["route"]))
    assert shipped["inhibit_rules"] == example["inhibit_rules"]
    (folder / "hookline.tmpl").write_text((repository / "alerts/hookline.tmpl").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(example, sort_keys=False), encoding="utf-8")


main()
