// What was missed, found again: after a lost connection, at resync, and when a number is missing.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Client, problemOf } from './lib/client.mjs';
import { reply } from './lib/fakes.mjs';

/* Conversation 1 was heard of (3 messages, then a live one), 2 only listed (3 messages). */
async function begin(options) {
    const client = new Client(options);

    client.server.addConversation(1, 3);
    client.server.addConversation(2, 3);
    await client.clock.tick(60000);
    await client.begin();
    client.server.post(1, 'live');
    await client.clock.tick(60000);
    return client;
}

async function loseConnection(client, during = () => {}) {
    client.server.isUp = false;
    client.server.open.forEach(socket => socket.end(1006));
    await during();
    client.server.isUp = true;
    await client.clock.tick(10000);
    assert.equal(client.chat.state, 'online');
}

/* What was asked for on the last connection. */
const resumes = client => client.server.socket.saidOf('resume').map(({ conversations }) => conversations);

test('the beginning', async t => {
    const client = await begin();

    await t.test('one list is asked for, and its conversations are told', () => {
        assert.deepEqual(client.server.requests.map(({ method, path, query }) => [method, path, query]),
            [['GET', 'conversations/', { limit: '100' }]]);
        assert.deepEqual(client.of('conversation').map(({ conversation }) => conversation.id).sort(), [1, 2]);
        assert.deepEqual(client.of('unread').map(({ unread_messages: count }) => count), [6, 7]); // with the list, and with the message that came
    });
    await t.test('what it shows is not told as messages', () => {
        assert.deepEqual(client.seqs(1), [4]);
        assert.deepEqual(client.seqs(2), []);
    });
    await t.test('it is told that nothing is missing', () => assert.equal(client.of('caughtup').length, 1));
    await t.test('a message comes with its conversation', () => {
        const { message, conversation } = client.of('message')[0];

        assert.deepEqual([message.content, conversation.last_message], ['live', 'live']);
    });
    await t.test('other events come as they are', () => {
        client.forget();
        client.server.socket.hear({ type: 'notification', notification: { id: 3 }, unread_count: 2 });
        client.server.socket.hear({ type: 'conversation', conversation: { id: 9, last_message_id: null } });
        client.server.socket.hear({ type: 'conversation', conversation: { id: 9, last_message_id: null } });
        assert.deepEqual(client.events, [
            { type: 'notification', notification: { id: 3 }, unread_count: 2 },
            { type: 'conversation', conversation: { id: 9, last_message_id: null } },
        ]);
    });
    await t.test('what is deleted, too: and of a conversation that is gone nothing is resumed any more', async () => {
        client.forget();
        client.server.socket.hear({ type: 'message_deleted', conversation_id: 1, message_ids: [7] });
        client.server.socket.hear({ type: 'message_changed', message: { id: 8, conversation_id: 1 } });
        client.server.socket.hear({ type: 'conversation_deleted', conversation_id: 1 });
        assert.deepEqual(client.events, [
            { type: 'message_deleted', conversation_id: 1, message_ids: [7] },
            { type: 'message_changed', message: { id: 8, conversation_id: 1 } },
            { type: 'gone', conversation_id: 1 },
        ]);
        client.server.socket.end(1001);
        await client.clock.tick(5000);
        assert.deepEqual(resumes(client).flatMap(Object.keys), ['9']);
    });
});

test('after a lost connection', async t => {
    await t.test('conversations that were heard are resumed from the last seq', async () => {
        const client = await begin();

        await loseConnection(client, () => [5, 6, 7].forEach(i => client.server.post(1, `m${i}`)));
        assert.deepEqual(resumes(client), [{ 1: 4 }]);
        assert.deepEqual(client.seqs(1), [4, 5, 6, 7]);
        assert.equal(client.of('caughtup').length, 2);
        assert.deepEqual(client.server.requestsOf('GET', 'conversations/1/messages/'), []);
    });
    await t.test('also when the server is busy at first, for however long it says', async () => {
        const client = await begin();
        const { on_resume: resume } = client.server;

        client.server.on_resume = (socket, { ref }) => {
            client.server.on_resume = resume;
            socket.hear({ type: 'error', status: 503, code: 'busy', detail: 'x', ref, retry_after: 90 });
        };
        await loseConnection(client, () => client.server.post(1, 'missed'));
        assert.deepEqual(client.seqs(1), [4]);
        await client.clock.tick(90000);
        assert.deepEqual(client.seqs(1), [4, 5]);
        assert.equal(client.of('caughtup').length, 2);
    });
    await t.test('nothing is listed where nothing has changed', async () => {
        const client = await begin();

        await loseConnection(client); // after which the list has the message that came live
        client.forget();
        await loseConnection(client);
        assert.deepEqual(client.server.requests, []);
        assert.equal(client.of('caughtup').length, 1);
        await loseConnection(client, () => client.server.post(2, 'missed'));
        assert.deepEqual(client.seqs(2), [4]);
    });
    await t.test('those only listed are fetched', async () => {
        const client = await begin();

        await loseConnection(client, () => client.server.post(2, 'missed'));
        assert.deepEqual(client.seqs(2), [4]);
        await loseConnection(client, () => client.server.post(2, 'missed'));
        assert.deepEqual(client.seqs(2), [4, 5]);
    });
    await t.test('a long gap comes page by page', async () => {
        const client = await begin();

        await loseConnection(client, () => { for (let i = 0; i < 950; i++) client.server.post(2, `m${i}`); });
        assert.deepEqual(client.seqs(2), Array.from({ length: 950 }, (_, i) => i + 4));
        assert.equal(client.server.requestsOf('GET', 'conversations/2/messages/').length, 5);
    });
    await t.test('a new conversation is told with all that is in it', async () => {
        const client = await begin();

        await loseConnection(client, () => client.server.addConversation(3, 2));
        assert.equal(client.of('conversation').at(-1).conversation.id, 3);
        assert.deepEqual(client.seqs(3), [1, 2]);
    });
    await t.test('an empty one that fills later, too', async () => {
        const client = await begin();

        client.server.addConversation(3);
        const conversation = client.server.json(client.server.conversations.get(3));

        client.server.socket.hear({ type: 'conversation', conversation });
        await client.clock.tick(60000);
        client.server.post(1, 'later');
        await loseConnection(client, () => client.server.post(3, 'first'));
        assert.deepEqual(client.seqs(3), [1]);
    });
    await t.test('one that became visible meanwhile is told with what is new in it', async () => {
        const client = await begin();

        await loseConnection(client, async () => {
            const old = client.server.addConversation(3, 500);

            old.created = '2024-01-01T00:00:00.000000Z';
            old.messages.forEach((message, i) => { if (i < 497) message.created_at = '2024-01-01T00:00:00.000000Z'; });
        });
        assert.deepEqual(client.seqs(3), [498, 499, 500]);
        assert.equal(client.server.requestsOf('GET', 'conversations/3/messages/').length, 1);
        assert.deepEqual(client.of('lost'), []);
    });
    await t.test('and of one with more than can be fetched, that something is lost', async () => {
        const client = await begin();

        await loseConnection(client, async () => {
            const old = client.server.addConversation(3, 1500);

            old.created = '2024-01-01T00:00:00.000000Z';
        });
        assert.equal(client.seqs(3).length, 1000);
        assert.deepEqual(client.seqs(3).at(-1), 1500);
        assert.deepEqual(client.of('lost'), [{ type: 'lost', conversation_id: 3 }]);
    });
    await t.test('of a list without an end only so many pages are read', async () => {
        const client = await begin();

        await loseConnection(client, () => { for (let id = 10; id < 2100; id++) client.server.addConversation(id); });
        assert.deepEqual(client.of('lost'), [{ type: 'lost', conversation_id: null }]);
        assert.equal(client.server.requestsOf('GET', 'conversations/').length, 11);
    });
    await t.test('messages that arrive before all is found out wait their turn', async () => {
        const client = await begin();
        const { answer } = client.server;
        let isHeldUp = true;

        client.server.answer = async function (request) {
            while (isHeldUp)
                await new Promise(resolve => setImmediate(resolve));
            return answer.call(this, request);
        };
        await loseConnection(client, () => { client.server.post(2, 'missed'); client.server.post(1, 'missed'); });
        client.server.post(2, 'live');
        client.server.post(1, 'live');
        assert.deepEqual(client.seqs(1), [4, 5, 6]);
        assert.deepEqual(client.seqs(2), []);
        assert.equal(client.of('caughtup').length, 1);
        isHeldUp = false;
        await client.clock.tick();
        assert.deepEqual(client.seqs(2), [4, 5]);
        assert.equal(client.of('caughtup').length, 2);
    });
    await t.test('a list that fails is asked for again', async () => {
        const client = await begin();
        const { answer } = client.server;

        client.server.answer = async () => reply(503, { status: 503, code: 'busy', detail: 'x' });
        await loseConnection(client, () => client.server.post(2, 'missed'));
        assert.deepEqual(client.seqs(2), []);
        client.server.answer = answer;
        await client.clock.tick(60000);
        assert.deepEqual(client.seqs(2), [4]);
    });
    await t.test('a conversation that is not to be seen any more holds up nothing', async () => {
        const client = await begin();
        const { answer } = client.server;

        client.server.answer = function (request) {
            return request.path === 'conversations/2/messages/'
                ? reply(404, { status: 404, code: 'not_found', detail: 'x' }) : answer.call(this, request);
        };
        await loseConnection(client, () => { client.server.post(2, 'missed'); client.server.post(1, 'missed'); });
        assert.deepEqual([client.seqs(1), client.seqs(2)], [[4, 5], []]);
        assert.equal(client.of('caughtup').length, 2);
    });
    await t.test('many conversations are resumed in several frames', async () => {
        const client = new Client();

        for (let id = 1; id <= 250; id++)
            client.server.addConversation(id);
        await client.begin();
        await loseConnection(client, () => { for (let id = 1; id <= 250; id++) client.server.post(id, 'missed'); });
        const resumed = () => resumes(client).map(conversations => Object.keys(conversations).length);

        assert.deepEqual(resumed(), [100]);
        await client.clock.tick(60000);
        for (let i = 0; i < 200; i++) // one request for each of those that the first list did not show
            await client.clock.tick();
        assert.equal(client.of('message').length, 250);
        await loseConnection(client, () => { for (let id = 1; id <= 250; id++) client.server.post(id, 'missed'); });
        assert.deepEqual(resumed(), [100, 100, 50]);
        assert.equal(client.of('message').length, 500);
    });
});

test('resync', async t => {
    const client = await begin();

    await t.test('resumes and lists, but not at the same moment as everybody else', async () => {
        client.server.post(1, 'missed', { isQuiet: true });
        client.server.post(2, 'missed', { isQuiet: true });
        client.server.socket.hear({ type: 'resync' });
        await client.clock.tick(900);
        assert.deepEqual(client.seqs(1), [4]);
        await client.clock.tick(1200);
        assert.deepEqual([client.seqs(1), client.seqs(2)], [[4, 5], [4]]);
        assert.equal(client.of('caughtup').length, 2);
    });
    await t.test('several at once come to one', async () => {
        client.server.requests.length = 0;
        client.server.post(2, 'missed', { isQuiet: true });
        const before = client.server.socket.saidOf('resume').length;

        for (let i = 0; i < 5; i++)
            client.server.socket.hear({ type: 'resync' });
        await client.clock.tick(3000);
        assert.equal(client.server.requestsOf('GET', 'conversations/').length, 1);
        assert.equal(client.server.socket.saidOf('resume').length, before + 1);
        assert.equal(client.of('caughtup').length, 3);
    });
    await t.test('in the middle of catching up begins that anew', async () => {
        client.server.isUp = false;
        client.server.socket.end(1006);
        client.server.post(2, 'missed');
        const { shake } = client.server;

        client.server.shake = function (socket) {
            shake.call(this, socket);
            socket.hear({ type: 'resync' });
        };
        client.server.isUp = true;
        await client.clock.tick(10000);
        assert.deepEqual(client.seqs(2), [4, 5, 6]);
        assert.equal(client.of('caughtup').length, 4);
    });
});

test('a number that is missing', async t => {
    await t.test('is resumed at once', async () => {
        const client = await begin();

        client.server.post(1, 'lost', { isQuiet: true });
        client.server.post(1, 'live');
        client.server.post(1, 'live');
        await client.clock.tick();
        assert.deepEqual(client.seqs(1), [4, 5, 6, 7]);
        assert.deepEqual(resumes(client), [{}, {}, { 1: 4 }]);
    });
    await t.test('and if it never existed, the others go on', async () => {
        const client = await begin();

        client.server.conversations.get(1).messages.splice(-4);
        client.server.conversations.get(1).lastSeq = 5;
        client.server.post(1, 'live');
        await client.clock.tick();
        assert.deepEqual(client.seqs(1), [4, 6]);
        client.server.post(1, 'live');
        await client.clock.tick();
        assert.deepEqual(client.seqs(1), [4, 6, 7]);
    });
    await t.test('a resume that is refused is tried again', async () => {
        const client = await begin();
        const { on_resume: resume } = client.server;
        let count = 0;

        client.server.on_resume = (socket, { ref }) => {
            count++;
            socket.hear({ type: 'error', status: 503, code: 'busy', detail: 'x', ref, retry_after: 3 });
        };
        client.server.post(1, 'lost', { isQuiet: true });
        client.server.post(1, 'live');
        await client.clock.tick();
        assert.equal(count, 1);
        await client.clock.tick(2900);
        assert.equal(count, 1);
        await client.clock.tick(100);
        assert.equal(count, 2);
        client.server.on_resume = resume;
        await client.clock.tick(60000);
        assert.deepEqual(client.seqs(1), [4, 5, 6]);
        assert.deepEqual(client.of('error'), []);
        assert.equal(client.server.sockets.length, 1);
    });
    await t.test('until another connection may do better', async () => {
        const client = await begin();

        client.server.on_resume = (socket, { ref }) =>
            socket.hear({ type: 'error', status: 503, code: 'busy', detail: 'x', ref });
        client.server.post(1, 'lost', { isQuiet: true });
        client.server.post(1, 'live');
        await client.clock.tick(200000);
        assert.ok(client.server.sockets.length > 1);
        delete client.server.on_resume;
        await client.clock.tick(200000);
        assert.deepEqual(client.seqs(1), [4, 5, 6]);
    });
    await t.test('a resume that never ends is given up, and what it brought is kept', async () => {
        const client = await begin();

        client.server.on_resume = () => {};
        const chatter = () => client.server.socket.hear({ type: 'whatever' });

        client.server.post(1, 'lost', { isQuiet: true });
        client.server.post(1, 'live');
        for (let i = 0; i < 24; i++, chatter())
            await client.clock.tick(5000);
        assert.equal(client.server.sockets.length, 1);
        delete client.server.on_resume;
        await client.clock.tick(5000);
        assert.equal(client.server.sockets.length, 2);
        assert.deepEqual(client.seqs(1), [4, 5, 6]);
    });
});

test('the first message of a conversation that was told as empty is not skipped', async () => {
    const client = await begin();
    const conversation = client.server.json(client.server.addConversation(3));

    client.server.socket.hear({ type: 'conversation', conversation });
    client.server.post(3, 'lost', { isQuiet: true });
    client.server.post(3, 'live');
    await client.clock.tick();
    assert.deepEqual(client.seqs(3), [1, 2]);
});

test('what is doubled or late on the wire is told once', async () => {
    const client = await begin();
    const { socket } = client.server;
    const frames = [5, 6, 7].map(i => client.server.frame(client.server.post(1, `m${i}`, { isQuiet: true })));

    [...frames, ...frames].reverse().forEach(frame => socket.hear(frame));
    await client.clock.tick();
    assert.deepEqual(client.seqs(1), [4, 5, 6, 7]);
});

test('a page that shows a conversation', async t => {
    await t.test('gets what came after its newest message, whatever the list said', async () => {
        const client = await begin();
        const { messages } = client.server.conversations.get(2);

        client.chat.watch(2, messages[0]);
        await client.clock.tick();
        assert.deepEqual(client.seqs(2), [2, 3]);
    });
    await t.test('of one that has none, too', async () => {
        const client = await begin();

        client.server.addConversation(3);
        client.chat.watch('3', null);
        client.server.post(3, 'first', { isQuiet: true });
        client.server.post(3, 'second');
        await client.clock.tick();
        assert.deepEqual(client.seqs(3), [1, 2]);
    });
    await t.test('is told of receipts that came while nothing was heard', async () => {
        const client = await begin();
        const { messages } = client.server.conversations.get(1);

        messages.splice(0, 0);
        Object.assign(messages[0], { is_sent_by_user: true });
        Object.assign(messages[1], { is_sent_by_user: true });
        client.chat.watch(1);
        client.forget();
        await loseConnection(client, () => {
            Object.assign(messages[0], { is_read: true, read_at: 't1' });
            Object.assign(messages[1], { is_read: true, read_at: 't2' });
            Object.assign(messages[3], { is_read: true, read_at: 't3' });
        });
        assert.deepEqual(client.of('read'), [
            { type: 'read', conversation_id: 1, up_to: messages[1].id, read_at: 't2', by_me: false },
            { type: 'read', conversation_id: 1, up_to: messages[3].id, read_at: 't3', by_me: true },
        ]);
        client.forget();
        await loseConnection(client);
        assert.deepEqual(client.of('read'), []);
    });
    await t.test('also where many messages came after', async () => {
        const client = await begin();
        const { messages } = client.server.conversations.get(1);
        const [, , newest] = messages;

        newest.is_sent_by_user = true;
        client.chat.watch(1, newest);
        await loseConnection(client, () => {
            for (let i = 0; i < 300; i++)
                client.server.post(1, 'later');
            Object.assign(newest, { is_read: true, read_at: 't1' });
        });
        await client.clock.tick();
        assert.deepEqual(client.of('read').map(({ up_to }) => up_to), [newest.id]);
        client.forget();
        await loseConnection(client);
        assert.equal(client.server.requestsOf('GET', 'conversations/1/messages/').length, 1);
    });
    await t.test('staff: what a colleague wrote is of our own side', async () => {
        const client = await begin();
        const { messages } = client.server.conversations.get(1);

        Object.assign(messages[2], { staff_name: 'Carol', is_read: true, read_at: 't' });
        client.chat.watch(1);
        await loseConnection(client);
        assert.deepEqual(client.of('read').map(({ up_to, by_me }) => [up_to, by_me]), [[messages[2].id, false]]);
    });
    await t.test('ten at most, those of last', async () => {
        const client = await begin();

        for (let id = 1; id <= 15; id++)
            client.chat.watch(id);
        client.chat.unwatch(15);
        client.forget();
        await loseConnection(client);
        assert.deepEqual(client.server.requests.map(({ path }) => path).filter(path => path.includes('messages')),
            [6, 7, 8, 9, 10, 11, 12, 13, 14].map(id => `conversations/${id}/messages/`));
    });
});

test('a message that was stored twice over two connections is told once', async () => {
    const client = await begin();
    const stored = client.server.on_send.bind(client.server);

    client.server.on_send = (socket, frame) => {
        client.server.post(1, frame.content, { clientId: frame.client_id, byUser: true });
        client.server.on_send = stored;
        socket.end(1006);
    };
    const sent = client.chat.send(1, 'once');

    await client.clock.tick(10000);
    const message = await sent;

    assert.equal(message.content, 'once');
    assert.deepEqual(client.seqs(1), [4, 5]);
    assert.equal(client.server.conversations.get(1).messages.filter(({ content }) => content === 'once').length, 1);
});

test('without the first list live messages come all the same', async () => {
    const client = new Client();

    client.server.addConversation(1, 3);
    client.server.status = 500;
    await client.begin();
    client.server.post(1, 'live');
    await client.clock.tick();
    assert.deepEqual(client.seqs(1), [4]);
    assert.equal(client.of('caughtup').length, 0);
    client.server.status = 200;
    await client.clock.tick(10000);
    assert.equal(client.of('caughtup').length, 1);
    problemOf(client.chat.send(1, 'x'));
    client.chat.close();
});

test('a page gives its first list', async t => {
    const given = async (whileItIsOnItsWay, whileThereIsNoSocket = () => {}, { isThere = false } = {}) => {
        const client = new Client();

        client.server.addConversation(1, 3);
        client.server.addConversation(2, 3);
        await client.clock.tick(60000);
        let answer;
        const taken = structuredClone({ ...client.server.list({ limit: 50 }) }); // as the server made it

        client.chat.beginWith(new Promise((resolve, reject) => { answer = { resolve: () => resolve(taken), reject }; }));
        if (isThere)
            answer.resolve();
        await whileThereIsNoSocket(client);
        await client.begin();
        await whileItIsOnItsWay(client, answer);
        await client.clock.tick(60000);
        return client;
    };
    const lists = client => client.server.requests.filter(({ path }) => path === 'conversations/')
        .map(({ query }) => query.updated_since !== undefined);

    await t.test('it is not asked for again: over the socket it asks whether something has changed since', async () => {
        const client = await given((_, answer) => answer.resolve());
        const { sync } = client.server.socket.saidOf('resume')[0];

        assert.match(sync, /^s1/);
        assert.deepEqual(client.server.requests, []);
        assert.deepEqual([client.of('conversation').length, client.of('message').length, client.of('caughtup').length], [0, 0, 1]);
        assert.deepEqual(client.of('unread'), [{ type: 'unread', ...client.server.counts() }]);
        client.server.post(1, 'live');
        await client.clock.tick();
        assert.deepEqual(client.seqs(1), [4]);
    });
    await t.test('nor by a user who has no conversation', async () => {
        const client = new Client();

        client.chat.beginWith(Promise.resolve(client.server.list({ limit: 50 })));
        await client.begin();
        assert.deepEqual([client.server.requests, client.of('caughtup').length], [[], 1]);
    });
    await t.test('nor because of what was read before there was a socket: that is said afterwards', async () => {
        const client = await given(() => {}, async ({ chat, clock }) => {
            chat.read(2);
            await clock.tick();
        }, { isThere: true });

        assert.deepEqual(client.server.socket.said.slice(0, 2).map(({ type }) => type), ['resume', 'read']);
        assert.deepEqual(client.server.requests, []);
    });
    await t.test('of the conversations that it has', async () => {
        for (const role of ['member', 'staff', null]) {
            const client = await given((_, answer) => answer.resolve(), ({ chat }) => { chat.role = role; });

            assert.equal(client.server.socket.saidOf('resume')[0].role, role ?? undefined);
        }
    });
    await t.test('a server of before does not say so, and is asked for what has changed', async () => {
        const client = await given((_, answer) => answer.resolve(), ({ server }) => { server.news = () => ({}); });

        assert.deepEqual(lists(client), [true]);
        assert.deepEqual([client.of('conversation').length, client.of('message').length, client.of('caughtup').length], [0, 0, 1]);
    });
    await t.test('the same if it refuses', async () => {
        for (const status of [400, 429, 503]) {
            const client = await given((_, answer) => answer.resolve(), ({ server }) => {
                const { on_resume: resume } = server;

                server.on_resume = (socket, { ref }) => {
                    server.on_resume = resume;
                    socket.hear({ type: 'error', status, code: 'x', detail: 'x', ref });
                };
                server.post(2, 'between');
            });

            assert.deepEqual([lists(client), client.seqs(2), client.of('caughtup').length], [[true], [4], 1]);
        }
    });
    await t.test('what came before there was a socket is told', async () => {
        const client = await given((_, answer) => answer.resolve(), ({ server }) => server.post(2, 'between'));

        assert.deepEqual([client.seqs(1), client.seqs(2)], [[], [4]]);
        assert.deepEqual(client.of('conversation').map(({ conversation }) => conversation.id), [2]);
        assert.deepEqual(lists(client), [true]);
    });
    await t.test('what was read before there was a socket, too', async () => {
        const client = await given((_, answer) => answer.resolve(), async ({ clock, server }) => {
            await clock.tick(60000);
            server.read(2);
        });

        assert.deepEqual(lists(client), [false], 'which no updated_since finds');
        assert.deepEqual(client.of('conversation').map(({ conversation: { id, unread_count: unread } }) => [id, unread]), [[2, 0]]);
        assert.deepEqual(client.of('message'), []);
        assert.equal(client.of('unread').at(-1).unread_messages, 3);
    });
    await t.test('and what comes while the list is on its way, once and in order', async () => {
        const client = await given(async ({ server, clock }, answer) => {
            server.post(2, 'live');
            await clock.tick(1000);
            answer.resolve();
        }, ({ server }) => server.post(2, 'between'));

        assert.deepEqual(client.seqs(2), [4, 5]);
    });
    await t.test('one that fails is asked for anew', async () => {
        const client = await given((_, answer) => answer.reject(new Error('no')));

        assert.deepEqual(lists(client), [false]);
        assert.deepEqual(client.of('conversation').length, 2);
        client.server.post(1, 'live');
        await client.clock.tick();
        assert.deepEqual(client.seqs(1), [4]);
    });
    await t.test('one of another epoch is void', async () => {
        const client = await given((_, answer) => answer.resolve(), ({ server }) => { server.epoch = 'e2'; });

        assert.ok(client.of('reset').length >= 1);
        assert.deepEqual(client.of('conversation').map(({ conversation }) => conversation.id).sort(), [1, 2]);
    });
});
