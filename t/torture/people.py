"""Who there is: members and staff of several churches, and what each does at a device."""

import asyncio
from dataclasses import dataclass, field

from incarnation import GaveUp

PATIENCE = 3  # things that one device does at a time
WORDS = ('Grüß Gott', 'good morning', 'Sunday', 'choir', '🙏', 'bread', 'see you', 'кто там', '你好')
READ_PART, TYPE_PART, ABANDON_PART = 0.2, 0.1, 0.02  # of the number of messages
FILE_PART = 0.1  # of the messages
OPEN_PART = 0.1  # of what members do, they open a conversation for
BURST = 48       # messages at once, so that httpd stores them in groups; and then this many at their own time


@dataclass
class Person:
    """A user: the ids of the churches whose staff they are, and of those that they write to."""

    name: str
    staff_of: list = field(default_factory=list)
    writes_to: list = field(default_factory=list)
    id: int = 0

    @property
    def address(self):
        """Where mail goes."""
        return f'{self.name}@example.org'


def population(users, rng):
    """Persons: a third staff, one of them of two churches, and one who writes to another church too."""
    churches = list(range(1, max(2, users // 4) + 1))
    staff = [Person(f'staff{i}', staff_of=[churches[i % len(churches)]])
             for i in range(max(2, users // 3))]
    members = [Person(f'member{i}', writes_to=rng.sample(churches, rng.choice((1, 2))))
               for i in range(max(2, users - len(staff)))]
    staff[0].staff_of.append(churches[1])
    staff[-1].writes_to.append(next(c for c in churches if c not in staff[-1].staff_of))
    return staff + members


def churches_of(persons):
    """The ids of all churches."""
    return sorted({church for person in persons for church in person.staff_of + person.writes_to})


def as_sql(persons):
    """What puts them into the database."""
    churches = churches_of(persons)
    names = ', '.join(f"('{person.name}', 'The {person.name}', '{person.address}')" for person in persons)
    roles = ', '.join(f"({church}, '{person.name}')" for person in persons for church in person.staff_of)
    return f'''
        insert into chat.users (username, display_name, email) values {names};
        insert into chat.churches (id, name)
        select n, 'Church ' || n from unnest(array{churches}) n;
        insert into chat.church_staff (church_id, user_id)
        select r.church_id, u.id from (values {roles}) r (church_id, name)
        join chat.users u on u.username = r.name;'''


class Script:
    """What happens when: `messages` messages over `seconds`, half of them in bursts of so many, and some reading and typing."""

    def __init__(self, messages, seconds, actors, rng, burst):
        self.messages, self.seconds, self.actors, self.rng, self.burst = messages, seconds, actors, rng, burst

    async def play(self):
        """Give each act to an actor at its time."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number in range(self.messages):
            burst, nth = divmod(number, self.burst)
            due = number if burst % 2 else number - nth
            await asyncio.sleep(start + self.seconds * due / self.messages - loop.time())
            self._give('say')
            if self.rng.random() < READ_PART:
                self._give('read')
            if self.rng.random() < TYPE_PART:
                self._give('type')
            if self.rng.random() < ABANDON_PART:
                self._give('abandon')

    def _give(self, act):
        self.rng.choice(self.actors).acts.put_nowait(act)


class Actor:
    """Somebody at a client, doing what the script says."""

    def __init__(self, client, rng):
        self.client, self.rng = client, rng
        self.acts = asyncio.Queue()

    async def work(self):
        """Do what comes, PATIENCE things at a time, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(PATIENCE):
                tasks.create_task(self._work())

    async def _work(self):
        while True:
            act = await self.acts.get()
            try:
                await getattr(self, f'_{act}')()
            except GaveUp as error:
                self.client.note(f'gave up to {act}: {error}')
            finally:
                self.acts.task_done()

    async def _say(self):
        conversation = await self._some_conversation()
        if self.rng.random() < FILE_PART:
            await self.client.post_file(conversation.id, self.rng.choice(('', self._words())))
            return
        say = self.client.send if self.rng.random() < 0.6 else self.client.post
        await say(conversation.id, self._words())

    async def _abandon(self):
        await self.client.abandon_file((await self._some_conversation()).id, self._words())

    def _words(self):
        """Mostly a few, at times close to the 1000 characters that are allowed."""
        return ' '.join(self.rng.choices(WORDS, k=self.rng.choice((1, 3, 5, 90))))

    async def _some_conversation(self):
        """One that there is; at times one that may be new, with a church that the person writes to."""
        churches = self.client.person.writes_to
        while not self.client.view.conversations:
            if churches:
                return await self._open(churches)
            await asyncio.sleep(0.1)  # until somebody writes to the staff
        if churches and self.rng.random() < OPEN_PART:
            return await self._open(churches)
        return self.rng.choice(list(self.client.view.conversations.values()))

    async def _open(self, churches):
        answer = await self.client.call(
            'POST', 'conversations/', {'church_id': self.rng.choice(churches)})
        return self.client.view.know(answer['conversation'])

    async def _read(self):
        conversation = await self._some_conversation()
        up_to = self.rng.choice((conversation.newest_id, None))
        socket = self.client.socket
        if socket and self.rng.random() < 0.5:
            socket.read(conversation.id, up_to)
            return
        await self.client.call('POST', f'conversations/{conversation.id}/read/',
                               {} if up_to is None else {'up_to': up_to})
        if up_to is not None:
            self.client.history.read_is_told(conversation.id, conversation.as_staff, up_to)

    async def _type(self):
        conversation = await self._some_conversation()
        is_typing = self.rng.random() < 0.7
        socket = self.client.socket
        if socket and self.rng.random() < 0.7:
            socket.type(conversation.id, is_typing)
        else:
            await self.client.call('POST', f'conversations/{conversation.id}/typing/',
                                   {'is_typing': is_typing})
