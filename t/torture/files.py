"""Files in a run: what is sent, how it is received, and what of it must be there at the end.

What the server stores of a file is known before: PDF and text as they are, and JPEG without its comment, XMP
and place. An upload that nobody acknowledged is there whole, with its message, or not at all.
"""

import asyncio
import contextlib
import hashlib
import os
import secrets
import shutil
import time
from dataclasses import dataclass
from urllib.parse import quote

from incarnation import GaveUp

MOST_BYTES = 600_000       # of a file; half of them have less than 1 kB
FETCHES = 6                # files that are fetched at a time, at the end
OLD_S = 200_000            # so long ago that a sweep looks at it
SWEEP_S = 90               # until a host that has started has swept
STORES = 'directory', 'database'
LEFT_OVER = 'f' * 32       # a file's name, in the folder that is looked at last
CONF = '''
ChatAttachmentDir "{folder}"
ChatAttachmentStore {store}
ChatAttachmentFree 0
ChatAttachmentQuota off
ChatAttachmentUploads 8 user=8
ChatRateLimit upload off
'''


@dataclass(frozen=True)
class Form:
    """The body of a request: multipart/form-data."""

    type: str
    data: bytes


@dataclass(frozen=True)
class Sent:
    """What must be stored of a file."""

    name: str
    size: int
    sha256: str


class File:
    """One that is to be sent. Its bytes are forgotten with it; many thousands would not fit into memory."""

    def __init__(self, rng, name):
        size = int(MOST_BYTES ** rng.random())
        make = rng.choice((_text, _pdf, _jpeg))
        self.bytes, stored, ending = make(rng, size)
        self.sent = Sent(f'{name} Grüße.{ending}', len(stored), hashlib.sha256(stored).hexdigest())

    def form(self, rng, fields):
        """The request's body, with other fields."""
        boundary = f'{rng.getrandbits(128):032x}'
        head = ''.join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                       for name, value in fields.items())
        head += (f'--{boundary}\r\nContent-Disposition: form-data; name="attachment"; filename="{self.sent.name}"\r\n'
                 'Content-Type: application/octet-stream\r\n\r\n')
        return Form(f'multipart/form-data; boundary={boundary}',
                    head.encode() + self.bytes + f'\r\n--{boundary}--\r\n'.encode())


def _text(rng, size):
    data = ('note' + rng.randbytes(size // 2 + 1).hex())[:size].encode()
    return data, data, 'txt'


def _pdf(rng, size):
    data = b'%PDF-1.7\n' + rng.randbytes(size)
    return data, data, 'pdf'


def _jpeg(rng, size):
    """Of 16 by 8 pixels, as far as its head says. The picture is random, without the byte that begins a marker."""
    place = _segment(0xe1, b'Exif\0\0MM\0*\0\0\0\x08\0\1\x88\x25\0\4\0\0\0\1\0\0\0\x08\0\0\0\0')
    xmp = _segment(0xe1, b'http://ns.adobe.com/xap/1.0/\0<secret/>')
    comment = _segment(0xfe, b'SECRET')
    frame = b'\xff\xc0\0\x0b\x08\0\x08\0\x10\1\1\x11\0'
    scan = b'\xff\xda\0\x08\1\1\0\0\x3f\0' + rng.randbytes(size).replace(b'\xff', b'\xfe') + b'\xff\xd9'
    return b'\xff\xd8' + place + xmp + comment + frame + scan, b'\xff\xd8' + frame + scan, 'jpg'


def _segment(marker, data):
    return bytes((0xff, marker)) + (len(data) + 2).to_bytes(2, 'big') + data


def is_whole(sent, data):
    """Whether this is what was sent."""
    return data is not None and (len(data), hashlib.sha256(data).hexdigest()) == (sent.size, sent.sha256)


# ---- Where they are stored ---------------------------------------------------------------------------


class Directory:
    """The ChatAttachmentDir that all hosts share."""

    def __init__(self, folder):
        self.folder = folder

    def prepare(self):
        """Make it."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        _give(self.folder)

    async def names(self):
        """The files that there are."""
        return {path.parent.name + path.name for path in self.folder.glob('??/' + '?' * 30)}

    async def age(self, names):
        """Let some of them look old."""
        then = time.time() - OLD_S
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # told of at the end
                os.utime(self._path(name), (then, then))

    async def leave_over(self):
        """An old file that no message has."""
        path = self._path(LEFT_OVER)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_bytes(b'left over')
        _give(path.parent)
        _give(path)
        await self.age([LEFT_OVER])

    def _path(self, name):
        return self.folder / name[:2] / name[2:]


class Parts:
    """chat.file_parts; a host's directory has only what is being received, without names."""

    def __init__(self, database):
        self.database = database

    async def names(self):
        """The files that there are, also those without a beginning."""
        return {row['file'] for row in await self.database.rows('select distinct file from chat.file_parts')}

    async def age(self, names):
        """Let some of them look old."""
        await self.database.sql(f"update chat.file_parts set created_at = clock_timestamp() - interval '{OLD_S} s'"
                                f" where n = 0 and file = any ('{{{','.join(names)}}}')")

    async def leave_over(self):
        """An old file that no message has."""
        await self.database.sql(f"insert into chat.file_parts (file, n, bytes) values ('{LEFT_OVER}', 0, 'left over')")
        await self.age([LEFT_OVER])


def _give(path):
    """Let it belong to the user that httpd runs as."""
    if os.getuid() == 0:
        shutil.chown(path, 'www-data', 'www-data')


async def in_use(database):
    """The files that messages have."""
    return {row['file'] for row in await database.rows('select file from chat.attachments')}


# ---- The end -----------------------------------------------------------------------------------------


async def grow_old(servers):
    """All that there is, before hosts start which sweep it; and something that they must remove."""
    await servers.files.leave_over()
    await servers.files.age(await servers.files.names())


class Check:
    """The files, held against what was sent."""

    def __init__(self, servers, history, clients):
        self.servers, self.history, self.clients = servers, history, clients
        self.whole = 0
        self.unacknowledged = 0  # of these

    async def run(self):
        """Look at all of it, after hosts that have started since grow_old()."""
        await self._check_sweep()
        await self._check_rows()

    async def _check_sweep(self):
        """Exactly those are stored that messages have."""
        used = await in_use(self.servers.database)
        end = time.monotonic() + SWEEP_S
        while (names := await self.servers.files.names()) - used and time.monotonic() < end:
            await asyncio.sleep(0.2)
        for name in names - used:
            self.history.violation('left', 'files', f'{name} belongs to no message')
        for name in used - names:
            self.history.violation('torn', 'files', f'{name} is not stored')

    async def _check_rows(self):
        """Each message has the file that it was sent with, and that is whole."""
        rows = await self.servers.database.rows('''
            select m.client_id, m.conversation_id, a.id, a.name, a.size_bytes as size, encode(a.sha256, 'hex') as sha256
            from chat.messages m
            left join chat.attachments a on a.conversation_id = m.conversation_id and a.message_id = m.id''')
        work = asyncio.Semaphore(FETCHES)
        await asyncio.gather(*(self._check_row(row, work) for row in rows))

    async def _check_row(self, row, work):
        sent = self.history.files.get(row['client_id'])
        stored = Sent(row['name'], row['size'], row['sha256']) if row['id'] else None
        if stored != sent:
            self._blame(row, f'{stored} is stored, {sent} was sent')
        if not stored or not sent:
            return
        async with work:
            reader = secrets.choice([client for client in self.clients
                                     if row['conversation_id'] in client.view.conversations])
            try:
                data = await reader.fetch(f'attachments/{row["id"]}/{quote(row["name"])}')
            except GaveUp as error:
                data = None
                self._blame(row, f'cannot be fetched: {error}')
        if is_whole(sent, data):
            self.whole += 1
            self.unacknowledged += row['client_id'] not in self.history.acked
        elif data is not None:
            self._blame(row, f'{len(data)} bytes came that are not {sent}')

    def _blame(self, row, words):
        self.history.violation('torn', row['client_id'].rpartition('-')[0] if row['client_id'] else 'files',
                               f'{row["client_id"]} in {row["conversation_id"]}: {words}')
