"""What one socket was sent, held against what a socket is promised."""


class Stream:
    """The messages of one incarnation of a socket.

    Promised: within a conversation seq ascends, and nothing comes twice. A resume is the one thing that
    takes a conversation back, once, to behind the seq that it names. Then, until it is over, there may
    come again what had come beyond that seq: because there was a hole, or while the resume was on its way.
    """

    def __init__(self):
        self.seen = {}  # conversation: the set of its seqs
        self.last = {}  # conversation: the seq that came last
        self.asked = {}  # what a running resume names: conversation: seq
        self.reopened = set()  # the conversations that it has taken back

    def ask(self, positions):
        """A resume goes out, with the last seq of each conversation."""
        self.asked = positions

    def answered(self):
        """The resume is over."""
        self.asked = {}
        self.reopened = set()

    def take(self, conversation, seq):
        """A message came: 'doubled' or 'disordered' if that breaks a promise, 'repeated' if a resume
        brought it again, else None."""
        is_known = seq in self.seen.setdefault(conversation, set())
        goes_back = seq <= self.last.get(conversation, 0)
        if goes_back and conversation not in self.reopened and self.asked.get(conversation, seq) < seq:
            self.reopened.add(conversation)
            goes_back = False
        self.seen[conversation].add(seq)
        self.last[conversation] = seq
        if not is_known:
            return 'disordered' if goes_back else None
        return 'doubled' if goes_back or conversation not in self.reopened else 'repeated'
