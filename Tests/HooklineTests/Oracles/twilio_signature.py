"""What Twilio's own Python library says of random requests, and of those where we differ.

    twilio_signature.py cases COUNT SEED     random requests, one a line
    twilio_signature.py differences          the intended differences, one a line

A line has six fields separated by tabs, the first four in hexadecimal: token, URL, content type,
body, then the signature, then the verdict: `valid`, `invalid` or the name of an exception. Lines
of `differences` have the difference's name before them.
"""

import base64
import hashlib
import hmac
import random
import sys
from urllib.parse import parse_qsl, quote, quote_plus

from twilio.request_validator import RequestValidator

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
# Any other media type is covered like JSON.
OTHERS = ["application/cloudevents+json", "application/cloudevents-batch+json",
          "Application/JSON; charset=utf-8", "text/plain", "application/xml", "a/b"]
# No media type but a method: its parameters stand in the URL, its body is empty.
GET = "GET"


class Parameters(dict):
    """A form as Django gives it: several values a name."""

    def __init__(self, pairs):
        super().__init__()
        for name, value in pairs:
            self.setdefault(name, []).append(value)

    def getlist(self, name):
        return self[name]


def verdict(token, url, kind, body, signature):
    """The library's verdict; the form is parsed by Python's standard library."""
    try:
        text = body.decode("utf-8", "replace")
        if kind == FORM:
            params = Parameters(parse_qsl(text, keep_blank_values=True))
        else:
            params = {} if kind == GET else text
        return "valid" if RequestValidator(token).validate(url, params, signature) else "invalid"
    except Exception as error:
        return type(error).__name__


def line(token, url, kind, body, signature):
    said = verdict(token, url, kind, body, signature)
    fields = [part.hex() for part in (token.encode(), url.encode(), kind.encode(), body)]
    return "\t".join(fields + [signature, said])


def hmac_sha1(token, message):
    return base64.b64encode(hmac.new(token.encode(), message, hashlib.sha1).digest()).decode()


PIECES = (
    list("abcXYZ0189 ._-~*'()!@$,;:/?[]{}|\\^`\"<>=&+%#") + ["\n", "\r\n", "\t", "\x00", "\x7f"]
    + ["é", "e\u0301", "Å", "A\u030a", "ß", "ç", "ก", "語", "😀", "👩‍👧", "\ufeff", "\u2028", "ﬁ"]
)
NAMES = ["Body", "From", "To", "MessageSid", "AccountSid", "NumMedia", "body", "BODY", "Body ", ""]


def some_text(rng, longest=12):
    return "".join(rng.choice(PIECES) for _ in range(rng.randrange(longest)))


def escaped(rng, text):
    """One of the ways in which a client may escape a text."""
    way = rng.randrange(4)
    if way == 0:
        return quote_plus(text)
    if way == 1:
        return quote(text, safe="")
    if way == 2:
        return quote(text, safe="").lower() if text.isascii() else quote(text)
    return "".join(
        "+" if c == " " else quote(c, safe="") if c in "&=+%#" or ord(c) < 33 or c == "\x7f" else c
        for c in text
    )


def some_form(rng):
    pairs = []
    for _ in range(rng.randrange(9)):
        name = rng.choice(NAMES) if rng.random() < 0.6 else some_text(rng, 6)
        pairs.append((name, some_text(rng)))
        if rng.random() < 0.2:
            pairs.append((name, pairs[-1][1] if rng.random() < 0.5 else some_text(rng)))
    rng.shuffle(pairs)
    segments = []
    for name, value in pairs:
        segment = escaped(rng, name)
        # A name alone is a parameter too, unless it is empty.
        if value or not segment or rng.random() < 0.7:
            segment += "=" + escaped(rng, value)
        segments.append(segment)
        if rng.random() < 0.05:
            segments.append("")
        if rng.random() < 0.05:
            segments.append(rng.choice(["a=%", "b=%2", "c=%zz", "%4=%41", "d=%C3%A9", "=", "x=="]))
    return "&".join(segments).encode()


def some_url(rng):
    scheme = rng.choice(["http", "https"])
    host = rng.choice(["example.com", "hooks.example.com", "a.b", "10.1.2.3", "xn--bcher-kva.example"])
    port = rng.choice(["", "", "", ":80", ":443", ":8443", ":1337"])
    path = "/" + "/".join(
        quote(some_text(rng, 5), safe=rng.choice(["", "~!$'()*,:@"])) for _ in range(rng.randrange(4))
    )
    # urlsplit removes these from a URL; no request target can hold them.
    query = "&".join(
        quote(some_text(rng, 5), safe=rng.choice(["", "!$'()*,:@/?[]"])) + rng.choice(["", "=", "=1", "=%2f", "=+"])
        for _ in range(rng.randrange(4))
    )
    return f"{scheme}://{host}{port}{path}" + (f"?{query}" if query else "")


def other_port(rng, url):
    scheme, rest = url.split("://", 1)
    authority, slash, tail = rest.partition("/")
    host, colon, _ = authority.partition(":")
    default = "443" if scheme == "https" else "80"
    port = rng.choice(["", ":" + default, ":" + default, ":80", ":443", ":81"])
    return f"{scheme}://{host}{port}{slash}{tail}"


def spoiled(rng, signature):
    way = rng.randrange(6)
    if way == 0:
        return signature.rstrip("=")
    if way == 1:
        at = rng.randrange(len(signature))
        return signature[:at] + rng.choice("ABCabc012+/") + signature[at + 1:]
    if way == 2:
        return signature.swapcase()
    if way == 3:
        return signature.replace("+", "-").replace("/", "_")
    if way == 4:
        return base64.b64decode(signature).hex()
    return ""


def spelled(rng, text):
    """Some letters of a text as their escapes, which every library decodes."""
    return "".join("%%%02x" % ord(c) if rng.random() < 0.1 else c for c in text)


def with_digest(rng, url, digest):
    """The URL with `bodySHA256`: nearly always right, in any place and spelling."""
    if rng.random() < 0.3:
        digest = rng.choice([digest.upper(), digest[:-1] + "0", digest + "0", digest[1:]])
    name = "bodySHA256"
    if rng.random() < 0.3:
        name, digest = spelled(rng, name), spelled(rng, digest)
    parameters = [f"{name}={digest}"]
    if rng.random() < 0.1:
        parameters.append(rng.choice([parameters[0], "bodySHA256=", "bodysha256=0", "bodySHA256"]))
        rng.shuffle(parameters)
    base, _, query = url.partition("?")
    others = query.split("&") if query else []
    at = rng.randrange(len(others) + 1)
    return base + "?" + "&".join(others[:at] + parameters + others[at:])


def some_case(rng):
    token = "".join(rng.choice("0123456789abcdef") for _ in range(rng.choice([1, 32, 32, 32, 90])))
    url = some_url(rng)
    if rng.random() < 0.15:
        kind = rng.choice([JSON, JSON] + OTHERS)
        body = ('{"text": "%s"}' % some_text(rng).replace("\\", "").replace('"', "")).encode()
        url = with_digest(rng, url, hashlib.sha256(body).hexdigest())
        signed = {}
    elif rng.random() < 0.1:
        kind, body, signed = GET, b"", {}
        if rng.random() < 0.3:
            # Twilio puts it there all the same, and twice: it covers nothing.
            url += ("&" if "?" in url else "?") + "bodySHA256=" + "0" * 64
    else:
        kind, body = FORM, some_form(rng)
        signed = Parameters(parse_qsl(body.decode(), keep_blank_values=True))
        if rng.random() < 0.1:
            signed = Parameters(list(parse_qsl(some_form(rng).decode(), keep_blank_values=True)))
    signed_url = other_port(rng, url) if rng.random() < 0.5 else url
    if rng.random() < 0.05:
        signed_url = signed_url.replace("http", "https", 1) if rng.random() < 0.5 else signed_url + "/"
    signing_token = token if rng.random() < 0.9 else token[::-1] + "x"
    signature = RequestValidator(signing_token).compute_signature(signed_url, signed)
    if rng.random() < 0.1:
        signature = spoiled(rng, signature)
    return line(token, url, kind, body, signature)


def differences():
    token = "12345"
    form = b"Body=hi&From=x"
    suffix = b"BodyhiFromx"
    digest = hashlib.sha256(form).hexdigest()
    cases = [
        ("question mark without a query", "https://example.com/hook?", FORM, form,
         b"https://example.com/hook?" + suffix),
        ("scheme in capitals", "HTTPS://example.com/hook", FORM, form,
         b"HTTPS://example.com/hook" + suffix),
        ("IPv6 address signed without its port", "https://[2001:db8::1]:8443/hook", FORM, form,
         b"https://[2001:db8::1]/hook" + suffix),
        ("user and password signed without the port", "https://u:p@example.com:8443/hook", FORM,
         form, b"https://u:p@example.com/hook" + suffix),
        ("bytes that are not UTF-8", "https://example.com/hook", FORM, b"Body=%ff%fe",
         b"https://example.com/hookBody\xff\xfe"),
        ("form with a wrong bodySHA256", "https://example.com/hook?bodySHA256=00", FORM, form,
         b"https://example.com/hook?bodySHA256=00" + suffix),
        ("second bodySHA256 is wrong", f"https://example.com/hook?bodySHA256={digest}&bodySHA256=00",
         JSON, form, f"https://example.com/hook?bodySHA256={digest}&bodySHA256=00".encode()),
        ("JSON without bodySHA256", "https://example.com/hook", JSON, b"{}",
         b"https://example.com/hook"),
        ("empty JSON body without bodySHA256", "https://example.com/hook", JSON, b"",
         b"https://example.com/hook"),
    ]
    for name, url, kind, body, message in cases:
        print(name, line(token, url, kind, body, hmac_sha1(token, message)), sep="\t")


if sys.argv[1] == "differences":
    differences()
else:
    generator = random.Random(int(sys.argv[3]))
    for _ in range(int(sys.argv[2])):
        print(some_case(generator))
