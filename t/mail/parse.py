"""Mails as JSON: parse.py <file.eml>..."""
import email
import email.policy
import json
import sys

mails = []
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        source = file.read()
    message = email.message_from_bytes(source, policy=email.policy.default)
    with open(name[:-4] + ".json") as file:
        facts = json.load(file)
    mails.append({
        "facts": facts,
        "source": source.decode("latin-1"),
        "head": {key.lower(): str(value) for key, value in message.items()},
        "type": message.get_content_type(),
        "text": message.get_body(("plain",)).get_content().replace("\r\n", "\n"),
        "html": message.get_body(("html",)).get_content().replace("\r\n", "\n"),
    })
print(json.dumps(mails))
