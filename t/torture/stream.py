"""What one socket was sent, held against what a socket is promised."""


class Stream:
    """The messages of one incarnation of a socket.

    Promised: within a conversation seq ascends, and nothing comes twice. A resume is the one thing that
    takes a conversation back, once, to behind the seq that it names; and only what the socket had got
    beyond that seq before it asked (the far side of a hole) may come a second time.
    """

    def __init__(self):
        self.seen = {}  # conversation: the set of its seqs
        self.last = {}  # conversation: the seq that came last
        self.back_to = {}  # conversation: the seq that a running resume names
        self.asked_again = {}  # conversation: the seqs that a running resume asks for a second time

    def ask(self, positions):
        """A resume goes out, with the last seq of each conversation."""
        self.back_to = dict(positions)
        self.asked_again = {
            conversation: {seq for seq in self.seen.get(conversation, ()) if seq > position}
            for conversation, position in positions.items()
        }

    def answered(self):
        """The resume is over."""
        self.back_to = {}
        self.asked_again = {}

    def take(self, conversation, seq):
        """A message came: the promises it breaks, among 'doubled' and 'disordered'."""
        broken = []
        if self._is_doubled(conversation, seq):
            broken.append('doubled')
        elif self._is_disordered(conversation, seq):
            broken.append('disordered')
        self.seen.setdefault(conversation, set()).add(seq)
        self.last[conversation] = seq
        return broken

    def _is_doubled(self, conversation, seq):
        again = self.asked_again.get(conversation, set())
        if seq in again:
            again.remove(seq)
            return False
        return seq in self.seen.get(conversation, ())

    def _is_disordered(self, conversation, seq):
        if seq > self.last.get(conversation, 0):
            return False
        return seq <= self.back_to.pop(conversation, seq)
