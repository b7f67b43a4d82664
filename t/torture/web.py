"""One HTTP exchange, made so that every way in which it can fail is seen."""

import asyncio
import base64
import http.client
import io
import json
import ssl
from dataclasses import dataclass, field

FILE_S = 40    # a file, received or sent: several steps with the database, and a slow disk
ANSWER_S = 15  # The module answers within 5 s whatever its database does; a stopped child thaws in 3 s.


class NoAnswer(Exception):
    """The connection failed, or ended before the answer was whole."""


class Hung(NoAnswer):
    """The server took the request and said nothing for ANSWER_S."""


@dataclass(frozen=True)
class Site:
    """Where one httpd is reached; `tls` is None where it speaks plainly."""

    name: str
    port: int
    tls: ssl.SSLContext | None = None

    @property
    def websocket(self):
        """The address of the live stream."""
        scheme = 'wss' if self.tls else 'ws'
        return f'{scheme}://127.0.0.1:{self.port}/api/conversations/ws/'


@dataclass(frozen=True)
class Answer:
    """A status, and what the JSON body says (None without one) or the bytes of a file."""

    status: int
    json: object
    data: bytes = field(default=b'', repr=False)


class _Received:
    """Bytes in the place of the socket that http.client reads from."""

    def __init__(self, data):
        self.data = data

    def makefile(self, _mode):
        """As socket.makefile()."""
        return io.BytesIO(self.data)


def credentials(user):
    """HTTP Basic; the password is the name."""
    return {'Authorization': 'Basic ' + base64.b64encode(f'{user}:{user}'.encode()).decode()}


async def ask(site, user, method, path, body=None):
    """The Answer to a request below /api/, whose body is a Form or for JSON; NoAnswer, or Hung."""
    what = f'{method} {path} at {site.name}'
    seconds = FILE_S if hasattr(body, 'data') or path.startswith('attachments/') else ANSWER_S
    try:
        async with asyncio.timeout(seconds) as limit:
            return _parse(await _exchange(site, _request(user, method, path, body)), method)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if limit.expired():
            raise Hung(f'{what}: nothing for {seconds} s') from error
        raise NoAnswer(f'{what}: {error!r}') from error


def _request(user, method, path, body):
    data = b'' if body is None else body.data if hasattr(body, 'data') else json.dumps(body).encode()
    headers = {'Host': '127.0.0.1', 'Connection': 'close', **credentials(user)}
    if body is not None:
        headers |= {'Content-Type': getattr(body, 'type', 'application/json'), 'Content-Length': len(data)}
    lines = [f'{method} /api/{path} HTTP/1.1', *(f'{name}: {value}' for name, value in headers.items())]
    return '\r\n'.join([*lines, '', '']).encode() + data


async def _exchange(site, request):
    reader, writer = await asyncio.open_connection('127.0.0.1', site.port, ssl=site.tls)
    try:
        writer.write(request)
        return await reader.read()
    finally:
        writer.transport.abort()


async def lose(site, user, path, form, share, waits):
    """POST a form and lose the answer: the connection ends when this share of the request was sent, or (`waits`)
    when the server ends it; Hung if it does not."""
    request = _request(user, 'POST', path, form)
    try:
        async with asyncio.timeout(FILE_S) as limit:
            reader, writer = await asyncio.open_connection('127.0.0.1', site.port, ssl=site.tls)
            try:
                writer.write(request[:int(share * len(request))])
                await writer.drain()
                if waits:
                    await reader.read()
            finally:
                writer.transport.abort()
    except OSError as error:
        if limit.expired():
            raise Hung(f'POST {path} at {site.name}: no end for {FILE_S} s') from error


def _parse(data, method):
    response = http.client.HTTPResponse(_Received(data), method=method)
    response.begin()
    text = response.read()
    if 'Content-Disposition' in response.headers:
        return Answer(response.status, None, text)
    return Answer(response.status, json.loads(text) if text else None)
