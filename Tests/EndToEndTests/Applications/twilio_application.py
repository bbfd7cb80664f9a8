"""A user's application: checks every request with Twilio's own RequestValidator.

Prints its port, then one line a request: `accepted SID` or `rejected SID`.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from twilio.request_validator import RequestValidator

token = sys.argv[1]
validator = RequestValidator(token)


class Application(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        parameters = parse_qs(body, keep_blank_values=True)
        parameters = {name: values[0] for name, values in parameters.items()}
        # Its own URL, as the application knows it.
        url = f"http://127.0.0.1:{server.server_port}{self.path}"
        genuine = validator.validate(url, parameters, self.headers["X-Twilio-Signature"])
        word = "accepted" if genuine else "rejected"
        print(word, parameters.get("MessageSid", "-"), flush=True)
        self.send_response(200 if genuine else 403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *arguments):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


server = Server(("127.0.0.1", 0), Application)
print("port", server.server_port, flush=True)
server.serve_forever()
