// How a ChatSocket connects, notices that nobody is there, and comes back.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ChatSocket } from '../../mod_chat/web/net/socket.js';
import { Client, problemOf } from './lib/client.mjs';
import { reply } from './lib/fakes.mjs';

/* How long after the end of a socket the next one is opened, in ms. */
async function delayAfter(client, code, { step = 50, most = 70000 } = {}) {
    const before = client.server.sockets.length;

    client.server.socket.end(code);
    for (let ms = 0; ms <= most; ms += step) {
        await client.clock.tick(ms === 0 ? 0 : step);
        if (client.server.sockets.length > before)
            return ms;
    }
    return Infinity;
}

test('the handshake', async t => {
    const client = await new Client().begin();

    await t.test('goes to the root that was given, on the page\'s origin, with the subprotocol', () => {
        assert.equal(client.server.socket.url, 'wss://chat.example/api/conversations/ws/');
        assert.equal(client.server.socket.protocols, 'chat.v1');
    });
    await t.test('is over with hello', () => {
        assert.deepEqual(client.states(), ['connecting', 'online']);
        assert.equal(client.chat.userId, 7);
    });
    await t.test('connect() a second time is nothing', async () => {
        client.chat.connect();
        await client.clock.tick();
        assert.equal(client.server.sockets.length, 1);
    });
    for (const [root, href, url] of [
        ['/app/api/', 'http://127.0.0.1:8080/', 'ws://127.0.0.1:8080/app/api/conversations/ws/'],
        ['/', 'https://chat.example/x/y?z#a', 'wss://chat.example/conversations/ws/'],
        ['/api', 'https://chat.example:8443/x', 'wss://chat.example:8443/api/conversations/ws/'],
    ])
        await t.test(`at ${root} of ${href}`, () => {
            const { clock, server, window } = new Client();

            window.location.href = href;
            new ChatSocket(root, { clock, window, WebSocket: server.WebSocket, fetch: server.fetch }).connect();
            assert.equal(server.socket.url, url);
        });
});

test('nothing counts before hello', async () => {
    const client = new Client();

    client.server.says_hello = false;
    await client.begin();
    client.server.socket.hear({ type: 'message', message: { id: 1, conversation_id: 1, seq: 1 } });
    client.server.socket.hear('{"type":');
    client.server.socket.hear('null');
    client.server.socket.hear('7');
    assert.deepEqual(client.of('message'), []);
    assert.equal(client.chat.state, 'connecting');
    await client.clock.tick(15000);
    assert.equal(client.chat.state, 'waiting');
    assert.equal(client.server.sockets[0].closedWith, 1000);
});

test('a frame of an unknown type, or that is no JSON, changes nothing', async () => {
    const client = await new Client().begin();

    for (const frame of ['', 'x', '[]', '{}', '"hello"', { type: 'new' }, { type: 'toString' },
        { type: 'hello', user_id: 8 }])
        client.server.socket.hear(frame);
    await client.clock.tick();
    assert.equal(client.chat.state, 'online');
    assert.equal(client.chat.userId, 7);
});

test('1001: at once, with jitter', async t => {
    for (const [random, ms] of [[0, 0], [0.5, 500], [0.99, 1000]])
        await t.test(`of ${ms} ms`, async () => {
            const client = await new Client({ random: () => random }).begin();

            await client.clock.tick(60000);
            assert.equal(await delayAfter(client, 1001), ms);
        });
    await t.test('also the second time', async () => {
        const client = await new Client().begin();

        for (let i = 0; i < 5; i++) {
            await client.clock.tick(6000);
            assert.equal(await delayAfter(client, 1001), 500);
        }
    });
    await t.test('but not for ever when the connections do not last', async () => {
        const client = await new Client().begin();
        const delays = [];

        for (let i = 0; i < 6; i++)
            delays.push(await delayAfter(client, i % 2 ? 1012 : 1001));
        assert.deepEqual(delays.slice(0, 3), [500, 500, 500]);
        assert.ok(delays[3] > 5000 && delays[5] > delays[4], String(delays));
    });
});

test('any other end: later each time, at random', async t => {
    for (const code of [1000, 1002, 1003, 1006, 1007, 1011, 1013, 4000])
        await t.test(String(code), async () => {
            const client = await new Client().begin();

            await client.clock.tick(60000);
            const delay = await delayAfter(client, code);

            assert.equal(delay, 1500);
        });
    await t.test('from 1 s to a limit of 60', async () => {
        for (const [random, expected] of [[0, [1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000]],
            [0.9999, [2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]]]) {
            const client = await new Client({ random: () => random }).begin();
            const delays = [];

            client.server.isUp = false;
            delays.push(await delayAfter(client, 1006));
            while (delays.length < expected.length)
                delays.push(await delayAfter(client, 1006));
            assert.deepEqual(delays, expected);
        }
    });
    await t.test('short again after a good connection', async () => {
        const client = await new Client().begin();

        for (let i = 0; i < 4; i++)
            await delayAfter(client, 1006);
        await client.clock.tick(6000);
        assert.equal(await delayAfter(client, 1006), 1500);
    });
});

test('1008: not again, until told so', async () => {
    const client = await new Client().begin();

    assert.equal(await delayAfter(client, 1008, { step: 10000, most: 300000 }), Infinity);
    assert.deepEqual(client.of('state').at(-1), { type: 'state', state: 'stopped', reason: 'policy' });
    assert.equal(client.clock.timers.size, 0);
    client.window.goOnline();
    client.window.show('visible');
    await client.clock.tick(100000);
    assert.equal(client.server.sockets.length, 1);
    client.chat.connect();
    await client.clock.tick();
    assert.equal(client.chat.state, 'online');
});

test('the browser goes offline', async t => {
    const client = await new Client().begin();
    const { clock, server, window } = client;

    await t.test('what is connected is asked, and stays when it answers', async () => {
        window.goOffline();
        await clock.tick(20000);
        assert.equal(client.chat.state, 'online');
        assert.equal(server.socket.saidOf('resume').length, 2); // one after hello
    });
    await t.test('what does not answer is given up', async () => {
        server.socket.isDead = true;
        window.goOnline();
        window.goOffline();
        await clock.tick(10000);
        assert.equal(client.chat.state, 'offline');
    });
    await t.test('it is tried seldom, as browsers can be wrong', async () => {
        server.isUp = false;
        const before = server.sockets.length;

        await clock.tick(180000);
        assert.equal(server.sockets.length, before + 3);
    });
    await t.test('looking at the page does not change that', async () => {
        const before = server.sockets.length;

        window.show('hidden');
        window.show('visible');
        await clock.tick(2000);
        assert.equal(server.sockets.length, before);
    });
    await t.test('with the network it connects within a second', async () => {
        server.isUp = true;
        window.goOnline();
        assert.equal(client.chat.state, 'waiting');
        await clock.tick(1000);
        assert.equal(client.chat.state, 'online');
    });
    await t.test('offline while it waits', async () => {
        server.isUp = false;
        server.socket.end(1006);
        window.goOffline();
        assert.equal(client.chat.state, 'offline');
        server.isUp = true;
        await clock.tick(59000);
        assert.equal(client.chat.state, 'offline');
        await clock.tick(2000);
        assert.equal(client.chat.state, 'online');
    });
});

test('somebody looks at the page again: it does not wait any longer', async () => {
    const client = await new Client().begin();
    const { clock, server, window } = client;

    window.show('hidden');
    server.isUp = false;
    server.socket.end(1006);
    await clock.tick(40000);
    const before = server.sockets.length;

    server.isUp = true;
    assert.equal(client.chat.state, 'waiting');
    window.show('visible');
    await clock.tick(1000);
    assert.equal(server.sockets.length, before + 1);
    assert.equal(client.chat.state, 'online');
});

test('a hidden page stays connected', async () => {
    const client = await new Client().begin();

    client.window.show('hidden');
    await client.clock.tick(600000);
    assert.equal(client.server.sockets.length, 1);
    assert.equal(client.chat.state, 'online');
});

test('a silent connection', async t => {
    await t.test('is asked after two heartbeats, and after two more', async () => {
        const client = await new Client().begin();

        await client.clock.tick(59000);
        assert.equal(client.server.socket.saidOf('resume').length, 1); // after hello
        await client.clock.tick(1000);
        assert.deepEqual(client.server.socket.saidOf('resume').map(({ conversations }) => conversations), [{}, {}]);
        await client.clock.tick(60000);
        assert.equal(client.server.socket.saidOf('resume').length, 3);
        assert.equal(client.server.sockets.length, 1);
    });
    await t.test('is not asked while there is something to hear', async () => {
        const client = await new Client().begin();

        for (let i = 0; i < 20; i++) {
            await client.clock.tick(30000);
            client.server.socket.hear({ type: 'whatever' });
        }
        assert.equal(client.server.socket.saidOf('resume').length, 1);
    });
    await t.test('has its heartbeat from hello', async () => {
        const client = new Client();

        client.server.heartbeat = 5;
        await client.begin();
        await client.clock.tick(10000);
        assert.equal(client.server.socket.saidOf('resume').length, 2);
    });
    await t.test('that does not answer within 10 s is left, without waiting for its close', async () => {
        const client = await new Client().begin();
        const dead = client.server.socket;

        dead.isDead = true;
        await client.clock.tick(69900);
        assert.equal(client.chat.state, 'online');
        await client.clock.tick(100);
        assert.equal(client.chat.state, 'waiting');
        assert.equal(dead.closedWith, 1000);
        dead.onclose?.({ code: 1006 });
        await client.clock.tick(1500);
        assert.equal(client.chat.state, 'online');
        assert.equal(client.server.sockets.length, 2);
    });
    await t.test('is found sooner when something was sent', async () => {
        const client = await new Client().begin();

        client.server.addConversation(1);
        client.server.socket.isDead = true;
        const sent = client.chat.send(1, 'Hello?');

        await client.clock.tick(9900);
        assert.equal(client.chat.state, 'online');
        await client.clock.tick(1700);
        assert.equal((await sent).content, 'Hello?');
        assert.equal(client.server.sockets.length, 2);
    });
    await t.test('that says other things is alive', async () => {
        const client = await new Client().begin();

        client.server.on_send = () => {};
        problemOf(client.chat.send(1, 'Hello?'));
        for (let i = 0; i < 10; i++) {
            await client.clock.tick(5000);
            client.server.socket.hear({ type: 'whatever' });
        }
        assert.equal(client.server.sockets.length, 1);
    });
});

test('a login that has ended', async t => {
    for (const status of [401, 403])
        await t.test(`${status}: after some failures REST tells, and it stops`, async () => {
            const client = await new Client().begin();
            const { clock, server } = client;

            server.sockets_are_let_through = false;
            server.status = status;
            server.socket.end(1001);
            const outcome = problemOf(client.chat.send(1, 'a'));

            await clock.tick(20000);
            assert.deepEqual(client.of('state').at(-1), { type: 'state', state: 'stopped', reason: 'login' });
            assert.deepEqual([(await outcome).code, (await outcome).status], ['login', 401]);
            assert.equal(server.requestsOf('GET', 'conversations/unread/').length, 1);
            assert.equal(clock.timers.size, 0);
            server.status = 200;
            server.sockets_are_let_through = true;
            client.chat.connect();
            await clock.tick();
            assert.equal(client.chat.state, 'online');
        });
    await t.test('a site that sends to its login page says the same', async () => {
        const client = new Client();

        client.server.sockets_are_let_through = false;
        client.server.answer = async request => {
            assert.equal(request.redirect, 'manual');
            return { ...reply(200, ''), status: 0, ok: false, type: 'opaqueredirect' };
        };
        await client.begin();
        await client.clock.tick(20000);
        assert.equal(client.of('state').at(-1).reason, 'login');
    });
});

test('another user than before: it stops, and sends nothing of the first one\'s', async () => {
    const client = await new Client().begin();

    client.server.addConversation(1);
    client.server.isUp = false;
    client.server.socket.end(1006);
    const outcome = problemOf(client.chat.send(1, 'secret'));

    client.server.isUp = true;
    client.server.userId = 8;
    await client.clock.tick(3000);
    assert.deepEqual(client.of('state').at(-1), { type: 'state', state: 'stopped', reason: 'user' });
    assert.equal((await outcome).code, 'stopped');
    assert.deepEqual(client.server.socket.said, []);
    assert.equal(client.server.socket.closedWith, 1000);
});

test('a constructor that throws is a failure like others', async () => {
    let count = 0;
    const client = new Client({ WebSocket: class { constructor() { count++; throw new Error('no'); } } });

    client.server.isUp = false;
    await client.begin();
    await client.clock.tick(10000);
    assert.ok(count >= 3, `${count} times`);
    assert.equal(client.chat.state, 'waiting');
});

test('a listener that closes, wherever it is called, ends everything', async t => {
    for (const type of ['state', 'message', 'conversation', 'caughtup', 'unread'])
        await t.test(type, async () => {
            const client = new Client();
            let count = 0;

            client.server.addConversation(1, 3);
            client.chat.addEventListener(type, () => { count++; client.chat.close(); });
            await client.begin();
            client.server.post(1, 'x');
            client.server.socket?.end(1001);
            await client.clock.tick(100000);
            assert.equal(client.chat.state, 'closed');
            assert.equal(count, type === 'state' ? 2 : 1); // closed is a state
            assert.equal(client.clock.timers.size, 0);
        });
});

test('a listener that closes when it is online', async () => {
    const client = new Client();

    client.chat.addEventListener('state', ({ detail: { state } }) => { if (state === 'online') client.chat.close(); });
    await client.begin();
    await client.clock.tick(1000);
    assert.deepEqual(client.states(), ['connecting', 'online', 'closed']);
    assert.deepEqual(client.server.requests, []);
    assert.equal(client.clock.timers.size, 0);
});

test('a listener that closes while REST is asked for many things', async () => {
    const client = new Client();

    for (let id = 1; id <= 5; id++)
        client.server.addConversation(id, 3);
    await client.clock.tick(60000);
    await client.begin();
    client.server.socket.end(1006);
    for (let id = 1; id <= 5; id++)
        client.server.post(id, 'missed');
    client.forget();
    client.chat.addEventListener('conversation', () => client.chat.close());
    await client.clock.tick(60000);
    assert.equal(client.server.requests.length, 1); // the list
    assert.equal(client.clock.timers.size, 0);
});

test('somebody who waits does not wait for the back-off', async t => {
    const away = async () => {
        const client = await new Client({ random: () => 1 }).begin();

        client.server.addConversation(1, 1);
        client.server.isUp = false;
        client.server.open.forEach(socket => socket.end(1006));
        await client.clock.tick(100000);
        client.server.isUp = true;
        return client;
    };

    await t.test('connect() tries now', async () => {
        const client = await away();

        client.chat.connect();
        await client.clock.tick(1100);
        assert.equal(client.chat.state, 'online');
    });
    await t.test('and so does sending', async () => {
        const client = await away();
        const sent = client.chat.send(1, 'hello');

        await client.clock.tick(1100);
        assert.equal((await sent).content, 'hello');
    });
    await t.test('but not more than once a second', async () => {
        const client = await away();

        client.server.isUp = false;
        const before = client.server.sockets.length;

        for (let i = 0; i < 100; i++) {
            client.chat.connect();
            await client.clock.tick(20);
        }
        assert.ok(client.server.sockets.length - before <= 3);
    });
});

test('a session that has ended', async t => {
    await t.test('any 401 stops it', async () => {
        const client = await new Client().begin();

        client.server.status = 401;
        await assert.rejects(client.chat.rest.get('conversations/unread/'));
        assert.deepEqual([client.chat.state, client.of('state').at(-1).reason], ['stopped', 'login']);
        assert.equal(client.server.open.length, 0);
    });
    await t.test('another token than before: hello says whose it is', async () => {
        const client = await new Client().begin();

        await client.chat.rest.get('conversations/unread/');
        client.window.document.cookie = 'chat_csrf=t2';
        await assert.rejects(client.chat.rest.get('conversations/unread/'), { code: 'network' });
        await client.clock.tick();
        assert.equal(client.chat.state, 'online', 'the same user, whose token was renewed');
        await client.chat.rest.get('conversations/unread/');
        assert.equal(client.server.sockets.length, 2);
    });
    await t.test('another user: nothing is asked and nothing is believed', async () => {
        const client = await new Client().begin();

        await client.chat.rest.get('conversations/unread/');
        client.window.document.cookie = 'chat_csrf=t2';
        client.server.userId = 8;
        await assert.rejects(client.chat.rest.post('conversations/', { church_id: 1 }), { code: 'network' });
        await client.clock.tick();
        assert.deepEqual([client.chat.state, client.of('state').at(-1).reason], ['stopped', 'user']);
        const { length } = client.server.requests;

        await assert.rejects(client.chat.rest.get('conversations/'), { code: 'user' });
        assert.equal(client.server.requests.length, length);
    });
});
