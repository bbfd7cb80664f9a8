"""twiml.py SEED COUNT: documents that Twilio's own library wrote, and what they say."""
import random
import sys

WORDS = ["Hello", "a & b", "<tag>", "\"quoted\"", "it's", "Grüße", "日本語", "😀 ok", "line\nbreak", "x ]]> y",
         "100 %", "tab\there", "&amp;", "\u00a0space", "1"]
URLS = ["https://a.example/1.png", "https://a.example/p?a=1&b=2", "/relative", "https://a.example/é"]


def hexadecimal(text):
    return text.encode("utf-8").hex()


def documents(seed, count):
    from twilio.twiml.messaging_response import MessagingResponse

    chance = random.Random(seed)

    def some(values):
        return chance.choice(values) if chance.random() < 0.5 else None

    for _ in range(count):
        response = MessagingResponse()
        said = []
        for _ in range(chance.randrange(4)):
            text = " ".join(chance.choice(WORDS) for _ in range(chance.randrange(1, 5))).strip()
            attributes = {"to": some(["+15550101", "whatsapp:+15550101"]), "from_": some(["+15550100"]),
                          "action": some(URLS), "method": some(["GET", "POST"]), "status_callback": some(URLS)}
            if chance.random() < 0.5:
                message = response.message(text, **attributes)
            else:
                message = response.message(**attributes)
                message.body(text)
            media = [chance.choice(URLS) for _ in range(chance.randrange(4))]
            for url in media:
                message.media(url)
            said.append(["message", attributes["to"] or "", attributes["from_"] or "", attributes["action"] or "",
                         attributes["method"] or "POST", attributes["status_callback"] or "", text] + media)
        if chance.random() < 0.3:
            url, method = chance.choice(URLS), some(["GET", "POST"])
            response.redirect(url, method=method)
            said.append(["redirect", url, method or "POST"])
        print("\t".join([hexadecimal(str(response))] + [",".join(map(hexadecimal, one)) for one in said]))


documents(int(sys.argv[1]), int(sys.argv[2]))
