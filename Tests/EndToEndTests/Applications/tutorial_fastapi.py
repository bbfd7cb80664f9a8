"""A bot as Twilio's tutorials for FastAPI write them: form fields, the signature, an answer in TwiML.

Arguments: port, token.
"""

import sys

import uvicorn
from fastapi import FastAPI, Form, HTTPException, Request, Response
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

app = FastAPI()
port, token = int(sys.argv[1]), sys.argv[2]


@app.post("/message")
async def chat(request: Request, From: str = Form(...), Body: str = Form(...)):
    validator = RequestValidator(token)
    form = await request.form()
    if not validator.validate(str(request.url), form, request.headers.get("X-Twilio-Signature", "")):
        raise HTTPException(status_code=403, detail="Error in Twilio Signature")
    response = MessagingResponse()
    message = response.message(f"Hi {From}, you said: {Body}")
    message.media("https://demo.twilio.com/owl.png")
    return Response(content=str(response), media_type="application/xml")


uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
