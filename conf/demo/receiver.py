"""Receives the mails and pushes of the demo, for its page /demo/mail/.

    receiver.py <folder> <port for mail> <port for pushes> [<name> ...]

A mail server and a push service (RFC 8030) on 127.0.0.1: nothing leaves this machine, whatever the addresses are. If
a port is 0 or taken, another one is used. conf/instance starts and ends it. Debian: python3-aiosmtpd,
python3-cryptography.

    <folder>/tls.crt, tls.key            the certificate of the push service
    <folder>/private/keys.json           the keys of the devices that pushes are for
    <folder>/private/<name>.json         the subscription of a person's device, as PushManager would make it
    <folder>/private/ports               both ports, once both servers accept connections
    <folder>/items/list.json             what has come, the newest first
    <folder>/items/<n>.json, <n>.html    one of them, and the HTML of a mail

Bounded: the newest KEPT of both are kept, over a restart as well. Files are whole before they have their name.
"""
import asyncio
import base64
import email
import email.policy
import json
import logging
import os
import re
import secrets
import ssl
import sys
from datetime import datetime, timezone

from aiosmtpd.smtp import SMTP
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ADDRESS = "127.0.0.1"
KEPT = 100
MAIL_BYTES_MAX = 300_000
PUSH_BYTES_MAX = 4096  # RFC 8030 section 7.2
HEAD_BYTES_MAX = 16_384
LINE_CHARS_MAX = 200  # of what the list shows
PUSHES_AT_ONCE = 20
TIMEOUT_S = 30
CURVE = ec.SECP256R1()


def write(path, content, mode=0o644):
    descriptor = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content if isinstance(content, bytes) else json.dumps(content).encode())
    os.rename(path + ".new", path)


def text_of(value):
    return value if isinstance(value, str) else ""


class Items:
    """What has come, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.lines = []  # of list.json, the oldest first
        names = [name for name in os.listdir(folder) if re.fullmatch(r"\d{1,12}\.json", name)]
        for name in sorted(names, key=lambda name: int(name[:-5])):
            try:
                with open(self.path(name), encoding="utf-8") as file:
                    self.lines.append(self.line(json.load(file)))
            except (OSError, ValueError, KeyError):
                os.unlink(self.path(name))
        self.last = self.lines[-1]["id"] if self.lines else 0
        self.publish()

    def path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def line(item):
        line = {name: item[name] for name in ("id", "kind", "at")}
        return {**line, **{name: item[name][:LINE_CHARS_MAX] for name in ("from", "to", "subject")}}

    def add(self, item, html=None):
        """`html`: of a mail, as it came."""
        self.last += 1
        item = {**item, "id": self.last, "at": datetime.now(timezone.utc).isoformat(timespec="seconds")}
        if html is not None:
            write(self.path("%d.html" % self.last), in_new_windows(html).encode("utf-8", "replace"))
        write(self.path("%d.json" % self.last), item)
        self.lines.append(self.line(item))
        while len(self.lines) > KEPT:
            self.remove(self.lines.pop(0)["id"])
        self.publish()

    def remove(self, number):
        for name in ("%d.json" % number, "%d.html" % number):
            try:
                os.unlink(self.path(name))
            except FileNotFoundError:
                pass

    def publish(self):
        write(self.path("list.json"), {"items": self.lines[::-1]})


# ---- Mail ------------------------------------------------------------------------------------


def in_new_windows(html):
    """Links of a mail lead out of the frame that shows it, as in mail programs."""
    base = '<meta charset="utf-8"><base target="_blank">'
    head = re.search(r"<head\b[^>]*>", html, re.IGNORECASE)
    at = head.end() if head else 0
    return html[:at] + base + html[at:]


def part_of(message, kind):
    part = message.get_body((kind,))
    return part.get_content().replace("\r\n", "\n") if part is not None else None


def header(message, name):
    return " ".join(str(message[name] or "").split())


def unsubscribe_of(message):
    """The URL that one click is sent to (RFC 8058)."""
    url = re.search(r"<(https?://[^>\s]+)>", header(message, "list-unsubscribe"))
    is_one_click = header(message, "list-unsubscribe-post") == "List-Unsubscribe=One-Click"
    return url[1] if url and is_one_click else None


class MailHandler:
    def __init__(self, items):
        self.items = items

    async def handle_DATA(self, server, session, envelope):
        content = envelope.original_content
        source = content.decode("utf-8", "replace")
        message = email.message_from_bytes(content, policy=email.policy.default)
        try:
            html = part_of(message, "html")
            item = {"kind": "mail", "from": header(message, "from"), "to": header(message, "to"),
                    "subject": header(message, "subject"), "text": part_of(message, "plain"), "source": source,
                    "has_html": html is not None, "unsubscribe": unsubscribe_of(message)}
        except (LookupError, ValueError, AttributeError, TypeError):  # whatever Python's parser makes of it
            return "554 5.6.0 this is not a mail that can be read"
        self.items.add(item, html)
        return "250 2.0.0 accepted"


# ---- Push ------------------------------------------------------------------------------------


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Device:
    """What a browser keeps of its subscriptions. One pair of keys serves for all people of the demo."""

    def __init__(self, path):
        try:
            with open(path, encoding="utf-8") as file:
                kept = json.load(file)
            number, self.auth = int(kept["private"], 16), bytes.fromhex(kept["auth"])
        except (OSError, ValueError, KeyError):
            number = ec.generate_private_key(CURVE).private_numbers().private_value
            self.auth = secrets.token_bytes(16)
            write(path, {"private": "%064x" % number, "auth": self.auth.hex()}, 0o600)
        self.key = ec.derive_private_key(number, CURVE)
        self.public = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self, endpoint):
        return {"endpoint": endpoint, "expirationTime": None,
                "keys": {"p256dh": base64url(self.public), "auth": base64url(self.auth)}}

    def decrypt(self, body):
        """RFC 8291, one record of RFC 8188. ValueError: it is not for this device."""
        salt, size, sender = body[:16], int.from_bytes(body[16:20], "big"), body[21:86]
        if len(body) < 104 or body[20] != 65 or len(body) - 86 > size:
            raise ValueError("not one record of aes128gcm")
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))
        secret = self.derive(shared, self.auth, b"WebPush: info\0" + self.public + sender, 32)
        key = self.derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = self.derive(secret, salt, b"Content-Encoding: nonce\0", 12)
        try:
            text = AESGCM(key).decrypt(nonce, body[86:], None).rstrip(b"\0")
        except InvalidTag:
            raise ValueError("encrypted for another device") from None
        if text[-1:] != b"\2":
            raise ValueError("not the last record")
        return text[:-1].decode()

    @staticmethod
    def derive(secret, salt, info, length):
        return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


class PushService:
    def __init__(self, items, device):
        self.items = items
        self.device = device
        self.open = 0

    async def serve(self, reader, writer):
        self.open += 1
        try:
            status = "503 Service Unavailable"
            if self.open <= PUSHES_AT_ONCE:
                status = await asyncio.wait_for(self.answer(reader), TIMEOUT_S)
            writer.write(("HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status).encode())
            await asyncio.wait_for(writer.drain(), TIMEOUT_S)
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            pass  # the client has gone
        finally:
            self.open -= 1
            writer.close()

    async def answer(self, reader):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.LimitOverrunError:
            return "431 Request Header Fields Too Large"
        request, *lines = head.split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        target = re.fullmatch(r"POST /push/([\w.-]{1,64}) HTTP/1\.[01]", request)
        length = headers.get("content-length", "")
        if not target:
            return "404 Not Found"
        if not re.fullmatch(r"\d{1,9}", length):
            return "411 Length Required"
        if int(length) > PUSH_BYTES_MAX:
            return "413 Content Too Large"
        try:
            text = self.device.decrypt(await reader.readexactly(int(length)))
            pushed = json.loads(text)
            notification = pushed["notification"]
            item = {"kind": "push", "from": text_of(notification["title"]), "to": target[1],
                    "subject": text_of(notification["body"]), "link": text_of(notification["navigate"]),
                    "headers": {name: headers.get(name, "") for name in ("ttl", "urgency", "topic")}, "source": text}
        except (ValueError, KeyError, TypeError):
            return "400 Bad Request"
        self.items.add(item)
        return "201 Created"


# ---- Both ------------------------------------------------------------------------------------


async def listen(start, port):
    """A server on the port, or on another one."""
    try:
        return await start(port)
    except OSError:
        return await start(0)


def port_of(server):
    return server.sockets[0].getsockname()[1]


async def main(folder, mail_port, push_port, *names):
    loop = asyncio.get_running_loop()
    private = os.path.join(folder, "private")
    items = Items(os.path.join(folder, "items"))
    device = Device(os.path.join(private, "keys.json"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(os.path.join(folder, "tls.crt"), os.path.join(folder, "tls.key"))

    def smtp():
        return SMTP(MailHandler(items), hostname="mail.example.org", data_size_limit=MAIL_BYTES_MAX,
                    timeout=TIMEOUT_S, loop=loop)

    mail = await listen(lambda port: loop.create_server(smtp, ADDRESS, port), int(mail_port))
    push = await listen(lambda port: asyncio.start_server(PushService(items, device).serve, ADDRESS, port, ssl=tls,
                                                          limit=HEAD_BYTES_MAX), int(push_port))
    for name in names:
        endpoint = "https://%s:%d/push/%s" % (ADDRESS, port_of(push), name)
        write(os.path.join(private, name + ".json"), device.subscription(endpoint))
    write(os.path.join(private, "ports"), b"%d %d\n" % (port_of(mail), port_of(push)))
    await asyncio.gather(mail.serve_forever(), push.serve_forever())


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(main(*sys.argv[1:]))
