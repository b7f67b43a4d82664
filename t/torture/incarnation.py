"""One incarnation of a client's WebSocket: what it says, what it hears, and how it catches up."""

import asyncio
import itertools
import json
from dataclasses import dataclass, field

from websockets.exceptions import ConnectionClosed

from stream import Stream

RESUME_S = 60  # to resume, with a database that comes and goes
LOOK_S = 120   # for the list and all receipts


class GaveUp(Exception):
    """What was asked for was refused or took too long; the history has a violation of it."""


@dataclass
class Sending:
    """A message that is not acknowledged yet."""

    conversation_id: int
    content: str
    client_id: str
    answer: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, message):
        """It has been stored, as M says."""
        if not self.answer.done():
            self.answer.set_result(message)

    def fail(self, why):
        """It never will be."""
        if not self.answer.done():
            self.answer.set_exception(GaveUp(why))


class Socket:
    """A connection of the client, from its hello to its end. What it learns goes into the client's view;
    a promise that is broken goes into the history."""

    def __init__(self, client, connection, number):
        self.client, self.connection, self.number = client, connection, number
        self.stream = Stream()
        self.outbox = asyncio.Queue()
        self.refs = itertools.count(1)
        self.unanswered = {}  # ref: Sending
        self.answered = 0  # the highest ref that was
        self.wanted = asyncio.Event()  # a resume
        self.wanted.set()
        self.resuming = None  # a future, while a resume runs
        self.followed = set()  # the conversations that were resumed, or came from a place that we had
        self.behind = asyncio.Event()  # list and receipts are to be fetched
        self.is_looking = False  # they are being fetched
        self.is_hurt = False  # by us: it may end without a word

    # ---- Its life --------------------------------------------------------------------------------

    async def live(self):
        """Until it ends."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read())
                tasks.create_task(self._write())
                tasks.create_task(self._resume())
                tasks.create_task(self._look_around())
        except* ConnectionClosed:
            pass

    def abort(self):
        """End the TCP connection without a word."""
        self.is_hurt = True
        self.connection.transport.abort()

    async def stall(self, seconds):
        """Read nothing for a while."""
        self.is_hurt = True
        self.connection.transport.pause_reading()
        await asyncio.sleep(seconds)
        if not self.connection.transport.is_closing():
            self.connection.transport.resume_reading()

    async def _read(self):
        while True:
            frame = json.loads(await self.connection.recv())
            take = getattr(self, f'_take_{frame["type"]}', None)
            if take:
                take(frame)
            else:
                self._blame('refused', f'a frame of type {frame["type"]}')

    async def _write(self):
        while True:
            await self.connection.send(json.dumps(await self.outbox.get()))

    def _blame(self, kind, words):
        self.client.history.violation(kind, self.client.name, f'socket {self.number}: {words}')

    def _note(self, words):
        self.client.note(f'#{self.number} {words}')

    # ---- Catching up -----------------------------------------------------------------------------

    @property
    def is_catching_up(self):
        """Whether something that may be missing is asked for, or about to be."""
        return bool(self.wanted.is_set() or self.resuming or self.behind.is_set() or self.is_looking)

    async def _resume(self):
        """Resume whenever that is wanted, without delay: the server holds live messages back for it."""
        while True:
            await self.wanted.wait()
            self.wanted.clear()
            if not await self._limited(RESUME_S, self._ask_to_resume()):
                await asyncio.sleep(self.client.rng.uniform(0.5, 1))

    def _ask_to_resume(self):
        """A future: whether it went well."""
        positions = self.client.view.positions()
        self.resuming = asyncio.get_running_loop().create_future()
        self.stream.ask(positions)
        self.followed.update(positions)
        self._note(f'-> resume {positions}')
        self.outbox.put_nowait({'type': 'resume', 'ref': 'resume', 'conversations': positions})
        return self.resuming

    def _end_resume(self, went_well):
        asked, self.resuming = self.resuming, None
        if went_well:
            self._find_holes(self.stream.asked)
            self.behind.set()
            self.client.arrived()
        else:
            self.wanted.set()
        self.stream.answered()
        if not asked.done():
            asked.set_result(went_well)

    async def _look_around(self):
        """After a resume: are there new conversations, and what has been read meanwhile?"""
        while True:
            await self.behind.wait()
            self.behind.clear()
            self.is_looking = True
            await self._limited(LOOK_S, self._look())
            self.is_looking = False
            if not self.is_catching_up:
                self._find_holes(self.client.view.conversations)

    async def _look(self):
        await self.client.fetch_list()
        if self.client.view.conversations.keys() - self.followed:
            self.wanted.set()
        await self.client.fetch_receipts()

    async def _limited(self, seconds, work):
        try:
            async with asyncio.timeout(seconds):
                return await work
        except (TimeoutError, GaveUp) as error:
            self._blame('hung', f'has not caught up within {seconds} s: {error!r}')
            self.abort()
            await asyncio.Future()  # until the end of the connection is felt

    def _find_holes(self, conversations):
        """Everything has come that was asked for; or else ask again."""
        for number in conversations:
            conversation = self.client.view.conversation(number)
            if conversation.newest > conversation.last and not self.wanted.is_set():
                self._miss(conversation)

    def _miss(self, conversation):
        place = f'{conversation.id}:{conversation.newest}'
        self._blame('skipped', f'{place} came, and {conversation.last + 1} did not')
        self.wanted.set()

    # ---- What it says ----------------------------------------------------------------------------

    def transmit(self, sending):
        """Send a message, or send it again."""
        ref = next(self.refs)
        self.unanswered[ref] = sending
        self._note(f'-> send {ref} in {sending.conversation_id} {sending.client_id}')
        self.outbox.put_nowait({
            'type': 'send', 'ref': ref, 'conversation_id': sending.conversation_id,
            'content': sending.content, 'client_id': sending.client_id})

    def read(self, conversation_id, up_to):
        """Mark as read, up to a message's id or (None) all."""
        self._note(f'-> read {conversation_id} up to {up_to}')
        frame = {'type': 'read', 'ref': 'read', 'conversation_id': conversation_id}
        self.outbox.put_nowait(frame if up_to is None else frame | {'up_to': up_to})

    def type(self, conversation_id, is_typing):
        """Tell that the user types, or no longer does."""
        self.outbox.put_nowait({
            'type': 'typing', 'ref': 'typing', 'conversation_id': conversation_id,
            'is_typing': is_typing})

    # ---- What it hears ---------------------------------------------------------------------------

    def _take_message(self, frame):
        m = frame['message']
        place = f'{m["conversation_id"]}:{m["seq"]}'
        self._note(f'<- message {place} id {m["id"]} {m["client_id"]}')
        verdict = self.stream.take(m['conversation_id'], m['seq'])
        if verdict == 'repeated':
            self.client.history.repeated += 1
        elif verdict:
            self._blame(verdict, f'message {place}')
        if frame['conversation']['id'] != m['conversation_id']:
            self._blame('refused', f'message {place} with conversation {frame["conversation"]["id"]}')
        conversation = self.client.view.know(frame['conversation'])
        is_hole = m['seq'] > conversation.last + 1
        self.client.view.learn(m)
        if not self.is_catching_up:
            self.client.history.delivered(m['created_at'])
        if not is_hole:
            self.followed.add(conversation.id)
        elif conversation.id not in self.followed:
            self.wanted.set()
        elif not self.is_catching_up:
            self._miss(conversation)

    def _take_read(self, frame):
        self._note(f'<- read {frame["conversation_id"]} up to {frame["up_to"]} by_me {frame["by_me"]}')
        self.client.view.read(frame)

    def _take_typing(self, frame):
        if frame['typer']['user_id'] == self.client.person.id:
            self._blame('refused', 'a user was told of their own typing')

    def _take_conversation(self, frame):
        self._note(f'<- conversation {frame["conversation"]["id"]}')
        self.client.view.know(frame['conversation'])

    def _take_notification(self, _frame):
        """Told besides; nothing of it is kept."""

    def _take_resync(self, _frame):
        self._note('<- resync')
        self.client.history.resyncs += 1
        self.wanted.set()

    def _take_resumed(self, _frame):
        self._note('<- resumed')
        if self.resuming:
            self._end_resume(True)
        else:
            self._blame('refused', 'resumed, which was not asked')

    def _take_ack(self, frame):
        m = frame['message']
        self._note(f'<- ack {frame["ref"]} {m["conversation_id"]}:{m["seq"]} {m["client_id"]}')
        sending = self._answered(frame['ref'])
        if sending and m['client_id'] == sending.client_id:
            sending.settle(m)
        else:
            self._blame('refused', f'ack {frame["ref"]} for {m["client_id"]}, which was not asked')

    def _take_error(self, frame):
        words = f'error {frame.get("ref")} {frame.get("status")} {frame.get("code")}'
        self._note(f'<- {words}')
        sending = self._answered(frame.get('ref'))
        if frame.get('status') != 503:
            self._blame('refused', f'{words}: {frame.get("detail")}')
            if sending:
                sending.fail(words)
        elif sending:
            asyncio.get_running_loop().call_later(
                self.client.rng.uniform(0.2, 1), self.client.transmit, sending)
        elif frame.get('ref') == 'resume' and self.resuming:
            self._end_resume(False)

    def _answered(self, ref):
        sending = self.unanswered.pop(ref, None)
        if sending and ref < self.answered:
            self._blame('disordered', f'the answer to {ref} came after that to {self.answered}')
        self.answered = max(self.answered, ref) if sending else self.answered
        return sending
