// A part of a conversation that is further up than what is loaded (mod_chat/web/store/message_window.js): paging both ways,
// what comes meanwhile, and that conversation, sequencer and receipts know nothing of it. With a fake server.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ChatStore } from '../../mod_chat/web/store/chat_store.js';
import { MessageWindow } from '../../mod_chat/web/store/message_window.js';
import { Client } from './lib/client.mjs';
import { fakeStorage, reply } from './lib/fakes.mjs';

const COUNT = 300;
const PATH = 'conversations/1/messages/';
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** A conversation whose newest page is loaded, and a part of it around the message with this seq; `heard`: what views are told. */
async function begin({ at, count = COUNT, isLoaded = true }) {
    const client = new Client();
    const { server } = client;

    server.addConversation(1, count);
    const store = new ChatStore('/api', {
        socket: client.chat, window: client.window, storage: fakeStorage(),
    });
    const conversation = store.conversation(1);

    store.start();
    await client.clock.tick();
    if (isLoaded)
        await loaded(client, conversation.load());
    server.requests.length = 0;
    const one = { client, server, store, conversation, heard: 0 };

    one.part = new MessageWindow(conversation, { rest: store.rest, onChange: () => one.heard++ });
    one.idOf = seq => server.conversations.get(1).messages.find(message => message.seq === seq)?.id;
    one.seqs = () => one.part.messages.map(({ seq }) => seq);
    one.all = () => conversation.messages.map(({ seq }) => seq);
    if (at !== undefined)
        await loaded(client, one.part.load(one.idOf(at)));
    return one;
}

async function loaded(client, promise) {
    await client.clock.tick();
    await promise;
}

test('around a message, and from there both ways', async t => {
    const one = await begin({ at: 100 });
    const { client, part, conversation, server } = one;

    await t.test('there is one page to either side', () => {
        assert.deepEqual(one.seqs(), range(76, 125));
        assert.deepEqual([part.hasOlder, part.hasNewer, part.isLoaded, part.isLoading], [true, true, true, false]);
        assert.ok(part.has(one.idOf(100)) && !part.has(one.idOf(126)));
        assert.equal(part.join(), false, 'it is far from what the conversation has');
    });
    await t.test('what is deleted or changes meanwhile does so here', () => {
        const { heard } = one;
        const [first, second] = part.messages;

        part.replace({ ...second, content: 'another one' });
        part.remove([first.id, 0]);
        part.remove(null);
        assert.deepEqual([one.seqs(), part.messages[0].content, one.heard - heard], [range(77, 125), 'another one', 3]);
        part.messages.unshift(first);
    });
    await t.test('up to the beginning', async () => {
        await loaded(client, part.older());
        assert.deepEqual(one.seqs(), range(26, 125));
        await loaded(client, part.older());
        assert.deepEqual([one.seqs()[0], part.hasOlder], [1, false]);
        server.requests.length = 0;
        await loaded(client, part.older());
        assert.deepEqual(server.requests, [], 'there is nothing before it');
    });
    await t.test('down until it meets what the conversation has', async () => {
        assert.deepEqual(one.all(), range(251, 300));
        for (const end of [175, 225]) {
            await loaded(client, part.newer());
            assert.deepEqual([one.seqs().at(-1), part.join()], [end, false]);
        }
        await loaded(client, part.newer());
        assert.equal(part.join(), true);
        assert.deepEqual(one.all(), range(1, 300), 'the conversation has all, each once');
        assert.equal(conversation.hasOlder, false);
    });
});

test('what is next to it needs no more pages', async () => {
    const one = await begin({ at: 225 });

    assert.deepEqual(one.seqs(), range(201, 250));
    assert.equal(one.part.join(), true, '251 is the first that the conversation has');
    assert.deepEqual(one.all(), range(201, 300));
    assert.equal(one.conversation.hasOlder, true);
});

test('what is within what the conversation has changes nothing', async () => {
    const one = await begin({ count: 80 });

    await loaded(one.client, one.conversation.older());
    assert.deepEqual([one.all()[0], one.conversation.hasOlder], [1, false]);
    await loaded(one.client, one.part.load(one.idOf(40)));
    assert.deepEqual([one.part.hasOlder, one.part.join()], [true, true]);
    assert.deepEqual([one.all(), one.conversation.hasOlder], [range(1, 80), false]);
});

test('one page at a time, in whichever direction', async () => {
    const { client, part, server, seqs } = Object.assign(await begin({ at: 100 }));

    server.requests.length = 0;
    await loaded(client, Promise.all([part.newer(), part.newer(), part.older()]));
    assert.equal(server.requests.length, 1);
    assert.deepEqual(seqs(), range(76, 175));
});

test('what comes meanwhile', async t => {
    const one = await begin({ at: 100 });
    const { client, server, part, conversation, store } = one;

    await t.test('goes to the conversation, and not after the gap', async () => {
        const seen = one.seqs();

        server.post(1, 'live');
        await client.clock.tick();
        assert.equal(one.all().at(-1), 301);
        assert.deepEqual(one.seqs(), seen);
        assert.equal(part.join(), false);
    });
    await t.test('what is sent is not in it', async () => {
        const sending = conversation.send('mine');

        assert.deepEqual([conversation.pending.length, part.pending.length], [1, 0]);
        await loaded(client, sending);
        assert.deepEqual([one.all().at(-1), one.seqs().at(-1)], [302, 125]);
    });
    await t.test('the server has been told of no receipt, and nothing is asked for twice', () => {
        assert.deepEqual(client.server.socket.saidOf('read'), []);
        assert.equal(store.summary(1).unread_count, 301, 'what was loaded to be read further up is as unread as before');
        assert.equal(server.requestsOf('GET', PATH).length, 2);
    });
    await t.test('after an outage, what was missed is resumed from what the conversation has', async () => {
        server.socket.end(1006);
        server.post(1, 'missed', { isQuiet: true });
        await client.clock.tick(90000);
        assert.equal(one.all().at(-1), 303);
        assert.equal(one.seqs().at(-1), 125);
    });
    await t.test('and when it is met, nothing is missing and nothing is there twice', async () => {
        for (let pages = 0; !part.join(); pages++) {
            assert.ok(pages < 5);
            await loaded(client, part.newer());
        }
        assert.deepEqual(one.all(), range(76, 303));
    });
});

test('messages that were deleted between them do not keep them apart', async () => {
    const one = await begin({ at: 200 });

    one.server.conversations.get(1).messages = one.server.conversations.get(1).messages.filter(({ seq }) => seq <= 225 || seq > 255);
    await loaded(one.client, one.part.newer());
    assert.equal(one.part.join(), true);
    assert.deepEqual([one.all()[0], one.all().includes(225), one.all().at(-1)], [176, true, 300]);
});

test('where what the conversation has was deleted, and all between, it is loaded once, and met', async () => {
    const one = await begin({ at: 200 });
    const { client, part, server } = one;

    server.conversations.get(1).messages = server.conversations.get(1).messages.filter(({ seq }) => seq <= 230);
    await loaded(client, part.newer());
    assert.deepEqual([one.seqs().at(-1), part.hasNewer, part.join()], [230, false, false]);
    server.requests.length = 0;
    await loaded(client, Promise.all([part.meet(), part.meet()]));
    assert.equal(server.requests.length, 1);
    assert.equal(part.join(), true);
    assert.ok(one.all().includes(176) && one.all().includes(230));
});

test('a conversation that cannot be loaded then is a problem, which asks for nothing by itself', async () => {
    const one = await begin({ at: 290, isLoaded: false });
    const { client, part, server } = one;
    const { answer } = server;

    assert.equal(part.hasNewer, false);
    server.answer = async () => reply(503, { status: 503, code: 'busy', detail: 'Busy.' });
    await loaded(client, part.meet());
    assert.deepEqual([part.problem?.status, await part.meet()], [503, false]);
    server.answer = answer;
    await loaded(client, part.newer());
    assert.deepEqual([part.problem, part.hasNewer, part.join()], [null, false, false]);
    await loaded(client, part.meet());
    assert.deepEqual([part.problem, part.join(), one.all().at(-1)], [null, true, 300]);
});

test('at an end that meets nothing even so, nothing is asked for without end', async () => {
    const one = await begin({ at: 200 });
    const { client, part, server, conversation } = one;

    server.conversations.get(1).messages = server.conversations.get(1).messages.filter(({ seq }) => seq <= 225);
    await loaded(client, part.newer());
    conversation.absorb = () => false;
    server.requests.length = 0;
    for (let i = 0; i < 5; i++) {
        if (part.hasNewer)
            await loaded(client, part.newer());
        await loaded(client, part.meet());
    }
    assert.equal(server.requests.length, 2, 'the conversation, and once more what is after the last');
    assert.equal(part.hasNewer, false);
});

test('a message that was deleted: what is around its place', async () => {
    const one = await begin({});
    const id = one.idOf(100);

    one.server.conversations.get(1).messages = one.server.conversations.get(1).messages.filter(({ seq }) => seq !== 100);
    await loaded(one.client, one.part.load(id));
    assert.equal(one.part.has(id), false);
    assert.deepEqual([one.seqs()[0], one.seqs().at(-1)], [75, 125]);
});

test('one that is newer than all that the conversation has is not joined over a gap', async () => {
    const one = await begin({ count: 60 });

    one.client.chat.close(); // it hears nothing any more
    for (let i = 0; i < 100; i++)
        one.server.post(1, `later ${i}`, { isQuiet: true });
    const rest = { get: async path => JSON.parse(await (await one.server.answer({ method: 'GET', path: path.split('?')[0],
        query: Object.fromEntries(new URLSearchParams(path.split('?')[1])) })).text()) };
    const part = new MessageWindow(one.conversation, { rest, onChange: () => {} });

    await part.load(one.idOf(140));
    assert.deepEqual([part.messages[0].seq, part.messages.at(-1).seq], [116, 160]);
    assert.equal(part.join(), false);
    assert.equal(one.all().at(-1), 60);
});

test('while the conversation is not loaded, nothing is joined', async () => {
    const one = await begin({ at: 290, isLoaded: false });

    assert.equal(one.part.join(), false);
    await loaded(one.client, one.conversation.load());
    assert.equal(one.part.join(), true);
    assert.deepEqual(one.all(), range(251, 300));
    assert.equal(one.conversation.hasOlder, true);
});

test('a page that does not come is a problem, and comes when it is asked for again', async () => {
    const one = await begin({ at: 100 });
    const { answer } = one.server;

    one.server.answer = async () => reply(503, { status: 503, code: 'busy', detail: 'Busy.' });
    await loaded(one.client, one.part.newer());
    assert.deepEqual([one.part.problem?.status, one.part.isLoading, one.seqs().at(-1)], [503, false, 125]);
    one.server.answer = answer;
    await loaded(one.client, one.part.newer());
    assert.deepEqual([one.part.problem, one.seqs().at(-1)], [null, 175]);
});
