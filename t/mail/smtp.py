"""A strict mail server with faults, for t/mail.t.

    smtp.py <folder> [--port <port>] [--tls <certificate> <key>] [--login <user> <password>] [--smtps] [--optional]

Prints its port. Each accepted mail is a file in the folder, <n>.eml, with the envelope, when it came, and what is wrong
with it by RFC 5322 in <n>.json. STARTTLS is required where it is offered, unless --optional. Faults come from the file
"faults" in the folder, read anew for each mail: JSON of {"connect", "mail", "rcpt", "data", "end": a reply, or "drop" or
"slow"; "times": how often; "only": a recipient's address}. What is slow goes on as if nothing were when the file is
another one. A fault of "connect" can only be slow.
"""
import asyncio
import email
import email.policy
import json
import logging
import os
import re
import ssl
import sys
import time
import warnings

from aiosmtpd.smtp import SMTP, AuthResult


def breaches(content):
    wrong = []
    if re.search(rb"(?<!\r)\n|\r(?!\n)", content):
        wrong.append("a line end that is not CR LF")
    if any(len(line) > 998 for line in content.split(b"\r\n")):
        wrong.append("a line above 998 characters")
    if any(byte > 126 for byte in content):
        wrong.append("bytes that are not ASCII")
    head, _, body = content.partition(b"\r\n\r\n")
    names = [line.split(b":")[0].lower() for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    for name in (b"date", b"from", b"to", b"subject", b"message-id", b"mime-version", b"content-type"):
        if names.count(name) != 1:
            wrong.append("%d of %s" % (names.count(name), name.decode()))
    if any(len(word) > 75 for word in re.findall(rb"=\?[^?\s]*\?[BbQq]\?[^?]*\?=", head)):
        wrong.append("an encoded word above 75 characters")
    if any(len(line) > 78 and not line.startswith((b" <http", b"Content-Type: multipart")) for line in head.split(b"\r\n")):
        wrong.append("a header's line above 78 characters")
    message = email.message_from_bytes(content, policy=email.policy.default)
    for part in message.walk():
        wrong += [str(defect) for defect in part.defects]
    return wrong


class Handler:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    def faults(self):
        try:
            with open(os.path.join(self.folder, "faults")) as file:
                return json.load(file)
        except (OSError, ValueError):
            return {}

    def fault(self, stage, to):
        faults = self.faults()
        if stage not in faults or faults.get("only", to) != to:
            return None
        times = faults.get("times")
        if times is not None:
            if times < 1:
                return None
            faults["times"] = times - 1
            with open(os.path.join(self.folder, "faults.new"), "w") as file:
                json.dump(faults, file)
            os.rename(os.path.join(self.folder, "faults.new"), os.path.join(self.folder, "faults"))
        return faults[stage]

    async def reply(self, server, stage, to=None):
        fault = self.fault(stage, to)
        if fault == "drop":
            server.transport.abort()
            return "421 4.3.0 going away"
        if fault == "slow":
            while self.faults().get(stage) == "slow":
                await asyncio.sleep(0.05)
            return None
        return fault

    async def handle_MAIL(self, server, session, envelope, address, options):
        fault = await self.reply(server, "mail")
        if not fault:
            envelope.mail_from = address
        return fault or "250 2.1.0 fine"

    async def handle_RCPT(self, server, session, envelope, address, options):
        fault = await self.reply(server, "rcpt", address)
        if not fault:
            envelope.rcpt_tos.append(address)
        return fault or "250 2.1.5 fine"

    async def handle_DATA(self, server, session, envelope):
        to = envelope.rcpt_tos[0]
        fault = await self.reply(server, "data", to)
        if fault:
            return fault
        self.count += 1
        name = os.path.join(self.folder, "%d.%d" % (os.getpid(), self.count))
        facts = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "at": time.time(),
                 "tls": server.transport.get_extra_info("ssl_object") is not None,
                 "user": session.auth_data, "helo": session.host_name, "wrong": breaches(envelope.original_content)}
        with open(name + ".json", "w") as file:
            json.dump(facts, file)
        with open(name + ".tmp", "wb") as file:
            file.write(envelope.original_content)
        os.rename(name + ".tmp", name + ".eml")
        # Accepted, whatever the client hears.
        return await self.reply(server, "end", to) or "250 2.0.0 accepted"


class Server(SMTP):
    """One connection, whose greeting may be late."""

    async def _handle_client(self):
        await self.event_handler.reply(self, "connect")
        await super()._handle_client()


def option(name, count):
    if name not in sys.argv:
        return None
    at = sys.argv.index(name)
    return sys.argv[at + 1:at + 1 + count] or True


async def main():
    folder = sys.argv[1]
    tls = option("--tls", 2)
    login = option("--login", 2)
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*tls)
    handler = Handler(folder)

    def authenticate(server, session, envelope, mechanism, data):
        right = [data.login.decode(), data.password.decode()] == login
        return AuthResult(success=right, handled=False if not right else True, auth_data=login[0] if right else None)

    def make():
        is_start = context and "--smtps" not in sys.argv
        return Server(handler, hostname="mail.example.org", data_size_limit=1000000,
                      tls_context=context if is_start else None,
                      require_starttls=bool(is_start) and "--optional" not in sys.argv,
                      authenticator=authenticate if login else None, auth_required=bool(login),
                      auth_require_tls=False, enable_SMTPUTF8=False)

    server = await asyncio.get_running_loop().create_server(
        make, "127.0.0.1", int((option("--port", 1) or [0])[0]), ssl=context if "--smtps" in sys.argv else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# Clients that go away are part of the tests.
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
asyncio.run(main())
