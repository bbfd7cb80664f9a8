"""What an application on Twilio's own library says of the requests that were forwarded to it.

Reads one request a line from standard input: the Auth Token, the destination as it was configured, the
target that Twilio called, the head and the body that arrived; all in hexadecimal, with tabs between.
Prints one line each: `valid`, or what is wrong.
"""

import re
import sys
from urllib.parse import parse_qsl, unquote_to_bytes

from twilio.request_validator import RequestValidator

# RFC 3986: absolute path, and a query that is not empty.
TARGET = re.compile(
    rb"/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*"
    rb"(?:\?(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})+)?"
)


class Parameters(dict):
    """A form as Django gives it: several values a name."""

    def __init__(self, pairs):
        super().__init__()
        for name, value in pairs:
            self.setdefault(name, []).append(value)

    def getlist(self, name):
        return self[name]


def fields(query):
    """The names and values of a query, decoded to bytes."""
    segments = [segment for segment in query.split(b"&") if segment]
    return [
        tuple(unquote_to_bytes(part.replace(b"+", b" ")) for part in segment.partition(b"=")[::2])
        for segment in segments
    ]


def segments(path):
    """The decoded segments of a path; `.` and `..` are followed (RFC 3986, 5.2.4)."""
    parts = [unquote_to_bytes(re.sub(rb"(?i)%2e", b".", part)) for part in path.split(b"/")[1:]]
    kept = []
    for part in parts:
        if part == b"..":
            kept = kept[:-1]
        elif part != b".":
            kept.append(part)
    return kept + [b""] if parts and parts[-1] in (b".", b"..") else kept


def verdict(token, destination, target, head, body):
    lines = head.split(b"\r\n")
    method, seen, _ = lines[0].split(b" ")
    values = dict(re.match(rb"([^:]+): *(.*)", line).groups() for line in lines[1:] if line)
    values = {name.lower(): value for name, value in values.items()}
    path, _, query = seen.partition(b"?")
    given = re.match(rb"[^:]+://[^/?]+([^?]*)\??(.*)", destination, re.S)
    called = target.partition(b"?")[2]
    if method != b"POST" or not TARGET.fullmatch(seen):
        return "not a URL: %r" % seen
    if segments(path) != (segments(given[1]) or [b""]):
        return "another path: %r" % path
    if fields(query) != fields(given[2]) + fields(called):
        return "another query: %r" % query
    if values[b"hookline-original-url"] != b"https://hooks.example.com" + target:
        return "another original URL: %r" % values[b"hookline-original-url"]
    url = f"http://{values[b'host'].decode()}{seen.decode()}"
    text = body.decode()
    is_form = values[b"content-type"] != b"application/json"
    sent = Parameters(parse_qsl(text, keep_blank_values=True)) if is_form else text
    signature = values[b"x-twilio-signature"].decode()
    return "valid" if RequestValidator(token.decode()).validate(url, sent, signature) else "invalid"


for line in sys.stdin:
    print(verdict(*(bytes.fromhex(part) for part in line.rstrip("\n").split("\t"))))
