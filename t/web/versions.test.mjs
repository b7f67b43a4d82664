// What a page shows of its conversations and counts is what the server said last, however answers and frames overtake
// each other; and messages cost no request.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ConversationQuery } from '../../mod_chat/web/store/conversation_query.js';
import { ChatStore } from '../../mod_chat/web/store/chat_store.js';
import { Client } from './lib/client.mjs';
import { seeded, settle } from './lib/fakes.mjs';

/** A store on a fake server that has conversations 1 to 3, the second as staff, caught up. */
async function begin(options = {}) {
    const client = new Client(options);

    for (const id of [1, 2, 3])
        client.server.addConversation(id, id, { isStaff: id === 2 });
    const store = new ChatStore('/api', { socket: client.chat, window: client.window });

    store.start();
    await client.clock.tick(10);
    await settle();
    return { client, server: client.server, clock: client.clock, store };
}

/* What a page shows, and what the server has. */
const shown = store => ({
    rows: store.summaries.map(one => [one.id, one.last_message, one.unread_count]).sort(),
    unread: [null, 'member', 'staff'].map(role => store.unreadAs(role)),
});
const truth = server => ({
    rows: [...server.conversations.values()].map(one => server.json(one)).map(one => [one.id, one.last_message, one.unread_count]).sort(),
    unread: [() => true, one => !one.isStaff, one => one.isStaff]
        .map(isMeant => [...server.conversations.values()].filter(one => isMeant(one) && one.unread > 0))
        .map(some => ({ messages: some.reduce((sum, one) => sum + one.unread, 0), conversations: some.length })),
});
const gets = server => server.requests.filter(({ method }) => method === 'GET').map(({ path, query }) => [path, query]);

test('a page asks for one list', async t => {
    const { client, server, store } = await begin();

    t.after(() => store.close());
    const lists = gets(server).filter(([path]) => path === 'conversations/');

    assert.deepEqual(shown(store), truth(server));
    assert.equal(lists.filter(([, query]) => !query.updated_since).length, 1);
    assert.equal(lists.filter(([, query]) => query.updated_since).length, 1, 'and once for what came before hello');
    assert.equal(gets(server).length, 2);
    assert.equal(client.of('caughtup').length, 1);
});

test('30 messages cost no GET', async t => {
    for (const [where, prepare] of [['a list', () => {}], ['an inbox', store => new ConversationQuery(store).load()],
        ['an open conversation', store => store.conversation(1).load()]])
        await t.test(where, async () => {
            const { server, clock, store } = await begin();

            await prepare(store);
            await settle();
            server.requests.length = 0;
            for (let n = 0; n < 30; n++) {
                server.post(1 + n % 3, `message ${n}`, { byUser: n % 7 === 6 });
                await clock.tick(n % 2 ? 50 : 1000);
                assert.deepEqual(shown(store), truth(server), `message ${n}`);
                if (n % 10 === 9)
                    server.read(1 + n % 3);
            }
            await clock.tick(60000);
            assert.deepEqual(shown(store), truth(server));
            assert.deepEqual(gets(server), []);
            store.close();
        });
});

test('without a socket, lists and unread/ say it', async t => {
    const { server, clock, store } = await begin();

    t.after(() => store.close());
    server.sockets_are_let_through = false;
    server.socket.end(1006);
    await clock.tick(120000);
    assert.equal(store.state, 'polling');
    server.post(1, 'polled');
    await clock.tick(20000);
    assert.deepEqual(shown(store).unread, truth(server).unread);
});

test('answers that are delayed, swapped or lost undo nothing', async () => {
    const random = seeded(20261129);

    for (let round = 0; round < 40; round++) {
        const { client, server, clock, store } = await begin({ random });
        const query = new ConversationQuery(store);
        const answer = server.answer.bind(server);

        // What the server said at that moment comes at another one.
        server.answer = async request => {
            const reply = await answer(request);

            await new Promise(resolve => clock.setTimeout(resolve, 2000 * random()));
            if (random() < 0.2)
                throw new TypeError('Failed to fetch');
            return reply;
        };
        for (let step = 0; step < 60; step++) {
            const id = 1 + Math.floor(3 * random());

            switch (Math.floor(7 * random())) {
            case 0: case 1: server.post(id, `${round}.${step}`); break;
            case 2: server.post(id, `${round}.${step}`, { byUser: true }); break;
            case 3: server.read(id); break;
            case 4: store.list(); break;
            case 5: query.set({ words: random() < 0.5 ? 'church' : '' }); break;
            default: await clock.tick(500 * random());
            }
            await settle();
            assert.deepEqual(shown(store), truth(server), `round ${round}, step ${step}`);
        }
        await clock.tick(60000);
        assert.deepEqual(shown(store), truth(server), `round ${round}`);
        assert.equal(client.of('reset').length, 0);
        store.close();
    }
});
