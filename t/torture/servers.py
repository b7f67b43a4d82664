"""A private PostgreSQL, a mail server, and hosts: httpds of their own that share both.

PostgreSQL is that of conf/instance. A host is what conf/instance would start, from the same
conf/httpd.conf, with several children, no rate limits, and everybody's password in its file.
"""

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import re
import secrets
import signal
import ssl
import subprocess
import tempfile
from pathlib import Path

from files import CONF as FILES_CONF
from files import Directory, Parts, in_use
from history import Truth
from mail import CONF as MAIL_CONF
from mail import MailServer
from web import NoAnswer, Site, ask

PROJECT = Path(__file__).resolve().parents[2]
INSTANCE = str(PROJECT / 'conf/instance')
HTTPD = '/usr/sbin/apache2'
START_S = 60  # a database that has to recover first
STOP_S = 20   # after that a host or a child is called hung
POLL_S = 0.05
AGE_S = 3     # how often files in use are made to look old
COMMIT_MS = 10  # what a disk would take: messages that come meanwhile are stored in groups
CRASH = re.compile(r'exit signal (?!Killed)|Sanitizer: |: runtime error: ')
SANITIZED = 'detect_leaks=0:use_sigaltstack=0:abort_on_error=1'
# More children than one; the second is replaced when it is killed. Places for all who stop gracefully.
CONF = '''
ServerLimit 16
StartServers 2
ThreadsPerChild 16
MaxRequestWorkers 64
MinSpareThreads 20
MaxSpareThreads 64
AsyncRequestWorkerFactor 100
LogLevel warn chat:debug
''' + ''.join(f'ChatRateLimit {action} off\n' for action in ('open', 'send', 'read', 'typing', 'connect'))


class Failed(Exception):
    """A server that does not start, or does not stop."""


async def until(condition, seconds):
    """Whether the condition became true in time."""
    end = asyncio.get_running_loop().time() + seconds
    while not condition():
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(POLL_S)
    return True


async def execute(*command, seconds=START_S, **options):
    """Run a program to its end: what it printed; Failed with what it complained of."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        **options)
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate()
    except TimeoutError as error:
        process.kill()
        raise Failed(f'{command[0]}: not done in {seconds} s') from error
    if process.returncode:
        raise Failed(f'{" ".join(command[:2])}: {err.decode() or out.decode()}')
    return out.decode()


def is_alive(pid):
    """Whether a process runs: one that is dead and only not collected does not."""
    try:
        return re.search(r'^State:\s+[^ZX]', Path(f'/proc/{pid}/status').read_text(), re.M) is not None
    except OSError:
        return False


def end(pid, number):
    """Send a signal to a process that may be gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def can_enter(user, folder):
    """Whether a user who owns nothing of it comes into a folder."""
    return subprocess.run(['setpriv', f'--reuid={user}', '--clear-groups', 'test', '-x', folder],
                          cwd='/', check=False).returncode == 0


def enterable(folder):
    """Make a folder; elsewhere, and with a link to there, if httpd's user cannot come here."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if os.getuid() == 0 and not can_enter('www-data', folder.parent):
        folder.symlink_to(tempfile.mkdtemp(prefix='mod_chat-torture-', dir='/var/tmp'))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)


class Database:
    """The PostgreSQL below `home`."""

    def __init__(self, home):
        self.home = home
        self.environment = {**os.environ, 'STATE': str(home), 'DEMO': '0'}
        self.lock = asyncio.Lock()  # held while it is stopped and started
        self.params = ''

    async def instance(self, verb):
        """What conf/instance says to a verb."""
        return await execute(INSTANCE, verb, env=self.environment)

    async def prepare(self, text):
        """Start it, with the schema and what a piece of SQL makes."""
        await self.start()
        await self.instance('migrate')
        self.params = (await self.instance('database-params')).strip()
        await self.sql(text)

    async def start(self):
        """Start it, or find it running."""
        await self.instance('database-start')

    async def stop(self):
        """As an administrator would: sessions are ended, nothing is left to recover."""
        await self.instance('database-stop')

    async def stop_immediately(self):
        """As if the power had failed."""
        pid = self.postmaster
        end(pid, signal.SIGQUIT)
        if not await until(lambda: not is_alive(pid), STOP_S):
            raise Failed('PostgreSQL does not stop')

    @property
    def postmaster(self):
        """Its process."""
        return int((self.home / 'postgresql/data/postmaster.pid').read_text().split()[0])

    async def sql(self, text):
        """What psql prints."""
        return await execute('psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', self.params,
                             '-c', text, seconds=START_S)

    async def rows(self, query):
        """The rows of a query, as dictionaries."""
        text = await self.sql(f'select row_to_json(q) from ({query}) q')
        return [json.loads(line) for line in text.splitlines()]

    async def sessions(self):
        """The processes that serve httpd."""
        rows = await self.rows(
            "select pid from pg_stat_activity where backend_type = 'client backend'"
            ' and datname = current_database() and pid <> pg_backend_pid()')
        return [row['pid'] for row in rows]

    def commit_slowly(self):
        """Let each commit take COMMIT_MS from now on."""
        with (self.home / 'postgresql/data/postgresql.conf').open('a') as conf:
            conf.write(f'\ncommit_delay = {1000 * COMMIT_MS}\ncommit_siblings = 0\n')
        end(self.postmaster, signal.SIGHUP)

    async def groups(self):
        """How many statements stored several messages, these messages, and the most of one: they have one time."""
        row, = await self.rows(
            'select count(*) as statements, coalesce(sum(n), 0) as messages, coalesce(max(n), 0) as most'
            ' from (select count(*) as n from chat.messages group by created_at having count(*) > 1) g')
        return row

    async def truth(self):
        """All that is stored."""
        conversations = await self.rows(
            'select id, member_id, church_id, last_seq, member_unread, church_unread'
            ' from chat.conversations')
        messages = {}
        for row in await self.rows(
                'select m.conversation_id, m.seq, m.id, m.sender_id, m.from_church, m.content, m.client_id,'
                ' m.read_at is not null as is_read,'
                ' case when a.id is not null then json_build_array(a.id, a.name, a.size_bytes) end as file'
                ' from chat.messages m left join chat.attachments a on a.conversation_id = m.conversation_id'
                ' and a.message_id = m.id order by m.conversation_id, m.seq'):
            row['file'] = row['file'] and tuple(row['file'])
            messages.setdefault(row.pop('conversation_id'), []).append(tuple(row.values()))
        return Truth({row['id']: row for row in conversations}, messages)


class Host:
    """One httpd with the module."""

    def __init__(self, name, port, module, database, mail, store, groups, tls):
        self.store, self.groups = store, groups
        self.name, self.port, self.module, self.database, self.tls = name, port, module, database, tls
        self.mail = mail
        self.lock = asyncio.Lock()  # held while it is stopped and started
        self.site = Site(name, port)

    # ---- Files -----------------------------------------------------------------------------------

    @property
    def folder(self):
        """Where its files are, by a path that its user can walk."""
        return (self.database.home / 'httpd').resolve() / self.name

    @property
    def conf(self):
        """The file it is started with."""
        return self.folder / 'conf/httpd.conf'

    async def prepare(self, names, secret, push_key):
        """Write what it is started with; everybody's password is the name."""
        for part in ('conf/local', 'logs', 'run', 'htdocs'):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / 'conf/local/torture.conf').write_text(
            CONF + f'ChatGroupPosting {self.groups}\n' + MAIL_CONF.format(port=self.mail.port, project=PROJECT)
            + FILES_CONF.format(folder=self.folder.parent / 'files', store=self.store))
        (self.folder / 'conf/groups').write_text('chat-admins: admin\n')
        (self.folder / 'conf/users').write_text(''.join(map(_login, names)))
        self._write_private('session-key', secrets.token_hex(32))
        self._write_private('secret', secret)
        self._write_private('push-key', push_key)
        if self.tls:
            await self._make_certificate()
        self._write_private('httpd.conf', self._httpd_conf())

    def _write_private(self, name, text):
        path = self.folder / 'conf' / name
        path.touch(mode=0o600)
        path.write_text(text)

    def _httpd_conf(self):
        lines = [
            f'Define CHAT_PORT {self.port}', f'Define CHAT_HTTPD "{self.folder}"',
            f'Define CHAT_CONF "{PROJECT}/conf"',
            f'Define CHAT_MODULE "{self.module}"', f'Define CHAT_DATABASE "{self.database.params}"',
            f'Include "{PROJECT}/conf/httpd.conf"']
        if os.getuid() == 0:
            lines += ['User www-data', 'Group www-data']
        if self.tls:
            lines += [f'Define CHAT_CERTIFICATE "{self.folder}/conf/tls"',
                      f'Include "{PROJECT}/conf/tls.conf"']
        return '\n'.join(lines) + '\n'

    async def _make_certificate(self):
        tls = str(self.folder / 'conf/tls')
        await execute(
            'openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
            '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1',
            '-addext', 'basicConstraints=critical,CA:FALSE', '-keyout', f'{tls}.key', '-out', f'{tls}.crt')
        self.site = Site(self.name, self.port, ssl.create_default_context(cafile=f'{tls}.crt'))

    # ---- Processes -------------------------------------------------------------------------------

    @property
    def parent(self):
        """The process that all others come from, or None."""
        try:
            pid = int((self.folder / 'run/httpd.pid').read_text())
            words = Path(f'/proc/{pid}/cmdline').read_text().split('\0')
        except (OSError, ValueError):
            return None
        return pid if str(self.conf) in words else None

    @property
    def children(self):
        """The processes that serve."""
        parent = self.parent
        path = Path(f'/proc/{parent}/task/{parent}/children')
        return [int(pid) for pid in path.read_text().split()] if parent else []

    async def start(self):
        """Start it, and wait until it answers."""
        (self.folder / 'run/httpd.pid').unlink(missing_ok=True)
        environment = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', **sanitizer(self.module)}
        await execute(HTTPD, '-d', str(self.folder), '-f', str(self.conf), env=environment)
        try:
            async with asyncio.timeout(START_S):
                while not await self._answers():
                    await asyncio.sleep(POLL_S)
        except TimeoutError as error:
            raise Failed(f'host {self.name} does not answer: {self.folder}/logs/error.log') from error

    async def _answers(self):
        try:
            return (await ask(self.site, 'nobody', 'GET', 'conversations/openapi.json')).status == 200
        except NoAnswer:
            return False

    async def stop(self):
        """Stop it with all its children: the seconds that took; Failed after STOP_S, when it is killed."""
        parent, begin = self.parent, asyncio.get_running_loop().time()
        processes = [parent, *self.children] if parent else []
        for _ in range(STOP_S):
            if parent:
                end(parent, signal.SIGTERM)  # httpd forgets one that comes in the middle of a restart
            if await until(lambda: not any(map(is_alive, processes)), 1):
                return asyncio.get_running_loop().time() - begin
        for pid in processes:
            end(pid, signal.SIGKILL)
        raise Failed(f'host {self.name} has not stopped within {STOP_S} s')

    def has_told(self, port):
        """Whether its kernel took a close frame for going away to the client that came from there last."""
        log = (self.folder / 'logs/error.log').read_text(errors='replace')
        codes = re.findall(rf'\[client 127\.0\.0\.1:{port}\] conn\(\d+\): closed (.*)', log)
        return codes[-1:] == ['1001']

    def crashes(self):
        """The lines of its log that tell of a child which died without our doing, or nearly did."""
        log = (self.folder / 'logs/error.log').read_text(errors='replace')
        return [line for line in log.splitlines() if CRASH.search(line)]


def _login(name):
    digest = base64.b64encode(hashlib.sha1(name.encode()).digest()).decode()
    return f'{name}:{{SHA}}{digest}\n'


def sanitizer(module):
    """The environment for a module that was built with a sanitizer: its library comes first."""
    libraries = subprocess.run(['ldd', module], capture_output=True, text=True, check=False).stdout
    found = re.search(r'lib[at]san\S* => (\S+)', libraries)
    return {'LD_PRELOAD': found[1], 'ASAN_OPTIONS': SANITIZED} if found else {}


class Servers:
    """The database and the hosts, below `home`."""

    def __init__(self, home, module, first_port, store, groups, tls, hosts=2):
        self.home = home
        self.database = Database(home)
        self.mail = MailServer(home / 'mail', PROJECT / 't/mail/smtp.py')
        self.files = Parts(self.database) if store == 'database' else None  # or Directory, made by start()
        self.hosts = [Host(f'host{n}', first_port + n, module, self.database, self.mail, store, groups, tls)
                      for n in range(hosts)]

    async def start(self, names, sql):
        """Begin anew, with these names in the password files and what the SQL makes in the database."""
        secret = secrets.token_hex(32)
        push_key = await execute('openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout')
        await self.stop()  # what a run that was killed has left
        await self.database.instance('clean')
        enterable(self.home / 'httpd')
        directory = Directory((self.home / 'httpd').resolve() / 'files')
        directory.prepare()  # with either store: files are received there
        self.files = self.files or directory
        await self.mail.start()
        await self.database.prepare(sql)
        if self.hosts[0].groups != 'off':
            self.database.commit_slowly()
        for host in self.hosts:
            await host.prepare(names, secret, push_key)
            await host.start()

    async def keep_files_old(self):
        """Sweeps of hosts that start meanwhile look at all files that messages have, and must leave them; until cancelled."""
        while True:
            await asyncio.sleep(AGE_S)
            async with self.database.lock:
                with contextlib.suppress(Failed):  # next time
                    await self.files.age(await in_use(self.database))

    async def stop(self):
        """Stop all that runs."""
        for host in self.hosts:
            await host.stop()
        await self.database.stop()
        await self.mail.stop()
