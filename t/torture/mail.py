"""Mail in a run: the mail server, people who are mostly away, and what they must have been told."""

import asyncio
import email.parser
import json
import re
import shutil
import signal
import subprocess
from collections import defaultdict
from dataclasses import dataclass

from incarnation import GaveUp
from people import Person

AWAY = 32          # people without a device that is always connected; each has a conversation
AWAY_S = 4, 16     # between two visits
SETTLE_S = 300     # until all that was to be told has been
PASS_S = 1         # how often time is made to pass
FAR = "interval '30 min'"  # a side that is looked at later than this waits for the end of a silence
MESSAGE_ID = re.compile(r'<c(\d+)\.u(\d+)\.m(\d+)@')
REPLIES = [  # what the server does to a few mails; after the last, it has accepted them
    ('mail', '451 4.3.0 later'), ('rcpt', '451 4.7.1 later'), ('data', '451 4.3.0 later'), ('data', 'drop'),
    ('end', 'drop')]

CONF = '''
ChatNotificationLink https://chat.example.org/messages?c={{conversation_id}}
ChatMail smtp://localhost:{port}
ChatMailTLS off
ChatMailTimeout 5
ChatMailFrom chat@example.org
ChatMailTemplates "{project}/conf/mail"
ChatEmailDelay 0
'''


class MailServer:
    """t/mail/smtp.py, which keeps what it accepts in a folder."""

    def __init__(self, folder, script):
        self.folder, self.script = folder, script
        self.lock = asyncio.Lock()  # held while it has a fault
        self.process, self.port = None, None

    async def start(self):
        """Start it, later at the same port."""
        port = ['--port', str(self.port)] if self.port else []
        if not self.port:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
        self.process = await asyncio.create_subprocess_exec(
            '/usr/bin/python3', str(self.script), str(self.folder), *port,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.port = int(await self.process.stdout.readline())

    async def stop(self):
        """Kill it."""
        if self.process and self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()

    def set_faults(self, faults):
        """What it does to mails from now on, as smtp.py says."""
        new = self.folder / 'faults.tmp'
        new.write_text(json.dumps(faults))
        new.rename(self.folder / 'faults')

    def mails(self):
        """What it has accepted, in its order."""
        found = []
        for path in self.folder.glob('*.eml'):
            with open(path, encoding='ascii') as file:
                head = email.parser.Parser().parse(file, headersonly=True)
            facts = json.loads(path.with_suffix('.json').read_text())
            found.append(Mail(head['Message-ID'].strip(), facts['to'], facts['at'], facts['wrong']))
        return sorted(found, key=lambda mail: mail.at)


@dataclass
class Mail:
    """One that was accepted."""

    id: str
    to: list
    at: float
    wrong: list

    @property
    def subject(self):
        """(conversation, user, message) of its id."""
        return tuple(map(int, MESSAGE_ID.match(self.id).groups()))


# ---- People who are away -----------------------------------------------------------------------------


def away(churches):
    """Members who write once and come by now and then."""
    return [Person(f'away{n}', writes_to=[churches[n % len(churches)]]) for n in range(AWAY)]


def client_id_of(person):
    """Of the message that each of them has written."""
    return f'{person.name}-first'


def as_sql(persons):
    """What they have written."""
    rows = ', '.join(f"('{person.name}', {person.writes_to[0]}, '{client_id_of(person)}')" for person in persons)
    return f'''
        select count((chat.send_message(u.id, ((chat.open_conversation(u.id, r.church)).conversation).id, 'I am away',
                                        r.client_id)).outcome)
        from (values {rows}) r (name, church, client_id) join chat.users u on u.username = r.name;'''


class Visitor:
    """One of them, with a client that is never connected."""

    def __init__(self, client, conversation_id):
        self.client, self.conversation_id = client, conversation_id

    async def live(self):
        """Come by now and then, until cancelled."""
        while True:
            await asyncio.sleep(self.client.rng.uniform(*AWAY_S))
            try:
                await self._read()
            except GaveUp as error:
                self.client.note(f'gave up to read: {error}')

    async def _read(self):
        """Read what is there."""
        place = f'conversations/{self.conversation_id}'
        page = await self.client.call('GET', f'{place}/messages/?limit=1')
        newest = page['messages'][-1]['id']
        await self.client.call('POST', f'{place}/read/', {'up_to': newest})
        self.client.history.read_is_told(self.conversation_id, False, newest)


# ---- The end -----------------------------------------------------------------------------------------


async def settle(servers, history):
    """All is told that is to be told. For that the hosts are stopped, so that no mail is on its way, and time passes."""
    database = servers.database
    for host in servers.hosts:
        await host.stop()
    await database.sql("update chat.outbox set due_at = clock_timestamp() where state = 'due';"
                       "update chat.notifier set swept_at = '-infinity';"
                       "update chat.waiting set due_at = clock_timestamp()")
    for host in servers.hosts:
        await host.start()
    try:
        async with asyncio.timeout(SETTLE_S):
            while await database.sql(UNSETTLED) != '0\n':
                await database.sql(f"update chat.waiting set due_at = clock_timestamp()"
                                   f" where due_at > clock_timestamp() and due_at < clock_timestamp() + {FAR}")
                await asyncio.sleep(PASS_S)
    except TimeoutError:
        history.violation('untold', 'mail', f'not all was told {SETTLE_S} s after the end: '
                          + repr(await database.rows("select * from chat.outbox where state = 'due'")))


UNSETTLED = f'''
    select (select count(*) from chat.outbox where state = 'due')
           + (select count(*) from chat.waiting w join chat.conversations c on c.id = w.conversation_id
              where w.due_at < clock_timestamp() + {FAR}
                 or w.decided_up_to < case when w.church_side then c.church_newest_unread_id
                                        else c.member_newest_unread_id end)'''


class Check:
    """The mails that were accepted, held against what the database knows."""

    def __init__(self, mails, history):
        self.mails, self.history = mails, history
        self.first = {}  # of each id, the mail that came first
        self.unread_sides = 0  # for each of its readers

    @property
    def repeated(self):
        """How many came again."""
        return len(self.mails) - len(self.first)

    async def run(self, database):
        """Look at all of it."""
        readers = await database.rows('''
            select c.id as conversation, c.member_id <> u.id as as_staff, u.id, u.email
            from chat.conversations c
            join chat.users u on u.id = c.member_id
                or exists (select from chat.church_staff s where s.church_id = c.church_id and s.user_id = u.id)''')
        messages = await database.rows(
            'select id, conversation_id as conversation, from_church, extract(epoch from read_at)::float8 as read_at from chat.messages')
        deliveries = await database.rows('''
            select conversation_id, user_id, up_to, state, last_error, extract(epoch from created_at)::float8 as decided_at
            from chat.outbox where kind = 'email' ''')
        self.readers = {(row['conversation'], row['id']): row for row in readers}
        self.read_at = {row['id']: row['read_at'] for row in messages}
        self.unread = defaultdict(set)  # (conversation, whether staff have not read): ids
        for row in messages:
            if row['read_at'] is None:
                self.unread[row['conversation'], not row['from_church']].add(row['id'])
        self.decided_at = {(row['conversation_id'], row['user_id'], row['up_to']): row['decided_at']
                           for row in deliveries if row['up_to']}  # dropped: it was read before a lost 250 was recorded
        for row in deliveries:
            if row['state'] == 'dead':
                self._blame('untold', f'{row} is dead')
        self._check_each()
        self._check_readers()

    def _blame(self, kind, words):
        self.history.violation(kind, 'mail', words)

    def _check_each(self):
        """Each is right, for its reader, and of what they had not read."""
        for mail in self.mails:
            conversation, user, message = mail.subject
            reader = self.readers.get((conversation, user))
            if mail.wrong or not reader or mail.to != [reader['email']]:
                self._blame('retold', f'{mail} for {reader}')
                continue
            if mail.id in self.first:
                continue
            self.first[mail.id] = mail
            decided_at = self.decided_at.get(mail.subject)
            if decided_at is None:
                self._blame('retold', f'{mail}: no delivery is recorded')
            for told_at, as_staff, up_to in self.history.reads[conversation]:
                if decided_at and as_staff == reader['as_staff'] and message <= up_to and told_at < decided_at:
                    self._blame('stale', f'{mail}, decided at {decided_at}, was read up to {up_to} at {told_at}')

    def _check_readers(self):
        """After a mail there is none until it has been read, and of what is unread there is one."""
        told = defaultdict(list)
        for mail in self.first.values():
            conversation, user, message = mail.subject
            told[conversation, user].append((message, mail.at))
        for (conversation, user), mails in told.items():
            mails.sort()
            for (before, _), (message, at) in zip(mails, mails[1:]):
                if self.read_at[before] is None or self.read_at[before] > at:
                    self._blame('retold', f'c{conversation} u{user}: of {message} at {at}, while {before} was unread')
        for (conversation, user), reader in self.readers.items():
            unread = self.unread[conversation, reader['as_staff']]
            if not unread:
                continue
            self.unread_sides += 1
            of_these = [message for message, _ in told[conversation, user] if message in unread]
            if len(of_these) != 1:
                self._blame('untold' if not of_these else 'retold',
                            f'c{conversation} u{user}: {len(unread)} are unread from {min(unread)} on, mails of {of_these}')
