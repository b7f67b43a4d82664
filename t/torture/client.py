"""The reference client: one device of a user, following the protocol of conversations/ws/.

It keeps the last seq of each conversation. After hello, after a resync and at a hole it resumes from what
it has, at once; then it fetches the list, for conversations that are new, and asks which messages have
been read meanwhile. What it sent without getting an answer it sends again with the same client_id, over
the next socket or by POST.
"""

import asyncio
import itertools
import json
import socket
import time

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatusCode
from websockets.legacy.client import connect

from files import File, is_whole
from incarnation import GaveUp, Sending, Socket
from view import View
from web import Hung, NoAnswer, ask, credentials, lose

CONNECT_S = 10     # for TCP, TLS and the handshake
HELLO_S = 10       # from the handshake to the first frame
CALL_S = 60        # a request and its repetitions
SEND_S = 90        # a message, sent as often as it takes
LOST_PART, TWICE_PART = 0.25, 0.1  # of the files that are sent
FETCH_PART = 0.3   # of them are fetched at once
PING_S = 10        # how often we ask whether the server still lives, and how long it has for its answer
JITTER_S = 1       # so that those who lost a server do not come back together
PAGE = 200         # entries, the most that the server gives
RECEIVE_BYTES = 131072  # the socket's buffer: two segments, so that the server feels a reader who stalls
GONE_AWAY, ABNORMAL, LOST_ACCESS, TRY_LATER = 1001, 1006, 1008, 1013
EXPECTED_CODES = (1000, GONE_AWAY, ABNORMAL, TRY_LATER)


class Backoff:
    """Full jitter: a random part of 1 s, 2 s, 4 s … and at most `most_s`."""

    def __init__(self, rng, most_s):
        self.rng, self.most_s, self.failures = rng, most_s, 0

    def fail(self):
        """Seconds to wait after another failure."""
        self.failures += 1
        return self.rng.uniform(0, min(self.most_s, 2 ** (self.failures - 1)))

    def succeed(self):
        """It went well: the next failure is the first."""
        self.failures = 0


async def plug(port):
    """A TCP connection with RECEIVE_BYTES for what is not read."""
    end = socket.socket()
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    end.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(end, ('127.0.0.1', port))
    except BaseException:
        end.close()
        raise
    return end


class Client:
    """One device of a user, connected to one of the sites as long as its task runs."""

    def __init__(self, name, person, sites, history, rng, backoff_most_s=60):
        self.name, self.person, self.sites, self.history, self.rng = name, person, sites, history, rng
        self.view = View()
        self.sendings = {}  # client_id: Sending
        self.posting = set()  # tasks that send some of these by POST as well
        self.socket = None
        self.incarnations = itertools.count(1)
        self.client_ids = itertools.count(1)
        self.backoff = Backoff(rng, backoff_most_s)
        self.away_since = time.monotonic()
        self.has_arrived = False
        self.journal = history.journal(name)

    def note(self, words):
        """Write into this client's journal."""
        self.journal.note(words)

    @property
    def unrest(self):
        """What keeps this client from being at rest; '' when it is."""
        if not self.socket:
            return 'not connected'
        if self.socket.is_catching_up:
            return 'catching up'
        if self.sendings or self.posting:
            return f'{len(self.sendings) + len(self.posting)} messages without an answer'
        return 'holes' if self.view.has_holes() else ''

    # ---- Connecting ------------------------------------------------------------------------------

    async def run(self):
        """Be connected, until cancelled or told that access is lost."""
        for turn in itertools.count(self.rng.randrange(len(self.sites))):
            site = self.sites[turn % len(self.sites)]
            code = await self._visit(site)
            self.socket = None
            if code == LOST_ACCESS:
                return
            if self.has_arrived:
                self.has_arrived, self.away_since = False, time.monotonic()
            await asyncio.sleep(self._pause(code))

    def _pause(self, code):
        """Seconds until the next attempt; `code` is None when there was no socket at all."""
        if code in (GONE_AWAY, ABNORMAL):
            return self.rng.uniform(0, JITTER_S)
        return self.backoff.fail()

    async def _visit(self, site):
        """Be connected to a site as long as it lasts: the close code, or None for no socket."""
        try:
            async with asyncio.timeout(CONNECT_S) as limit:
                connection = await self._connect(site)
        except InvalidStatusCode as refusal:
            self._refused(site, refusal.status_code)
            return None
        except (OSError, InvalidHandshake, EOFError) as error:
            self._not_connected(site, error, limit.expired())
            return None
        return await self._attend(site, connection)

    async def _connect(self, site):
        return await connect(
            site.websocket, sock=await plug(site.port), ssl=site.tls,
            server_hostname='127.0.0.1' if site.tls else None, subprotocols=['chat.v1'],
            extra_headers=credentials(self.person.name), open_timeout=None, compression=None,
            max_queue=None,  # or a socket that is given up waits for ever for somebody to take the frames
            ping_interval=PING_S, ping_timeout=PING_S, close_timeout=2)

    def _refused(self, site, status):
        self.note(f'{site.name} refuses the handshake with {status}')
        if status not in (502, 503):
            self.history.violation('refused', self.name, f'handshake at {site.name}: {status}')

    def _not_connected(self, site, error, is_late):
        self.note(f'{site.name} cannot be reached: {error!r}')
        if is_late:
            self.history.violation('hung', self.name, f'no handshake with {site.name} in {CONNECT_S} s')

    async def _attend(self, site, connection):
        number = next(self.incarnations)
        here = Socket(self, connection, number)
        here.place = (site.name, connection.local_address[1])
        try:
            if await self._hear_hello(here):
                self.note(f'#{number} opens at {site.name} from port {connection.local_address[1]}')
                self.socket = here
                for sending in self.sendings.values():
                    self._send_again(sending)
                await here.live()
            self._closed(here, connection.close_code, connection.close_reason)
            return connection.close_code
        finally:
            here.abort()
            await connection.wait_closed()

    async def _hear_hello(self, here):
        try:
            async with asyncio.timeout(HELLO_S):
                frame = json.loads(await here.connection.recv())
        except TimeoutError:
            self.history.violation('hung', self.name, f'no hello within {HELLO_S} s')
            return False
        except ConnectionClosed:
            return False
        if (frame['type'], frame.get('user_id')) != ('hello', self.person.id):
            self.history.violation('refused', self.name, f'{frame} instead of hello')
            return False
        if here.connection.subprotocol != 'chat.v1':
            self.history.violation('refused', self.name, f'subprotocol {here.connection.subprotocol}')
        return True

    def _closed(self, here, code, reason):
        self.note(f'#{here.number} closed {code} {reason}')
        self.history.closes[code] += 1
        is_odd = code not in EXPECTED_CODES
        is_excused = here.is_hurt or self.history.was_just_killed() or self.history.was_just_lagging()
        if is_odd:
            self.history.violation('closed', self.name, f'socket {here.number} with {code} {reason}')
        elif code == ABNORMAL and not is_excused:
            self.history.unheard(self.name, here)

    def arrived(self):
        """Resumed: the gap since the connection was lost is over."""
        self.backoff.succeed()
        if not self.has_arrived:
            self.has_arrived = True
            self.history.gap(time.monotonic() - self.away_since)

    # ---- Messages --------------------------------------------------------------------------------

    async def send(self, conversation_id, content):
        """Say something over the WebSocket: M, or GaveUp."""
        sending = self._new_sending(conversation_id, content)
        self.sendings[sending.client_id] = sending
        self.transmit(sending)
        try:
            async with asyncio.timeout(SEND_S):
                return self._acknowledged(sending, await sending.answer)
        except TimeoutError as error:
            self.history.violation('hung', self.name, f'{sending.client_id}: no ack within {SEND_S} s')
            raise GaveUp(sending.client_id) from error
        finally:
            del self.sendings[sending.client_id]

    async def post(self, conversation_id, content):
        """Say something by POST: M, or GaveUp."""
        sending = self._new_sending(conversation_id, content)
        return self._acknowledged(sending, await self._post(sending))

    async def post_file(self, conversation_id, content):
        """Say something with a file, by POST, which is at times lost on its way before, or sent twice at once: M, or GaveUp."""
        sending, path, form = self._new_upload(conversation_id, content)
        fate = self.rng.random()
        if fate < LOST_PART:
            await self._lose(sending, path, form, self.rng.choice((1, self.rng.random())), waits=False)
        posts = [self._post_form(sending, path, form) for _ in range(2 if fate > 1 - TWICE_PART else 1)]
        messages = await asyncio.gather(*posts)
        if any((m['id'], m['attachment']) != (messages[0]['id'], messages[0]['attachment']) for m in messages):
            self.history.violation('doubled', self.name, f'{sending.client_id}: {messages}')
        message = self._acknowledged(sending, messages[0])
        if self.rng.random() < FETCH_PART:
            await self._compare(sending, message['attachment']['url'].partition('/api/')[2])
        return message

    async def abandon_file(self, conversation_id, content):
        """The same, but never to learn what became of it: the connection ends early, or the answer is lost."""
        sending, path, form = self._new_upload(conversation_id, content)
        if self.rng.random() < 0.5:
            await self._lose(sending, path, form, 1, waits=True)
        else:
            await self._lose(sending, path, form, 0.99 * self.rng.random(), waits=False)

    def _new_upload(self, conversation_id, content):
        sending = self._new_sending(conversation_id, content)
        file = File(self.rng, sending.client_id)
        self.history.files[sending.client_id] = file.sent
        return sending, f'conversations/{conversation_id}/messages/', file.form(
            self.rng, {'content': content, 'client_id': sending.client_id})

    async def _lose(self, sending, path, form, share, waits):
        site = self.rng.choice(self.sites)
        self.note(f'POST {sending.client_id} to {site.name}, lost after {share:.2f} of it, {waits=}')
        self.history.lost_answers += 1
        try:
            await lose(site, self.person.name, path, form, share, waits)
        except Hung as error:
            self.history.violation('hung', self.name, str(error))

    async def _post_form(self, sending, path, form):
        self.note(f'POST {sending.client_id} in {sending.conversation_id}, {len(form.data)} bytes')
        return (await self.call('POST', path, form))['message']

    async def _compare(self, sending, path):
        sent = self.history.files[sending.client_id]
        data = await self.fetch(path)
        self.history.fetched += 1
        if not is_whole(sent, data):
            self.history.violation('torn', self.name, f'{sending.client_id}: {len(data)} bytes came that are not {sent}')

    async def fetch(self, path):
        """The bytes of a file; GaveUp."""
        return (await self._call('GET', path, None)).data

    def _new_sending(self, conversation_id, content):
        sending = Sending(conversation_id, content, f'{self.name}-{next(self.client_ids)}')
        self.history.sent[sending.client_id] = conversation_id
        return sending

    def _acknowledged(self, sending, message):
        self.history.acked[sending.client_id] = (
            message['conversation_id'], message['id'], message['seq'])
        return message

    async def _post(self, sending):
        self.note(f'POST {sending.client_id} in {sending.conversation_id}')
        answer = await self.call(
            'POST', f'conversations/{sending.conversation_id}/messages/',
            {'content': sending.content, 'client_id': sending.client_id})
        return answer['message']

    def transmit(self, sending):
        """Over the socket, if there is one; else the next one will do it."""
        if self.socket and sending.client_id in self.sendings:
            self.socket.transmit(sending)

    def _send_again(self, sending):
        self.socket.transmit(sending)
        if self.rng.random() < 0.2:  # and, as an impatient client would, by POST at the same time
            task = asyncio.create_task(self._post_as_well(sending))
            self.posting.add(task)
            task.add_done_callback(self.posting.discard)

    async def _post_as_well(self, sending):
        try:
            sending.settle(await self._post(sending))
        except GaveUp as error:
            sending.fail(str(error))

    # ---- REST ------------------------------------------------------------------------------------

    async def call(self, method, path, body=None):
        """The JSON of a good answer, asked for until it comes; GaveUp at a refusal or after CALL_S."""
        return (await self._call(method, path, body)).json

    async def _call(self, method, path, body):
        try:
            async with asyncio.timeout(CALL_S):
                while True:
                    answer = await self._try(method, path, body)
                    if answer:
                        return answer
                    await asyncio.sleep(self.rng.uniform(0.1, 0.5))
        except TimeoutError as error:
            self.history.violation('hung', self.name, f'{method} {path}: no good answer in {CALL_S} s')
            raise GaveUp(path) from error

    async def _try(self, method, path, body):
        site = self.rng.choice(self.sites)
        try:
            answer = await ask(site, self.person.name, method, path, body)
        except Hung as error:
            self.history.violation('hung', self.name, str(error))
            return None
        except NoAnswer as error:
            self.note(str(error))
            return None
        if answer.status == 503:
            self.note(f'{method} {path} at {site.name}: 503')
            return None
        if answer.status >= 300:
            self.history.violation('refused', self.name, f'{method} {path}: {answer}')
            raise GaveUp(path)
        return answer

    async def fetch_list(self):
        """Learn of conversations that are new."""
        path = f'conversations/?limit={PAGE}'
        while path:
            page = await self.call('GET', path)
            for conversation in page['conversations']:
                self.view.know(conversation)
            path = page['next'] and page['next'].partition('/api/')[2]

    async def fetch_receipts(self):
        """Learn what has been read while nobody could tell us."""
        for conversation in list(self.view.conversations.values()):
            if conversation.unread:
                await self._fetch_receipts(conversation)

    async def _fetch_receipts(self, conversation):
        """From the first unread message on. Each side reads from the front: one unread message of a
        side says that so are those behind it."""
        after, unread_sides, has_more = conversation.first_unread_id - 1, set(), True
        while has_more and len(unread_sides) < 2:
            page = await self.call(
                'GET', f'conversations/{conversation.id}/messages/?after={after}&limit={PAGE}')
            has_more = page['has_more']
            for m in page['messages']:
                after = m['id']
                if m['seq'] in conversation.messages:
                    self.view.learn(m)
                    unread_sides |= set() if m['is_read'] else {
                        conversation.messages[m['seq']].is_own_side}
