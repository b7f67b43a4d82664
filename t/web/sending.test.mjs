// What a page says: messages until they are acknowledged, receipts, typing.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Client, problemOf } from './lib/client.mjs';
import { reply, settle } from './lib/fakes.mjs';

async function begin(options) {
    const client = new Client(options);

    client.server.addConversation(1);
    await client.begin();
    return client;
}

test('a message', async t => {
    const client = await begin();
    const { chat, server } = client;
    const message = await chat.send(1, 'Hello');
    const [frame] = server.socket.saidOf('send');

    await t.test('is answered by what was stored', () => {
        assert.equal(message.content, 'Hello');
        assert.equal(message.client_id, frame.client_id);
        assert.equal(message.seq, 1);
    });
    await t.test('has a client_id that the server takes', () => assert.match(frame.client_id, /^[\x21-\x7e]{16,64}$/));
    await t.test('comes back as an event, once', () => {
        assert.deepEqual(client.seqs(1), [1]);
        assert.deepEqual(client.of('error'), []);
    });
    await t.test('takes a client_id that is given, and gives ids as numbers', async () => {
        await chat.send('1', 'Again', { clientId: 'mine' });
        const { client_id, conversation_id } = server.socket.saidOf('send').at(-1);

        assert.deepEqual([client_id, conversation_id], ['mine', 1]);
    });
});

test('a refusal rejects with the problem', async () => {
    const { chat, server } = await begin();

    server.on_send = (socket, { ref }) => socket.hear({
        type: 'error', status: 429, code: 'rate_limited', title: 'Too Many Requests', detail: 'Not so fast.',
        errors: [{ field: 'content', detail: 'x' }], retry_after: 7, ref,
    });
    const problem = await problemOf(chat.send(1, 'Hello', { clientId: 'k1' }));

    assert.ok(problem instanceof Error);
    assert.deepEqual([problem.status, problem.code, problem.message, problem.retryAfter_s, problem.clientId],
        [429, 'rate_limited', 'Not so fast.', 7, 'k1']);
    assert.deepEqual(problem.errors, [{ field: 'content', detail: 'x' }]);
});

test('a message that is given before there is a connection goes out with it', async () => {
    const client = new Client();

    client.server.addConversation(1);
    const sent = client.chat.send(1, 'Early');

    await client.begin();
    assert.equal((await sent).seq, 1);
});

test('what was not acknowledged goes out again, under the same client_id and in order', async () => {
    const { chat, clock, server } = await begin();
    const stored = server.on_send.bind(server);
    let handled = 0;

    // The first is stored and its ack lost; the second and third never arrive.
    server.on_send = (socket, { content, client_id: clientId }) => {
        if (++handled === 1)
            server.post(1, content, { clientId, isQuiet: true });
    };
    const sent = ['a', 'b', 'c'].map(content => chat.send(1, content));
    const before = server.socket.saidOf('send').map(frame => frame.client_id);

    server.on_send = stored;
    server.socket.end(1006);
    await clock.tick(2500);
    assert.deepEqual(server.socket.saidOf('send').map(frame => frame.client_id), before);
    assert.deepEqual((await Promise.all(sent)).map(({ seq, content }) => `${seq}${content}`), ['1a', '2b', '3c']);
    assert.deepEqual(server.conversations.get(1).messages.map(({ content }) => content), ['a', 'b', 'c']);
});

test('an ack without a connection that gave it changes nothing', async () => {
    const { chat, server, clock } = await begin();

    server.on_send = () => {};
    const sent = chat.send(1, 'a');
    const [old] = server.open;

    old.end(1006);
    await clock.tick(2500);
    old.readyState = 1;
    old.hear({ type: 'ack', ref: old.saidOf('send')[0].ref, message: { id: 1 } });
    const state = await Promise.race([sent.then(() => 'answered'), settle().then(() => 'open')]);

    assert.equal(state, 'open');
    chat.close();
    await problemOf(sent);
});

test('a promise ends in time, whatever happens', async t => {
    await t.test('but not while there is no connection: then it waits for one', async () => {
        const client = await begin({ sendTimeout_ms: 20000 });

        client.server.isUp = false;
        client.server.socket.end(1006);
        const sent = client.chat.send(1, 'a', { clientId: 'k1' });

        await client.clock.tick(600000);
        client.server.isUp = true;
        await client.clock.tick(70000);
        assert.equal(client.chat.state, 'online');
        assert.equal((await sent).client_id, 'k1');
    });
    await t.test('or where it was withdrawn', async () => {
        const client = await begin();

        client.server.isUp = false;
        client.server.socket.end(1006);
        client.chat.send(1, 'a', { clientId: 'k1' });
        client.chat.withdraw('k1');
        client.server.isUp = true;
        await client.clock.tick(70000);
        assert.deepEqual([client.chat.state, client.server.socket.saidOf('send')], ['online', []]);
    });
    await t.test('with a server that acknowledges nothing', async () => {
        const client = await begin({ sendTimeout_ms: 20000 });

        client.server.on_send = () => {};
        const outcomes = [problemOf(client.chat.send(1, 'a'))];

        await client.clock.tick(5000);
        outcomes.push(problemOf(client.chat.send(1, 'b')));
        for (let i = 0; i < 25; i++) {
            client.server.socket.hear({ type: 'typing', conversation_id: 1, is_typing: true, typer: { user_id: 3 } });
            await client.clock.tick(1000);
        }
        assert.deepEqual((await Promise.all(outcomes)).map(({ code }) => code), ['timeout', 'timeout']);
    });
});

test('the queue has an end, and only some are in flight', async () => {
    const { chat, server, clock } = await begin();
    const stored = server.on_send.bind(server);
    const waiting = [];

    server.on_send = (socket, frame) => waiting.push([socket, frame]);
    const sent = Array.from({ length: 100 }, (_, i) => chat.send(1, `m${i}`));
    const problem = await problemOf(chat.send(1, 'one too many', { clientId: 'k1' }));

    assert.deepEqual([problem.code, problem.clientId], ['queue_full', 'k1']);
    await clock.tick();
    assert.equal(waiting.length, 16);
    server.on_send = stored;
    waiting.forEach(([socket, frame]) => stored(socket, frame));
    await Promise.all(sent);
    await clock.tick();
    assert.deepEqual(server.conversations.get(1).messages.map(({ content }) => content), sent.map((_, i) => `m${i}`));
});

test('too long a message is not sent: the server would end the connection', async t => {
    const { chat, server, clock } = await begin();

    await t.test('by our own limit', async () => {
        assert.equal((await problemOf(chat.send(1, 'x'.repeat(66000)))).code, 'too_large');
        assert.equal((await problemOf(chat.send(1, '\u20ac'.repeat(22000)))).code, 'too_large');
        assert.deepEqual(server.socket.saidOf('send'), []);
        await chat.send(1, 'x'.repeat(60000));
    });
    await t.test('by a lower one of the server: 1009', async () => {
        server.on_send = (socket, { content }) => { if (content.length > 30) setImmediate(() => socket.end(1009)); };
        const short = chat.send(1, 'short');
        const long = problemOf(chat.send(1, 'long'.repeat(20)));

        await clock.tick();
        assert.deepEqual([(await long).code, (await long).status], ['too_large', 413]);
        delete server.on_send;
        await clock.tick(3000);
        assert.equal((await short).content, 'short');
    });
});

test('close() and 1008 reject what waits, and what comes later', async () => {
    const closed = await begin();

    closed.server.on_send = () => {};
    const sent = problemOf(closed.chat.send(1, 'a'));

    closed.chat.close();
    assert.equal((await sent).code, 'closed');
    assert.equal((await problemOf(closed.chat.send(1, 'b'))).code, 'closed');
    const stopped = await begin();

    stopped.server.on_send = () => {};
    const other = problemOf(stopped.chat.send(1, 'a'));

    stopped.server.socket.end(1008);
    assert.equal((await other).code, 'stopped');
    assert.equal((await problemOf(stopped.chat.send(1, 'b'))).code, 'stopped');
});

test('receipts', async t => {
    const client = await begin();
    const { chat, server, clock } = client;
    const reads = () => server.socket.saidOf('read').map(({ up_to }) => up_to);

    await t.test('go out at once', () => {
        chat.read(1, 105);
        assert.deepEqual(reads(), [105]);
    });
    await t.test('which say nothing new are not sent', () => {
        chat.read(1, 104);
        chat.read(1, 105);
        assert.deepEqual(reads(), [105]);
        chat.read(1, 106);
        assert.deepEqual(reads(), [105, 106]);
    });
    await t.test('are sent again when the connection ended, the last one only', async () => {
        server.socket.end(1006);
        await clock.tick(2500);
        assert.deepEqual(reads(), [106]);
    });
    await t.test('are not sent again when something later was answered', async () => {
        await chat.send(1, 'x');
        server.socket.end(1006);
        await clock.tick(4500);
        assert.equal(chat.state, 'online');
        assert.deepEqual(reads(), []);
    });
    await t.test('nor when they came back as events', async () => {
        await clock.tick(10000);
        chat.read(1, 110);
        server.socket.hear({ type: 'read', conversation_id: 1, up_to: 109, read_at: 'now', by_me: true });
        server.socket.hear({ type: 'read', conversation_id: 1, up_to: 120, read_at: 'now', by_me: false });
        server.socket.end(1006);
        await clock.tick(4500);
        assert.deepEqual(reads(), [110]);
        await clock.tick(10000);
        server.socket.hear({ type: 'read', conversation_id: 1, up_to: 110, read_at: 'now', by_me: true });
        assert.deepEqual(client.of('read').at(-1),
            { type: 'read', conversation_id: 1, up_to: 110, read_at: 'now', by_me: true });
        server.socket.end(1006);
        await clock.tick(4500);
        assert.equal(chat.state, 'online');
        assert.deepEqual(reads(), []);
    });
    await t.test('of everything name no message', () => {
        chat.read(1);
        assert.deepEqual(server.socket.saidOf('read').map(({ ref, ...rest }) => rest),
            [{ type: 'read', conversation_id: 1 }]);
        chat.read(1);
        assert.equal(server.socket.saidOf('read').length, 2); // there may be more by now
    });
    await t.test('that are refused are told and forgotten', async () => {
        chat.read(1, 200);
        const { ref } = server.socket.saidOf('read').at(-1);

        server.socket.hear({ type: 'error', status: 404, code: 'not_found', detail: 'No.', ref });
        assert.equal(client.of('error').at(-1).problem.code, 'not_found');
        server.socket.end(1006);
        await clock.tick(9000);
        assert.equal(chat.state, 'online');
        assert.deepEqual(reads(), []);
    });
    await t.test('wait for a connection, up to a number', async () => {
        server.socket.end(1006);
        for (let id = 1; id <= 150; id++)
            chat.read(id, 5);
        await clock.tick(9000);
        assert.equal(server.socket.saidOf('read').length, 100);
        assert.equal(server.socket.saidOf('read').at(-1).conversation_id, 150);
    });
});

test('typing', async t => {
    const client = await begin();
    const { chat, server, clock } = client;
    const said = () => server.socket.saidOf('typing')
        .map(({ conversation_id: id, is_typing: isTyping }) => `${id}${isTyping ? '+' : '-'}`).join(' ');

    await t.test('is said at the first key', () => {
        chat.typing(1);
        chat.typing(1);
        assert.equal(said(), '1+');
    });
    await t.test('and every 3 s while keys are pressed', async () => {
        for (let i = 0; i < 17; i++) {
            await clock.tick(500);
            chat.typing(1);
        }
        assert.equal(said(), '1+ 1+ 1+');
    });
    await t.test('until none was for 3 s', async () => {
        await clock.tick(3400);
        assert.equal(said(), '1+ 1+ 1+ 1+');
        await clock.tick(3000);
        assert.equal(said(), '1+ 1+ 1+ 1+ 1-');
        await clock.tick(30000);
        assert.equal(said(), '1+ 1+ 1+ 1+ 1-');
    });
    await t.test('or the text is empty, or sent', async () => {
        chat.typing(1);
        chat.typing(1, false);
        chat.typing(1, false);
        assert.equal(said(), '1+ 1+ 1+ 1+ 1- 1+ 1-');
        await clock.tick(5000);
        chat.typing(1);
        await chat.send(1, 'x');
        assert.equal(said(), '1+ 1+ 1+ 1+ 1- 1+ 1- 1+ 1-');
    });
    await t.test('in one conversation at a time', async () => {
        await clock.tick(5000);
        const before = said().length;

        chat.typing(1);
        chat.typing(2);
        chat.typing(1, false);
        assert.equal(said().slice(before), ' 1+ 1-');
        await clock.tick(3000);
        assert.equal(said().slice(before), ' 1+ 1- 2+');
        await clock.tick(3000);
        assert.equal(said().slice(before), ' 1+ 1- 2+ 2-');
    });
    await t.test('however a text changes, no more than once in 3 s', async () => {
        await clock.tick(5000);
        const before = server.socket.saidOf('typing').filter(frame => frame.is_typing).length;

        for (let i = 0; i < 60; i++) {
            chat.typing(1);
            await clock.tick(50);
            chat.typing(1, false);
            await clock.tick(50);
        }
        const times = server.socket.saidOf('typing').filter(frame => frame.is_typing).length - before;

        assert.ok(times >= 1 && times <= 3, `${times} times`);
    });
    await t.test('is not said later when it cannot be said now', async () => {
        await clock.tick(5000);
        server.socket.end(1006);
        chat.typing(1);
        await clock.tick(9000);
        assert.equal(chat.state, 'online');
        assert.equal(said(), '');
    });
    await t.test('is not over on a connection on which it did not begin', async () => {
        await clock.tick(10000);
        chat.typing(1);
        server.socket.end(1001);
        await clock.tick(9000);
        assert.equal(chat.state, 'online');
        assert.equal(said(), '');
    });
    await t.test('is no error when it is refused', () => {
        chat.typing(1);
        const { ref } = server.socket.saidOf('typing').at(-1);

        server.socket.hear({ type: 'error', status: 429, code: 'rate_limited', detail: 'x', ref });
        assert.deepEqual(client.of('error'), []);
    });
});

test('others who type', async t => {
    const client = await begin();
    const { server, clock } = client;
    const hear = (user_id, is_typing) =>
        server.socket.hear({ type: 'typing', conversation_id: 1, is_typing, typer: { user_id } });
    const told = () => client.of('typing')
        .map(({ is_typing: isTyping, typer }) => `${typer.user_id}${isTyping ? '+' : '-'}`).join(' ');

    await t.test('are told as they come', () => {
        hear(3, true);
        hear(4, true);
        hear(3, true);
        hear(3, false);
        assert.equal(told(), '3+ 4+ 3+ 3-');
    });
    await t.test('end by themselves when nothing more is heard', async () => {
        await clock.tick(5900);
        assert.equal(told(), '3+ 4+ 3+ 3-');
        await clock.tick(200);
        assert.equal(told(), '3+ 4+ 3+ 3- 4-');
    });
    await t.test('are told once that they stopped', () => {
        hear(4, false);
        assert.equal(told(), '3+ 4+ 3+ 3- 4-');
    });
    await t.test('are the church, where nobody says who of its staff', () => {
        client.forget();
        hear(null, true);
        hear(null, true);
        hear(null, false);
        hear(null, false);
        assert.equal(told(), 'null+ null+ null-');
    });
    await t.test('are no more than a number', () => {
        client.forget();
        for (let id = 1; id <= 150; id++)
            hear(id, true);
        assert.equal(client.of('typing').filter(({ is_typing }) => !is_typing).length, 50);
    });
});

test('a page that closes leaves nothing behind', async () => {
    const client = await begin();

    client.server.on_send = () => {};
    problemOf(client.chat.send(1, 'a'));
    client.chat.typing(1);
    client.server.socket.hear({ type: 'typing', conversation_id: 1, is_typing: true, typer: { user_id: 3 } });
    client.chat.read(1, 7);
    client.chat.close();
    client.chat.close();
    await settle();
    assert.equal(client.clock.timers.size, 0);
    assert.equal(client.server.socket.closedWith, 1000);
    client.forget();
    client.window.goOffline();
    client.window.goOnline();
    client.window.show('visible');
    await client.clock.tick(200000);
    assert.equal(client.clock.timers.size, 0);
    assert.deepEqual(client.events, []);
    assert.deepEqual(client.server.requests, []);
    assert.equal(client.server.sockets.length, 1);
    assert.throws(() => client.chat.connect(), { code: 'closed' });
});

test('a request that is under way is ended by close()', async () => {
    const client = await begin();
    let waiting;

    client.server.answer = () => new Promise(resolve => { waiting = resolve; });
    client.server.socket.hear({ type: 'resync' });
    await client.clock.tick(2000);
    assert.ok(waiting);
    client.chat.close();
    waiting(reply(200, { conversations: [], unread_count: 3, next: null }));
    await client.clock.tick(1000);
    assert.equal(client.of('unread').length, 1); // that of the beginning
    assert.equal(client.clock.timers.size, 0);
});
