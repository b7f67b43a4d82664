"""What happened, and whether it was what the database says.

The journals hold a line for everything that a client sent or got, and for each fault. A violation is
something that must not be; each is written to violations.txt with what its client went through before.
"""

import array
import shutil
import time
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from datetime import datetime

KILL_FELT_S = 3  # by clients whose machine is busy too
TIMELINE = 30  # lines of a journal beside a violation


class Journal:
    """One file with a line for each event, in seconds since the start."""

    def __init__(self, path, start):
        self.path, self.start = path, start
        self.file = open(path, 'w', encoding='utf-8')
        self.recent = deque(maxlen=TIMELINE)

    def note(self, words):
        """Write down an event."""
        line = f'{time.monotonic() - self.start:9.3f} {words}'
        self.recent.append(line)
        self.file.write(line + '\n')

    def about(self, conversation_id, seq):
        """The lines around the moment when a message should have come, or the last ones."""
        self.file.flush()
        lines = deque(maxlen=TIMELINE)
        with open(self.path, encoding='utf-8') as journal:
            for line in journal:
                lines.append(line.rstrip('\n'))
                if _names_later(line, conversation_id, seq):
                    break
        return list(lines)


def _names_later(line, conversation_id, seq):
    """Whether a line is of a received message of that conversation from that seq on."""
    _, _, place = line.partition(f'<- message {conversation_id}:')
    return bool(place) and int(place.split()[0]) >= seq


@dataclass
class Truth:
    """The database at rest: `messages` of a conversation are (seq, id, sender_id, from_church, content,
    client_id, is_read, (id, name, size) of the file or None), by seq."""

    conversations: dict  # id: {'member_id', 'church_id', 'last_seq', 'member_unread', 'church_unread'}
    messages: dict       # conversation id: a list of messages

    def of_person(self, person):
        """The ids of the conversations that a person may see."""
        return [number for number, row in self.conversations.items()
                if row['member_id'] == person.id or row['church_id'] in person.staff_of]


class History:
    """The journals, the violations and the figures of one run."""

    def __init__(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folder, self.start = folder, time.monotonic()
        self.journals = {}
        self.counts = Counter()
        self.violations = open(folder / 'violations.txt', 'w', encoding='utf-8')
        self.sent = {}   # client_id: the conversation
        self.files = {}  # client_id: what must be stored of the file
        self.lost_answers = self.fetched = 0  # uploads whose answer was lost, files that were fetched meanwhile
        self.acked = {}  # client_id: (conversation, id, seq) as the server told
        self.receipts = {}  # (conversation, whether staff read): the highest id told to be read
        self.reads = defaultdict(list)  # by conversation: (when it was told, whether staff read, up to where)
        self.closes = Counter()
        self.resets = []  # sockets that ended without a close frame, and nobody knows yet why
        self.killed_at = self.lagged_at = -KILL_FELT_S
        self.resyncs = self.repeated = 0
        self.worst_gap_s = 0.0
        self.delays_s = array.array('d')  # from a message's created_at to its frame

    def journal(self, name):
        """A new journal."""
        self.journals[name] = Journal(self.folder / f'{name}.log', self.start)
        return self.journals[name]

    def close(self):
        """Nothing more will be written."""
        for journal in self.journals.values():
            journal.file.close()
        self.violations.close()

    def violation(self, kind, who, words, timeline=None):
        """Something that must not be."""
        self.counts[kind] += 1
        self.violations.write(f'{kind}: {who}: {words}\n')
        for line in timeline or (self.journals[who].recent if who in self.journals else ()):
            self.violations.write(f'    {line}\n')
        self.violations.flush()

    def unheard(self, who, socket):
        """A socket ended without a close frame. Where our own write meets a connection that has ended, what
        came before and was not read yet may be thrown away here; so what the host's log says it told counts,
        which it says of frames that were given to the kernel, and of no others.
        A weaker check than the frame itself: that it was lost on our side is supposed, not known."""
        self.resets.append((who, socket, tuple(self.journals[who].recent)))

    def check_resets(self, hosts):
        """Whether the hosts told; `hosts` by their names."""
        for who, socket, timeline in self.resets:
            name, port = socket.place
            if not hosts[name].has_told(port):
                self.violation('closed', who, f'socket {socket.number} with 1006', timeline)

    def delivered(self, created_at):
        """A live message came."""
        self.delays_s.append(time.time() - datetime.fromisoformat(created_at).timestamp())

    def gap(self, seconds):
        """A client was without its live stream for so long."""
        self.worst_gap_s = max(self.worst_gap_s, seconds)

    def kill(self):
        """A child is killed now, which has no time to close its sockets."""
        self.killed_at = time.monotonic()

    def was_just_killed(self):
        """Whether a socket may have ended for that."""
        return time.monotonic() < self.killed_at + KILL_FELT_S

    def lag(self):
        """We ourselves stood still: a server that stops waits a second for a close frame to be taken."""
        self.lagged_at = time.monotonic()

    def was_just_lagging(self):
        """Whether a socket may have ended for that."""
        return time.monotonic() < self.lagged_at + KILL_FELT_S

    def read_is_told(self, conversation_id, as_staff, up_to):
        """The server said that a side has now read up to an id."""
        self.reads[conversation_id].append((time.time(), as_staff, up_to))
        key = conversation_id, as_staff
        self.receipts[key] = max(self.receipts.get(key, 0), up_to)

    # ---- Against the database --------------------------------------------------------------------

    def check_messages(self, truth):
        """Each acknowledged message is there once, as told; nothing is there that nobody sent."""
        stored = {}
        for conversation_id, messages in truth.messages.items():
            for seq, number, _, _, _, client_id, _, _ in messages:
                stored.setdefault(client_id, []).append((conversation_id, number, seq))
        for client_id, places in stored.items():
            if len(places) > 1 or client_id not in self.sent:
                self.violation('doubled', _sender(client_id), f'{client_id} is stored at {places}')
        for client_id, told in self.acked.items():
            if told not in stored.get(client_id, ()):
                self.violation('lost', _sender(client_id),
                               f'{client_id}: acknowledged {told}, stored {stored.get(client_id)}')

    def check_numbering(self, truth):
        """seq is 1, 2, 3 …, ids grow with it, and the counters of a conversation count."""
        for conversation_id, row in truth.conversations.items():
            messages = truth.messages.get(conversation_id, [])
            for words in _misnumbered(row, messages):
                self.violation('numbering', f'conversation {conversation_id}', words)

    def check_receipts(self, truth):
        """What the server said was marked as read is."""
        for (conversation_id, as_staff), up_to in self.receipts.items():
            for seq, number, _, from_church, _, _, is_read, _ in truth.messages[conversation_id]:
                if number <= up_to and from_church != as_staff and not is_read:
                    self.violation('lost', f'conversation {conversation_id}',
                                   f'the receipt of {seq}, told to be read up to {up_to}')

    def check_view(self, client, truth):
        """A client at rest knows what the database has, and no more; else how many places differ."""
        differences = list(_differences(client, truth))
        for conversation_id, seq, words in differences[:5]:
            self.violation('differing', client.name, f'{conversation_id}:{seq} {words}',
                           client.journal.about(conversation_id, seq))
        return len(differences)

    # ---- Figures ---------------------------------------------------------------------------------

    def delay_s(self, share):
        """The delay that a share of the live messages did not exceed."""
        delays = sorted(self.delays_s) or [0.0]
        return delays[min(len(delays) - 1, int(share * len(delays)))]


def is_equal(client, truth):
    """Whether a client's view is the database's."""
    return next(_differences(client, truth), None) is None


def _sender(client_id):
    return (client_id or '').rpartition('-')[0]


def _misnumbered(row, messages):
    seqs = [message[0] for message in messages]
    ids = [message[1] for message in messages]
    if seqs != list(range(1, row['last_seq'] + 1)):
        yield f'last_seq is {row["last_seq"]}, the seqs are {_spans(seqs)}'
    if ids != sorted(set(ids)):
        yield 'ids do not grow with seq'
    for column, from_church in ('member_unread', True), ('church_unread', False):
        unread = sum(m[3] == from_church and not m[6] for m in messages)
        if unread != row[column]:
            yield f'{column} is {row[column]}, and {unread} are unread'


def _spans(numbers):
    """1-7 9-12, for people."""
    spans = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ' '.join(f'{first}-{last}' for first, last in spans)


def _differences(client, truth):
    """(conversation, seq, words) for each."""
    entitled = truth.of_person(client.person)
    for conversation_id in client.view.conversations.keys() - set(entitled):
        yield conversation_id, 0, 'is none of theirs'
    for conversation_id in entitled:
        row = truth.conversations[conversation_id]
        is_staff = row['member_id'] != client.person.id
        known = client.view.conversations.get(conversation_id)
        if not known and is_staff and not row['last_seq']:
            continue  # staff learn of it with its first message
        if not known:
            yield conversation_id, 0, 'is unknown to the client'
            continue
        for seq in known.messages.keys() - set(range(1, row['last_seq'] + 1)):
            yield conversation_id, seq, 'is not in the database'
        for stored in truth.messages.get(conversation_id, []):
            words = _difference(client.person, is_staff, known.messages.get(stored[0]), stored)
            if words:
                yield conversation_id, stored[0], words


def _difference(person, is_staff, known, stored):
    _, number, sender_id, from_church, content, client_id, is_read, file = stored
    if not known:
        return 'is missing'
    told = client_id if is_staff or not from_church else None  # members do not learn by what id staff sent
    pairs = {
        'id': (known.id, number), 'client_id': (known.client_id, told),
        'content': (known.text, hash(content)), 'is_read': (known.is_read, is_read), 'file': (known.file, file),
        'is_sent_by_user': (known.is_sent_by_user, sender_id == person.id),
        'own side': (known.is_own_side, from_church == is_staff),
    }
    return ', '.join(f'{name} is {client} instead of {database}'
                     for name, (client, database) in pairs.items() if client != database)
