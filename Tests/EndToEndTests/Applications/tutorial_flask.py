"""A bot as Twilio's tutorials for Flask write them: a decorator that checks the signature, an answer
in TwiML.

Arguments: port, token, and a file with a TwiML document in hexadecimal a line; the text of a message
says which of them is the answer.
"""

import sys
from functools import wraps

from flask import Flask, abort, request
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

app = Flask(__name__)
port, token, path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
documents = [bytes.fromhex(line).decode() for line in open(path).read().split()]


def validate_twilio_request(f):
    @wraps(f)
    def decorated_function(*args, **kwargs):
        validator = RequestValidator(token)
        if validator.validate(request.url, request.form, request.headers.get("X-TWILIO-SIGNATURE", "")):
            return f(*args, **kwargs)
        return abort(403)

    return decorated_function


@app.route("/message", methods=["POST"])
@validate_twilio_request
def incoming_message():
    body = request.values.get("Body", None)
    if body.isdigit():
        return documents[int(body)]
    response = MessagingResponse()
    response.message(f"Thanks for your text, {body}!")
    return str(response)


@app.route("/relative", methods=["GET", "POST"])
def relative():
    if request.method == "POST" and not RequestValidator(token).validate(
        request.url, request.form, request.headers.get("X-TWILIO-SIGNATURE", "")
    ):
        return abort(403)
    return str(MessagingResponse())


app.run(host="127.0.0.1", port=port, threaded=True)
