"""A push service that Firefox itself is connected to, for t/browser/firefox_push.test.mjs.

    autopush.py <port of the endpoints> <certificate> <key>

Firefox speaks to it as to that of its vendor (the protocol of Autopush, JSON over a WebSocket); the site, as to every
push service (RFC 8030). Strict about the key of RFC 8292: that of the subscription. Prints the port for Firefox, and
then what happens, one line each: registered, pushed, acknowledged, unregistered, refused.
"""
import asyncio
import base64
import json
import re
import secrets
import ssl
import sys

import websockets

BODY_BYTES_MAX = 4096
channels = {}  # its WebSocket and the key of the site, by the id of a subscription


def tell(what):
    print(what, flush=True)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def serve_firefox(socket, port):
    async for text in socket:
        asked = json.loads(text)
        kind, channel = asked.get("messageType"), asked.get("channelID")
        answer = {"messageType": kind, "channelID": channel, "status": 200}
        if kind == "hello":
            answer = {"messageType": kind, "status": 200, "uaid": asked.get("uaid") or secrets.token_hex(16),
                      "use_webpush": True, "broadcasts": {}}
        elif kind == "register":
            channels[channel] = socket, asked.get("key", "").rstrip("=")
            answer["pushEndpoint"] = "https://127.0.0.1:%d/%s" % (port, channel)
            tell("registered")
        elif kind == "unregister":
            channels.pop(channel, None)
            tell("unregistered")
        elif kind == "ack":
            for update in asked["updates"]:  # 100: decrypted, and given to the worker; 101: not decrypted
                tell("acknowledged %s" % update.get("code"))
            continue
        elif text != "{}":  # which is a ping
            continue
        await socket.send(text if text == "{}" else json.dumps(answer))


async def until_closed(socket, port):
    try:
        await serve_firefox(socket, port)
    except websockets.ConnectionClosed:
        pass  # as Firefox ends


async def push(reader):
    request, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    target = re.fullmatch(r"POST /([\w-]+) HTTP/1\.1", request)
    length = int(headers.get("content-length", BODY_BYTES_MAX + 1))
    if not target or target[1] not in channels:
        return "404 Not Found"
    if length > BODY_BYTES_MAX or headers.get("content-encoding") != "aes128gcm" or "ttl" not in headers:
        return "400 Bad Request"
    socket, key = channels[target[1]]
    if not re.fullmatch(r"vapid t=[\w.-]+, k=%s" % re.escape(key), headers.get("authorization", "")):
        return "403 Forbidden"
    body = await reader.readexactly(length)
    tell("pushed")
    await socket.send(json.dumps({"messageType": "notification", "channelID": target[1], "version": secrets.token_hex(8),
                                  "data": base64url(body), "headers": {"encoding": "aes128gcm"}}))
    return "201 Created"


async def serve_site(reader, writer):
    try:
        status = await push(reader)
        if status[0] != "2":
            tell("refused " + status)
        writer.write(("HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status).encode())
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass  # the site has gone
    finally:
        writer.close()


async def main(port, certificate, key):
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    await asyncio.start_server(serve_site, "127.0.0.1", int(port), ssl=tls)
    async with websockets.serve(lambda socket, *_: until_closed(socket, int(port)), "127.0.0.1", 0) as server:
        tell(server.sockets[0].getsockname()[1])
        await asyncio.Future()


asyncio.run(main(*sys.argv[1:]))
