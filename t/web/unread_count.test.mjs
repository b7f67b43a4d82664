// How many are unread: which of the server's counts are believed, and when it is asked again.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ChatProblem } from '../../mod_chat/web/net/problem.js';
import { UnreadCount } from '../../mod_chat/web/store/unread_count.js';
import { FakeClock } from './lib/fakes.mjs';

/** One that has heard `count`, long ago; `server.answer()` says what the server answers, `server.asked` when. */
async function begin(count) {
    const clock = new FakeClock();
    const told = [];
    const server = { asked: [], answer: () => ({ unread_count: count }) };
    const rest = {
        get: async path => {
            assert.equal(path, 'conversations/unread/');
            server.asked.push(clock.now());
            return server.answer();
        },
    };
    const unread = new UnreadCount(rest, clock, one => told.push(one));

    unread.onCount(count, clock.now());
    await clock.tick(60000);
    return { unread, clock, server, told };
}

const offline = () => { throw new ChatProblem('network', 'No.'); };

test('a count is told once', async () => {
    const { unread, clock, told } = await begin(2);

    unread.onCount(2, clock.now());
    unread.onCount(1, clock.now());
    assert.deepEqual([unread.count, told], [1, [2, 1]]);
});

test('what comes and is read is counted, and nobody is asked', async () => {
    const { unread, clock, server, told } = await begin(2);

    unread.add(1);
    unread.add(-3);
    unread.add(-1);
    unread.add(0);
    await clock.tick(60000);
    assert.deepEqual([told, server.asked.length], [[2, 3, 0], 0]);
});

test('a count from before something came is not believed; another is asked for', async () => {
    const { unread, clock, server, told } = await begin(2);
    const askedAt = clock.now();

    await clock.tick(100);
    unread.add(1);
    unread.onCount(2, askedAt);
    assert.deepEqual(told, [2, 3]);
    server.answer = () => ({ unread_count: 4 });
    await clock.tick(1000);
    assert.deepEqual([told, server.asked.length], [[2, 3, 4], 1]);
});

test('a count may have what comes right after it: another is asked for, once', async () => {
    const { unread, clock, server, told } = await begin(2);

    unread.onCount(3, clock.now());
    await clock.tick(100);
    unread.add(1); // the same message
    server.answer = () => ({ unread_count: 3 });
    await clock.tick(60000);
    assert.deepEqual([told, server.asked.length], [[2, 3, 4, 3], 1]);
});

test('while messages stream in, it is asked every few seconds', async () => {
    const { unread, clock, server } = await begin(0);
    let there = 0;

    server.answer = () => ({ unread_count: there });
    unread.onCount(0, clock.now());
    for (let i = 0; i < 600; i++) {
        there++;
        unread.add(1);
        await clock.tick(100);
    }
    await clock.tick(10000);
    assert.equal(unread.count, 600);
    assert.ok(server.asked.length >= 1 && server.asked.length <= 130, String(server.asked.length));
});

test('an answer that was overtaken says nothing', async () => {
    const { unread, clock, told } = await begin(2);
    const first = clock.now();

    await clock.tick(100);
    unread.onCount(5, clock.now());
    unread.onCount(2, first);
    assert.deepEqual(told, [2, 5]);
});

test('a receipt on its way', async t => {
    const { unread, clock, server, told } = await begin(2);

    server.answer = () => ({ unread_count: told.at(-1) });
    unread.read(1, 100);
    unread.add(-1);
    await t.test('makes counts doubtful', async () => {
        await clock.tick(1000);
        unread.onCount(2, clock.now());
        assert.equal(unread.count, 1);
    });
    await t.test('also after another one has arrived, or an older one', async () => {
        unread.onRead(2, 500);
        unread.onRead(1, 99);
        unread.onCount(2, clock.now());
        await clock.tick(1000);
        unread.onCount(2, clock.now());
        assert.deepEqual([unread.count, server.asked], [1, []]);
    });
    await t.test('and until it may be in a count again: with a new connection', async () => {
        await clock.tick(20000);
        server.asked.length = 0;
        unread.connected();
        await clock.tick(1000);
        unread.onCount(2, clock.now());
        assert.equal(unread.count, 1);
        await clock.tick(10000);
        assert.equal(server.asked.length, 1);
    });
    await t.test('no more when the server says so', async () => {
        unread.connected();
        unread.onRead(1, 100);
        await clock.tick(1);
        unread.onCount(7, clock.now());
        assert.equal(unread.count, 7);
    });
});

test('what happens again and again does not put off the asking', async () => {
    const { unread, clock, server } = await begin(2);

    for (let i = 0; i < 40; i++) {
        unread.addUnknown();
        await clock.tick(100);
    }
    assert.ok(server.asked.length >= 4 && server.asked.length <= 8, String(server.asked.length));
});

test('an answer that does not come is asked for again, more and more seldom', async t => {
    const { unread, clock, server, told } = await begin(2);

    server.answer = offline;
    unread.addUnknown();
    await clock.tick(600000);
    assert.ok(server.asked.length >= 10 && server.asked.length <= 40, String(server.asked.length));
    server.answer = () => ({ unread_count: 9 });
    await clock.tick(60000);
    assert.deepEqual(told, [2, 9]);
    await t.test('but not of somebody who has to log in', async () => {
        server.asked.length = 0;
        server.answer = () => { throw new ChatProblem('login', 'Please log in.', { status: 401 }); };
        unread.addUnknown();
        await clock.tick(600000);
        assert.equal(server.asked.length, 1);
    });
});

test('nothing comes after close()', async () => {
    const { unread, clock, server } = await begin(2);

    unread.addUnknown();
    unread.close();
    unread.addUnknown();
    await clock.tick(60000);
    assert.deepEqual([server.asked, clock.timers.size], [[], 0]);
});
