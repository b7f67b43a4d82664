"""The faults, and when they strike."""

import asyncio
import signal
from collections import Counter

from mail import REPLIES
from servers import STOP_S, Failed, end, is_alive, until

SETTLE_S = 120       # for all faults that still last when the last one has begun
FREEZE_S = 1, 3
DOWN_S = 0.2, 2
STALL_S = 2, 8
MAIL_S = 1, 6
MAIL_STAGES = 'connect', 'mail', 'rcpt', 'data', 'end'
WEIGHTS = {
    'kill': 4, 'freeze': 1, 'graceful': 3, 'restart': 2,
    'db_restart': 2, 'db_immediate': 1, 'db_crash': 2, 'db_terminate': 3, 'drop': 3, 'stall': 2,
    'mail_down': 1, 'mail_slow': 2, 'mail_refuses': 3,
}


class Faults:
    """Faults of these kinds, at times and at places that the random numbers say."""

    def __init__(self, servers, clients, history, rng, kinds):
        self.kinds = kinds
        self.servers, self.clients, self.history, self.rng = servers, clients, history, rng
        self.journal = history.journal('faults')
        self.done = Counter()
        self.worst_stop_s = 0.0

    async def strike(self, count, seconds):
        """Do them all, and see that the servers serve again."""
        times = sorted(self.rng.uniform(0, seconds) for _ in range(count))
        kinds = self.rng.choices(self.kinds, [WEIGHTS[kind] for kind in self.kinds], k=count)
        start = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as tasks:
            for at, kind in zip(times, kinds):
                await asyncio.sleep(start + at - asyncio.get_running_loop().time())
                tasks.create_task(self._do(kind))

    async def _do(self, kind):
        try:
            async with asyncio.timeout(SETTLE_S):
                await getattr(self, f'_{kind}')()
        except (Failed, TimeoutError) as error:
            self.history.violation('hung', 'faults', f'{kind}: {error}')
        self.done[kind] += 1

    def _note(self, words):
        self.journal.note(words)

    def _seconds(self, bounds):
        return self.rng.uniform(*bounds)

    # ---- httpd -----------------------------------------------------------------------------------

    async def _some_child(self):
        """A host that is not just being restarted, and one of its children."""
        while True:
            host = self.rng.choice(self.servers.hosts)
            async with host.lock:
                if host.children:
                    return host, self.rng.choice(host.children)
            await asyncio.sleep(0.1)

    async def _kill(self):
        """A child dies at once, as of a fault in some other module."""
        host, child = await self._some_child()
        self._note(f'kill -9 {child} of {host.name}')
        self.history.kill()
        end(child, signal.SIGKILL)

    async def _freeze(self):
        """A child stands still for a while."""
        host, child = await self._some_child()
        self._note(f'freeze {child} of {host.name}')
        end(child, signal.SIGSTOP)
        await asyncio.sleep(self._seconds(FREEZE_S))
        end(child, signal.SIGCONT)

    async def _graceful(self):
        """A graceful restart; the old children must go."""
        host = self.rng.choice(self.servers.hosts)
        async with host.lock:
            self._note(f'graceful restart of {host.name}')
            old = host.children
            end(host.parent, signal.SIGUSR1)
        if not await until(lambda: not any(map(is_alive, old)), STOP_S):
            left = [pid for pid in old if is_alive(pid)]
            raise Failed(f'children {left} of {host.name} are still there after {STOP_S} s')

    async def _restart(self):
        """A host is stopped and comes back."""
        host = self.rng.choice(self.servers.hosts)
        async with host.lock:
            self._note(f'stop {host.name}')
            self.worst_stop_s = max(self.worst_stop_s, await host.stop())
            await asyncio.sleep(self._seconds(DOWN_S))
            self._note(f'start {host.name}')
            await host.start()

    # ---- PostgreSQL ------------------------------------------------------------------------------

    async def _db_restart(self):
        """The database is stopped in good order and comes back."""
        async with self.servers.database.lock:
            await self.servers.database.start()  # if a fault before this one had no time for it
            self._note('stop the database')
            await self.servers.database.stop()
            await asyncio.sleep(self._seconds(DOWN_S))
            await self.servers.database.start()
            self._note('the database is back')

    async def _db_immediate(self):
        """The database stops as in a power failure, and recovers."""
        async with self.servers.database.lock:
            await self.servers.database.start()  # likewise
            self._note('stop the database immediately')
            await self.servers.database.stop_immediately()
            await asyncio.sleep(self._seconds(DOWN_S))
            await self.servers.database.start()
            self._note('the database is back')

    async def _db_crash(self):
        """A session's process is killed, for which PostgreSQL ends all others and recovers."""
        async with self.servers.database.lock:
            victim = self.rng.choice(await self._sessions())
            self._note(f'kill -9 {victim}, a session of the database')
            end(victim, signal.SIGKILL)
            await until(lambda: not is_alive(victim), STOP_S)
            await self._recovered()
            self._note('the database is back')

    async def _db_terminate(self):
        """Some sessions are ended by the administrator."""
        async with self.servers.database.lock:
            sessions = await self._sessions()
            victims = self.rng.sample(sessions, self.rng.randint(1, len(sessions)))
            self._note(f'terminate {victims}, sessions of the database')
            await self.servers.database.sql(
                f'select pg_terminate_backend(pid) from unnest(array{victims}) pid')

    async def _sessions(self):
        """At least one: httpd connects when it is asked for something."""
        while not (sessions := await self.servers.database.sessions()):
            await asyncio.sleep(0.1)
        return sessions

    async def _recovered(self):
        while True:
            try:
                await self.servers.database.sql('select 1')
                return
            except Failed:
                await asyncio.sleep(0.1)

    # ---- Mail ------------------------------------------------------------------------------------

    async def _mail_down(self):
        """The mail server dies and comes back."""
        mail = self.servers.mail
        async with mail.lock:
            self._note('kill the mail server')
            await mail.stop()
            await asyncio.sleep(self._seconds(DOWN_S))
            await mail.start()

    async def _mail_slow(self):
        """The mail server takes its time, more than there is at times."""
        stage = self.rng.choice(MAIL_STAGES)
        await self._let_mail(stage, 'slow')

    async def _mail_refuses(self):
        """The mail server refuses some mails, or goes away in the middle, also after it has accepted one."""
        stage, reply = self.rng.choice(REPLIES)
        await self._let_mail(stage, reply, times=self.rng.randint(1, 3))

    async def _let_mail(self, stage, reply, **more):
        mail = self.servers.mail
        async with mail.lock:
            self._note(f'mail server: {reply} at {stage} {more}')
            mail.set_faults({stage: reply, **more})
            await asyncio.sleep(self._seconds(MAIL_S))
            mail.set_faults({})
            self._note('mail server: as it was')

    # ---- Clients ---------------------------------------------------------------------------------

    def _some_sockets(self):
        sockets = [client.socket for client in self.clients if client.socket]
        return self.rng.sample(sockets, min(len(sockets), self.rng.randint(1, 4)))

    async def _drop(self):
        """A few clients lose their connections without a word."""
        for socket in self._some_sockets():
            self._note(f'drop the connection of {socket.client.name}')
            socket.abort()

    async def _stall(self):
        """A few clients do not read."""
        sockets = self._some_sockets()
        self._note(f'stall {[socket.client.name for socket in sockets]}')
        async with asyncio.TaskGroup() as tasks:
            for socket in sockets:
                tasks.create_task(socket.stall(self._seconds(STALL_S)))
