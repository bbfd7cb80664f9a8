"""A small bot behind Hookline, on Python's standard library.

It checks Twilio's signature with its own URL, as an application would that Twilio calls itself, takes
the message, and answers the sender through Twilio's REST API: Twilio has had its answer already, so a
reply in TwiML would not be sent. Without TWILIO_ACCOUNT_SID it only says what it would send.

    BOT_URL             the URL that Hookline calls (HOOKLINE_FORWARD_TO); its port is listened on
    TWILIO_AUTH_TOKEN   the account's Auth Token; several with commas between them
    TWILIO_ACCOUNT_SID  the account that replies are sent from
    TWILIO_API          https://api.twilio.com
"""

import base64
import hashlib
import hmac
import os
import sys
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

URL = urllib.parse.urlsplit(os.environ.get("BOT_URL", "http://127.0.0.1:3000/twilio"))
TOKENS = [token.strip() for token in os.environ.get("TWILIO_AUTH_TOKEN", "").split(",") if token.strip()]
ACCOUNT = os.environ.get("TWILIO_ACCOUNT_SID", "")
API = os.environ.get("TWILIO_API", "https://api.twilio.com")

# Keys of messages that were answered. A message can arrive twice: a bot with a database keeps
# these there, in the transaction in which it takes the message.
answered = set()


def say(text):
    print(text, flush=True)


def is_genuine(target, pairs, signature):
    """Whether one of the tokens gives this signature of the URL and the sorted parameters."""
    signed = f"{URL.scheme}://{URL.netloc}{target}"
    for name in sorted({name for name, _ in pairs}):
        for value in sorted({value for other, value in pairs if other == name}):
            signed += name + value
    return any(
        hmac.compare_digest(
            base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode(), signature)
        for token in TOKENS)


def reply(message, text):
    """Sends a message to whoever sent this one."""
    if not ACCOUNT:
        say(f"would answer {message['MessageSid']}: {text}")
        return
    form = urllib.parse.urlencode({"To": message["From"], "From": message["To"], "Body": text}).encode()
    request = urllib.request.Request(f"{API}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", form)
    login = base64.b64encode(f"{ACCOUNT}:{TOKENS[0]}".encode()).decode()
    request.add_header("Authorization", f"Basic {login}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        say(f"answered {message['MessageSid']}: HTTP {answer.status}")


class Bot(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        pairs = urllib.parse.parse_qsl(body, keep_blank_values=True)
        if not is_genuine(self.path, pairs, self.headers.get("X-Twilio-Signature", "")):
            say("refused: the signature is wrong")
            return self.end(403)
        message = dict(pairs)
        key = self.headers.get("Idempotency-Key", "")
        if "From" not in message or message.get("SmsStatus") != "received" or key in answered:
            return self.end(200)
        try:
            reply(message, f"You said: {message.get('Body', '')}")
        except OSError as error:
            # Not 2xx: Hookline tries again, later and later.
            say(f"not answered, {error}")
            return self.end(503)
        answered.add(key)
        self.end(200)

    def end(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *arguments):
        pass


if __name__ == "__main__":
    if not TOKENS:
        sys.exit("bot: set TWILIO_AUTH_TOKEN")
    server = ThreadingHTTPServer(("", 80 if URL.port is None else URL.port), Bot)
    if URL.port == 0:
        URL = URL._replace(netloc=f"{URL.hostname}:{server.server_port}")
    say(f"bot: listening on port {server.server_port}")
    server.serve_forever()
