"""The mails of a mailbox as JSON: maildir.py <maildir>. A mail that is not as it should be ends this with an error."""
import email
import email.policy
import json
import mailbox
import sys

mails = []
box = mailbox.Maildir(sys.argv[1], factory=None, create=False)
for key in box.keys():
    with box.get_file(key) as file:
        message = email.message_from_bytes(file.read(), policy=email.policy.strict)
    head = {}
    for name, value in message.items():
        head.setdefault(name.lower(), []).append(str(value).strip())
    mails.append({
        "head": head,
        "addresses": {name: [[a.display_name, a.addr_spec] for a in message[name].addresses] for name in ("from", "to")},
        "type": message.get_content_type(),
        "parts": [{"type": part.get_content_type(), "charset": part.get_content_charset(),
                   "encoding": part["content-transfer-encoding"], "content": part.get_content()}
                  for part in message.iter_parts()],
    })
print(json.dumps(mails))
