"""Writes signed webhooks for signed.lua: one a line, signature, tab, form body.

    python3 sign.py TOKEN URL COUNT [SEED] > messages

The signature is Twilio's: Base64 of HMAC-SHA1 over the URL and the sorted parameters
(https://www.twilio.com/docs/usage/security#validating-requests). Each message has a SID of its
own, so that each is committed; another SEED gives other messages.
"""

import base64
import hashlib
import hmac
import sys
from urllib.parse import urlencode

token, url, count = sys.argv[1].encode(), sys.argv[2], int(sys.argv[3])
seed = sys.argv[4] if len(sys.argv) > 4 else "0"
key = hmac.new(token, digestmod=hashlib.sha1)
fields = {
    "AccountSid": "AC" + "0" * 32,
    "ApiVersion": "2010-04-01",
    "Body": "Is my order on its way? Grüße, Ana",
    "From": "whatsapp:+15005550006",
    "NumMedia": "0",
    "NumSegments": "1",
    "ProfileName": "Ana",
    "SmsStatus": "received",
    "To": "whatsapp:+15005550001",
    "WaId": "15005550006",
}
for number in range(count):
    sid = "SM" + hashlib.md5(f"{seed}/{number}".encode()).hexdigest()
    fields["MessageSid"] = fields["SmsMessageSid"] = fields["SmsSid"] = sid
    message = url + "".join(name + fields[name] for name in sorted(fields))
    code = key.copy()
    code.update(message.encode())
    print(base64.b64encode(code.digest()).decode(), urlencode(fields), sep="\t")
