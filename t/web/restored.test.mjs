// The database was set back to an earlier state: what was heard before is void, and what there is is heard anew.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ChatStore } from '../../mod_chat/web/store/chat_store.js';
import { Client, problemOf } from './lib/client.mjs';

async function begin() {
    const client = new Client();

    client.server.addConversation(1, 3);
    client.server.addConversation(2, 1);
    await client.begin();
    for (let i = 0; i < 4; i++)
        client.server.post(1, `lost ${i}`);
    await client.clock.tick();
    assert.deepEqual(client.seqs(1), [4, 5, 6, 7]);
    client.forget();
    return client;
}

test('while the socket was away', async t => {
    for (const epoch of ['e2', 'e1']) // with a renewed epoch, and where nobody has renewed it
        await t.test(`and the epoch is ${epoch === 'e1' ? 'the same' : 'another one'}`, async () => {
            const client = await begin();

            client.server.socket.end(1001);
            client.server.setBack(1, 4, epoch);
            await client.clock.tick(5000);
            assert.equal(client.of('reset').length, 1);
            assert.equal(client.chat.state, 'online');
            assert.equal(client.of('caughtup').length, 1);
            assert.ok(client.of('conversation').some(({ conversation }) => conversation.id === 1 &&
                conversation.last_message === '1/3'), 'the list is told as it is now');
            for (let i = 0; i < 6; i++)
                client.server.post(1, `new ${i}`);
            await client.clock.tick();
            assert.deepEqual(client.seqs(1), [4, 5, 6, 7, 8, 9], 'nothing is taken for what was lost');
            await client.clock.tick(60000);
            assert.equal(client.of('reset').length, 1, 'once');
        });
    await t.test('and no more than before is missing', async () => {
        const client = await begin();

        client.server.socket.end(1001);
        await client.clock.tick(5000);
        assert.equal(client.of('reset').length, 0);
    });
});

test('under an open socket', async t => {
    await t.test('that is told', async () => {
        const client = await begin();

        client.server.setBack(1, 4, 'e2');
        client.server.socket.hear({ type: 'resync', epoch: 'e2' });
        client.server.socket.end(1001);
        await client.clock.tick(5000);
        assert.equal(client.of('reset').length, 1);
        client.server.post(1, 'new');
        await client.clock.tick();
        assert.deepEqual(client.seqs(1), [4]);
    });
    await t.test('a resync of the same epoch resumes', async () => {
        const client = await begin();

        client.server.post(1, 'missed', { isQuiet: true });
        client.server.socket.hear({ type: 'resync', epoch: 'e1' });
        await client.clock.tick(5000);
        assert.equal(client.of('reset').length, 0);
        assert.deepEqual(client.seqs(1), [8]);
    });
    await t.test('what was on its way is for its writer to send again', async () => {
        const client = await begin();

        client.server.on_send = () => {};
        const sent = problemOf(client.chat.send(1, 'on its way'));

        await client.clock.tick();
        client.server.socket.end(1001);
        client.server.setBack(1, 4, 'e2');
        await client.clock.tick(5000);
        assert.equal((await sent).code, 'restored');
    });
});

test('without a socket', async () => {
    const client = new Client();

    client.server.sockets_are_let_through = false;
    client.server.addConversation(1, 3);
    client.chat.connect();
    await client.clock.tick(60000);
    assert.equal(client.chat.state, 'polling');
    client.server.post(1, 'lost');
    await client.clock.tick(20000);
    assert.deepEqual(client.seqs(1), [4]);
    client.server.setBack(1, 1, 'e2');
    client.forget();
    await client.clock.tick(30000);
    assert.equal(client.of('reset').length, 1);
    client.server.post(1, 'new');
    await client.clock.tick(20000);
    assert.deepEqual(client.seqs(1), [4]);
    assert.equal(client.of('message')[0].message.content, 'new');
    assert.equal(client.chat.state, 'polling');
});

test('a list is asked for with the sync of the one before', async () => {
    const client = new Client();

    client.server.addConversation(1, 1);
    await client.begin();
    const { sync } = client.server.list({});

    client.forget();
    client.server.socket.end(1001);
    await client.clock.tick(5000);
    assert.equal(client.server.requestsOf('GET', 'conversations/')[0].query.updated_since, sync);
});

test('a page forgets what it shows, and loads it anew', async () => {
    const socket = Object.assign(new EventTarget(), {
        state: 'online', userId: 7, connect() {}, beginWith() {}, withdraw() {}, close() {}, watch() {}, unwatch() {}, typing() {},
    });
    const conversation = (id, text, updated) => ({ id, church_id: id, last_message: text, last_message_id: id * 10,
        unread_count: 0, created_at: '2025-01-01T00:00:00.000000Z', updated_at: updated });
    const message = (seq, content) => ({ id: seq, seq, conversation_id: 1, content, is_sent_by_user: false, is_read: true,
        client_id: null, created_at: '2025-01-01T00:00:00.000000Z' });
    const before = { conversations: [conversation(1, 'lost', '2025-01-03T00:00:00.000000Z'),
        conversation(2, 'lost, too', '2025-01-03T00:00:00.000000Z')], unread_count: 0, next: '/api/conversations/?cursor=old' };
    const after = { conversations: [conversation(1, 'kept', '2025-01-02T00:00:00.000000Z')], unread_count: 0, next: null };
    let isBack = false;
    const rest = {
        async get(path) {
            if (path.includes('cursor=old')) {
                const answer = { status: 400, code: 'invalid_field', detail: 'No.', errors: [{ field: 'cursor', detail: 'is old' }] };
                const { ChatProblem } = await import('../../mod_chat/web/net/problem.js');

                throw ChatProblem.from(answer);
            }
            if (path.includes('messages'))
                return { messages: isBack ? [message(1, 'kept')] : [message(1, 'kept'), message(2, 'lost')], has_more: false };
            return isBack ? after : before;
        },
        close() {},
    };
    const model = new ChatStore('/api', { socket, rest, storage: null, window: {} });

    await model.list();
    await model.conversation(1).load();
    assert.deepEqual(model.conversation(1).messages.map(one => one.content), ['kept', 'lost']);
    isBack = true;
    socket.dispatchEvent(Object.assign(new Event('reset'), { detail: {} }));
    await new Promise(resolve => setTimeout(resolve, 20));
    assert.deepEqual(model.summaries.map(one => one.last_message), ['kept']);
    assert.deepEqual(model.conversation(1).messages.map(one => one.content), ['kept']);
    isBack = false;
    await model.list();
    isBack = true;
    await model.more();
    assert.equal(model.hasMore, false, 'a page that was begun before is not gone on with');
    model.close();
});

