"""What a client knows: the messages of each conversation, and which of them have been read."""

from dataclasses import dataclass, field


@dataclass
class Message:
    """One message as this user sees it. The text is kept as its hash: many thousands are in memory."""

    id: int
    text: int
    client_id: str
    is_sent_by_user: bool
    is_own_side: bool
    is_read: bool
    file: tuple | None  # (id, name, size)


@dataclass
class Conversation:
    """The messages by seq, the unread ones among them, and the seq up to which none is missing."""

    id: int
    as_staff: bool = False  # whether the user sees it from the church's side
    messages: dict = field(default_factory=dict)
    unread: dict = field(default_factory=dict)
    last: int = 0

    @property
    def newest(self):
        """The highest seq known."""
        return max(self.messages, default=0) if self.last != len(self.messages) else self.last

    @property
    def newest_id(self):
        """The id of the newest message that is known with all before it, or None."""
        return self.messages[self.last].id if self.last else None

    @property
    def first_unread_id(self):
        """The id of the first message that is not known to have been read, or None."""
        return min((message.id for message in self.unread.values()), default=None)

    def add(self, seq, message):
        """Learn a message, or that it has been read meanwhile: what was read stays read."""
        known = self.messages.get(seq)
        message.is_read |= known is not None and known.is_read
        self.messages[seq] = message
        if message.is_read:
            self.unread.pop(seq, None)
        else:
            self.unread[seq] = message
        while self.last + 1 in self.messages:
            self.last += 1

    def read(self, is_own_side, up_to):
        """What one side wrote has been read up to an id."""
        for seq, message in list(self.unread.items()):
            if message.is_own_side == is_own_side and message.id <= up_to:
                message.is_read = True
                del self.unread[seq]


class View:
    """The conversations of one client, by id."""

    def __init__(self):
        self.conversations = {}

    def conversation(self, number):
        """The conversation of that id, known from now on."""
        return self.conversations.setdefault(number, Conversation(number))

    def know(self, c):
        """Take in C of the contract: the conversation."""
        conversation = self.conversation(c['id'])
        conversation.as_staff = c['is_church_owner']
        return conversation

    def positions(self):
        """The last seq of each conversation, as a resume names it."""
        return {number: conversation.last for number, conversation in self.conversations.items()}

    def learn(self, m):
        """Take in M of the contract."""
        is_mine = m['is_sent_by_user']
        file = m['attachment']
        self.conversation(m['conversation_id']).add(m['seq'], Message(
            id=m['id'], text=hash(m['content']), client_id=m['client_id'], is_sent_by_user=is_mine,
            is_own_side=is_mine or m.get('staff_name') is not None, is_read=m['is_read'],
            file=file and (file['id'], file['name'], file['size'])))

    def read(self, event):
        """Take in a read event: by_me says that our own side read what the other wrote."""
        conversation = self.conversation(event['conversation_id'])
        conversation.read(is_own_side=not event['by_me'], up_to=event['up_to'])

    def has_holes(self):
        """Whether a conversation has messages beyond one that is missing."""
        return any(c.newest > c.last for c in self.conversations.values())
