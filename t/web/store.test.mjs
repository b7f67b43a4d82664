// What a page knows of its conversations: each message once by whichever ways it comes, counts that are right.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ChatStore } from '../../mod_chat/web/store/chat_store.js';
import { ChatProblem } from '../../mod_chat/web/net/problem.js';
import { FakeChatSocket, fakeStorage, seeded, settle } from './lib/fakes.mjs';

const at = seq => `2026-03-10T10:00:${String(seq).padStart(2, '0')}.000000Z`;
const message = (seq, more = {}) => ({
    id: 100 + seq, seq, conversation_id: 1, content: `m${seq}`, created_at: at(seq), is_sent_by_user: false, sender_name: 'C', is_read: false, read_at: null,
    client_id: null, ...more,
});
const conversation = (id, seq, unread = 0, version = seq) => ({
    id, church_name: `C${id}`, last_message: `m${seq}`, last_message_id: 100 + seq, last_message_time: at(seq), unread_count: unread,
    created_at: at(0), updated_at: at(seq), version,
});
const counts = (messages, version, conversations = messages > 0 ? 1 : 0) => (
    { unread_count: messages, unread_messages: messages, unread_conversations: conversations, version });

/** A model on fakes; `answers`: path -> what REST gives, or a function of the path, or of promises. */
async function begin(answers = {}) {
    const socket = new FakeChatSocket();
    const asked = [];
    const rest = {
        get: async path => {
            asked.push(path);
            const found = Object.entries(answers).find(([start]) => path.startsWith(start))?.[1];
            const answer = typeof found === 'function' ? await found(path) : found;

            if (!answer || answer instanceof Error)
                throw answer ?? new ChatProblem('not_found', 'No.', { status: 404 });
            return structuredClone(answer);
        },
        post: async () => ({ conversation: conversation(9, 1) }),
        close() {},
    };
    const storage = fakeStorage();
    const model = new ChatStore('/api', { socket, rest, storage, window: {} });
    const events = [];

    for (const type of ['state', 'list', 'unread', 'conversation', 'message', 'problem'])
        model.addEventListener(type, ({ detail }) => events.push({ type, ...detail }));
    model.start();
    await settle();
    return { model, socket, events, asked, answers, storage };
}

const LIST = 'conversations/?';
const UNREAD = 'conversations/unread/';
const MESSAGES = 'conversations/1/messages/';
const seqs = talk => talk.messages.map(({ seq }) => seq);

test('the list', async t => {
    const { model, socket, events } = await begin({ [LIST]: { conversations: [conversation(2, 5, 2), conversation(1, 3)], ...counts(2, 10), next: null } });

    await t.test('is there, with its counts', () => {
        assert.deepEqual(model.summaries.map(({ id }) => id), [2, 1]);
        assert.deepEqual(Object.values(model.unreadAs()), [2, 1]);
    });
    await t.test('moves with what comes, and the server counts', () => {
        socket.tell('message', { message: message(6), conversation: conversation(1, 6, 1) });
        assert.deepEqual(model.summaries.map(({ id }) => id), [1, 2]);
        assert.equal(model.unreadAs().messages, 2);
        socket.tell('unread', counts(3, 11, 2));
        assert.deepEqual(Object.values(model.unreadAs()), [3, 2]);
        assert.equal(events.filter(({ type }) => type === 'message').length, 1);
    });
    await t.test('also where the conversation does not come with the message', () => {
        socket.tell('message', { message: message(7), conversation: null });
        assert.deepEqual([model.summary(1).last_message, model.summary(1).unread_count], ['m7', 2]);
    });
    await t.test('what is older changes nothing', () => {
        socket.tell('conversation', { conversation: conversation(1, 6, 1) });
        assert.equal(model.summary(1).last_message, 'm7');
    });
    await t.test('a file stands for a message that is nothing else', () => {
        socket.tell('message', { message: message(8, { content: '', attachment: { name: 'a.png' } }), conversation: null });
        assert.equal(model.summary(1).last_message, 'a.png');
    });
    await t.test('read elsewhere is read here', () => {
        socket.tell('read', { conversation_id: 1, up_to: 107, read_at: at(8), by_me: true, unread_count: 0, version: 8 });
        assert.deepEqual([model.summary(1).unread_count, model.summary(1).version], [0, 8]);
    });
    await t.test('or in part', () => {
        socket.tell('read', { conversation_id: 2, up_to: 104, read_at: at(8), by_me: true, unread_count: 1, version: 6 });
        assert.equal(model.summary(2).unread_count, 1);
    });
    model.close();
});

test('a list that does not come is a problem, and comes when it is asked for again', async () => {
    const { model, answers } = await begin();

    assert.equal(model.problem.status, 404);
    assert.equal(model.isListed, false);
    answers[LIST] = { conversations: [conversation(1, 1)], unread_count: 0, next: null };
    model.reconnect();
    await settle();
    assert.equal(model.problem, null);
    assert.equal(model.summaries.length, 1);
    model.close();
});

test('a conversation', async t => {
    const { model, socket, asked } = await begin({
        [LIST]: { conversations: [conversation(1, 4, 2)], ...counts(2, 4), next: null },
        [MESSAGES]: path => path.includes('before=103') ? { messages: [message(1), message(2)], has_more: false }
            : { messages: [message(3), message(4)], has_more: true },
    });
    const talk = model.conversation(1);

    socket.tell('message', { message: message(4), conversation: null });
    assert.deepEqual(seqs(talk), [], 'what comes before it is loaded is in what is loaded');
    await talk.load();
    await t.test('has each message once', () => {
        socket.tell('message', { message: message(4), conversation: null });
        socket.tell('message', { message: message(5), conversation: null });
        socket.tell('message', { message: message(5), conversation: null });
        assert.deepEqual(seqs(talk), [3, 4, 5]);
    });
    await t.test('in order, however they come', () => {
        socket.tell('message', { message: message(7), conversation: null });
        socket.tell('message', { message: message(6), conversation: null });
        assert.deepEqual(seqs(talk), [3, 4, 5, 6, 7]);
    });
    await t.test('goes on upward', async () => {
        assert.equal(talk.hasOlder, true);
        await Promise.all([talk.older(), talk.older()]);
        assert.deepEqual(seqs(talk), [1, 2, 3, 4, 5, 6, 7]);
        assert.equal(talk.hasOlder, false);
        assert.equal(asked.filter(path => path.includes('before=')).length, 1);
    });
    await t.test('is read once', () => {
        talk.read();
        talk.read();
        assert.deepEqual(socket.reads, [[1, 107]]);
        assert.equal(model.summary(1).unread_count, 0);
    });
    await t.test('a list that was on its way makes nothing unread again', () => {
        socket.tell('conversation', { conversation: conversation(1, 7, 4) });
        assert.equal(model.summary(1).unread_count, 0);
    });
    await t.test('what was deleted is gone, and does not come back on another way', () => {
        socket.tell('message_deleted', { conversation_id: 1, message_ids: [102, 105, 109] });
        assert.deepEqual(seqs(talk), [1, 3, 4, 6, 7]);
        for (const seq of [5, 9, 10])
            socket.tell('message', { message: message(seq), conversation: null });
        assert.deepEqual(seqs(talk), [1, 3, 4, 6, 7, 10]);
        socket.tell('message_deleted', { conversation_id: 2, message_ids: [101] });
        assert.ok(talk.has(101) && !talk.has(102), 'of another conversation');
    });
    await t.test('what has changed is as it is now, where it stood', () => {
        socket.tell('message_changed', { message: message(4, { attachment: null, content: 'without a file' }) });
        socket.tell('message_changed', { message: message(5) });
        assert.deepEqual([seqs(talk), talk.messages[2].content], [[1, 3, 4, 6, 7, 10], 'without a file']);
    });
    await t.test('where many were deleted, what there is is loaded anew', async () => {
        socket.tell('message_deleted', { conversation_id: 1, message_ids: null });
        assert.deepEqual([seqs(talk), talk.isLoading], [[], true]);
        await settle();
        assert.deepEqual(seqs(talk), [3, 4]);
    });
    model.close();
});

test('counts are the server\'s, and the higher version wins', async t => {
    const { model, socket, answers, events, asked } = await begin({ [LIST]: { conversations: [conversation(1, 4, 1)], ...counts(1, 5), next: null } });
    const told = [];

    model.addEventListener('unread', () => told.push(Object.values(model.unreadAs())));

    await t.test('whichever way they come, and in whichever order', async () => {
        answers[LIST] = { conversations: [conversation(1, 4, 1)], ...counts(1, 5), next: null };
        const delayed = model.list();

        socket.tell('unread', counts(0, 7));
        socket.tell('unread', counts(2, 6)); // overtaken
        await delayed;
        model.keep({ conversations: [], ...counts(3, 6) });
        assert.deepEqual(told, [[0, 0]]);
        assert.equal(events.filter(({ type }) => type === 'unread').length, 2, 'the first is told as well');
    });
    await t.test('those of a filtered list count, too', () => {
        model.keep({ conversations: [conversation(1, 5, 2)], ...counts(2, 8) });
        assert.deepEqual(told.at(-1), [2, 1]);
    });
    await t.test('as a member, and as staff', () => {
        const roles = () => [null, 'member', 'staff'].map(role => Object.values(model.unreadAs(role)));
        const { length } = told;

        socket.tell('unread', { ...counts(5, 9, 3), as_member: { unread_messages: 1, unread_conversations: 1 } });
        assert.deepEqual(roles(), [[5, 3], [1, 1], [4, 2]]);
        socket.tell('unread', { ...counts(5, 10, 3), as_member: { unread_messages: 2, unread_conversations: 1 } });
        assert.deepEqual(roles(), [[5, 3], [2, 1], [3, 2]]);
        assert.equal(told.length, length + 2, 'it is told, although the sum is the same');
        socket.tell('unread', { ...counts(5, 9, 3), as_member: { unread_messages: 5, unread_conversations: 3 } });
        assert.deepEqual(roles(), [[5, 3], [2, 1], [3, 2]], 'an older one is not believed');
    });
    await t.test('a server of the release before says none of it: all is taken for either', () => {
        socket.tell('unread', counts(3, 11, 2));
        assert.deepEqual([model.unreadAs('member'), model.unreadAs('staff')], [model.unreadAs(), model.unreadAs()]);
    });
    await t.test('and nobody is asked', () => assert.deepEqual(asked.filter(path => path.startsWith(UNREAD)), []));
    await t.test('in another epoch versions begin anew', async () => {
        answers[LIST] = { conversations: [conversation(1, 1, 1)], ...counts(1, 2), next: null };
        socket.tell('reset', {});
        await settle();
        assert.deepEqual([model.unreadAs().messages, model.summary(1).last_message], [1, 'm1']);
    });
    model.close();
});

test('what is read as it comes is not read twice', async t => {
    for (const [how, comes] of [['as a conversation before', 1], ['with its conversation', 0], ['alone', 0]])
        await t.test(how, async () => {
            const { model, socket } = await begin({
                [LIST]: { conversations: [conversation(1, 4), conversation(2, 4, 3)], ...counts(3, 8), next: null },
                [MESSAGES]: { messages: [message(4, { is_read: true })], has_more: false },
            });
            const talk = model.conversation(1);

            await talk.load();
            model.addEventListener('conversation', ({ detail: { what } }) => what === 'messages' && talk.read()); // it is shown
            if (comes)
                socket.tell('conversation', { conversation: conversation(1, 5, 1) });
            assert.equal(model.summary(1).unread_count, comes);
            socket.tell('message', { message: message(5), conversation: how.startsWith('with') ? conversation(1, 5, 1) : null });
            assert.deepEqual([model.summary(1).unread_count, socket.reads.length], [0, 1]);
            model.close();
        });
});

test('after too much was missed, there is no hole', async () => {
    const pages = [{ messages: [message(1), message(2)], has_more: false }, { messages: [message(50), message(51)], has_more: true }];
    const { model, socket } = await begin({ [LIST]: { conversations: [], unread_count: 0, next: null }, [MESSAGES]: () => pages.shift() });
    const talk = model.conversation(1);

    await talk.load();
    socket.tell('lost', { conversation_id: 1 });
    await settle();
    assert.deepEqual(seqs(talk), [50, 51]);
    assert.equal(talk.hasOlder, true);
    model.close();
});

test('what is sent', async t => {
    const { model, socket } = await begin({
        [LIST]: { conversations: [conversation(1, 1)], unread_count: 0, next: null }, [MESSAGES]: { messages: [message(1)], has_more: false },
    });
    const talk = model.conversation(1);
    const stored = ({ clientId, content }, seq) => message(seq, { is_sent_by_user: true, client_id: clientId, content });

    await talk.load();
    await t.test('is there at once', () => {
        talk.send('hello');
        assert.deepEqual(talk.pending.map(({ content, isFailed }) => [content, isFailed]), [['hello', false]]);
    });
    await t.test('and once when it is stored: by the event, then by the answer', async () => {
        const [sent] = socket.sent;

        socket.tell('message', { message: stored(sent, 2), conversation: null });
        assert.deepEqual([talk.pending.length, seqs(talk)], [0, [1, 2]]);
        sent.resolve(stored(sent, 2));
        await settle();
        assert.deepEqual([talk.pending.length, seqs(talk)], [0, [1, 2]]);
    });
    await t.test('and by the answer, then by the event', async () => {
        talk.send('again');
        const sent = socket.sent.at(-1);

        sent.resolve(stored(sent, 3));
        await settle();
        socket.tell('message', { message: stored(sent, 3), conversation: null });
        assert.deepEqual([talk.pending.length, seqs(talk)], [0, [1, 2, 3]]);
    });
    await t.test('what was refused stays, and is tried again under the same client_id', async () => {
        talk.send('later');
        const first = socket.sent.at(-1);

        first.reject(new ChatProblem('timeout', 'No answer.'));
        await settle();
        assert.deepEqual(talk.pending.map(({ isFailed, problem }) => [isFailed, problem.code]), [[true, 'timeout']]);
        talk.retry(first.clientId);
        assert.equal(talk.retry(first.clientId), null, 'not twice at once');
        const second = socket.sent.at(-1);

        assert.notEqual(second, first);
        assert.equal(second.clientId, first.clientId);
        second.resolve(stored(second, 4));
        await settle();
        assert.deepEqual([talk.pending.length, seqs(talk)], [0, [1, 2, 3, 4]]);
    });
    await t.test('an answer that says no after the message has come says nothing', async () => {
        talk.send('came');
        const sent = socket.sent.at(-1);

        socket.tell('message', { message: stored(sent, 5), conversation: null });
        sent.reject(new ChatProblem('timeout', 'No answer.'));
        await settle();
        assert.deepEqual([talk.pending.length, seqs(talk)], [0, [1, 2, 3, 4, 5]]);
    });
    await t.test('client_ids are all different, and ones that the server takes', () => {
        const ids = socket.sent.map(({ clientId }) => clientId);

        for (let i = 0; i < 50; i++)
            talk.send(`x${i}`);
        assert.equal(new Set(socket.sent.map(({ clientId }) => clientId)).size, socket.sent.length - 1); // one was tried twice
        assert.ok(ids.every(one => /^[\x21-\x7e]{16,64}$/.test(one)));
    });
    model.close();
});

test('what was on its way when the page was left', async t => {
    const empty = { [LIST]: { conversations: [], unread_count: 0, next: null } };
    const left = async () => {
        const first = await begin(empty);

        first.socket.tell('state', { state: 'online', reason: null }); // user 7 owns it
        first.model.conversation(1).send('interrupted');
        first.model.close();
        const second = await begin(empty);
        const socket = Object.assign(new FakeChatSocket(), { state: 'connecting' });
        const copy = new ChatStore('/api', { socket, rest: second.model.rest, storage: first.storage, window: {} });
        const tell = state => socket.tell('state', { state, reason: null });

        t.after(() => [second.model, copy].forEach(model => model.close()));
        return { socket, copy, tell, clientId: first.socket.sent[0].clientId };
    };

    await t.test('goes out at the next hello, also where nobody has opened the conversation', async () => {
        const { socket, copy, tell, clientId } = await left();

        tell('online');
        assert.deepEqual(socket.sent.map(one => [one.id, one.content, one.clientId]), [[1, 'interrupted', clientId]]);
        socket.sent[0].resolve(message(1, { client_id: clientId, is_sent_by_user: true }));
        await settle();
        assert.deepEqual(copy.conversation(1).pending, []);
        tell('waiting');
        tell('online');
        assert.equal(socket.sent.length, 1, 'once');
    });
    await t.test('waits until then', async () => {
        const { socket, copy } = await left();

        assert.deepEqual(copy.conversation(1).pending.map(({ isFailed }) => isFailed), [false]);
        assert.equal(socket.sent.length, 0);
    });
    await t.test('is not sent for somebody else', async () => {
        const { socket, copy, tell } = await left();

        copy.conversation(1);
        socket.userId = 8;
        tell('online');
        assert.deepEqual([copy.conversation(1).pending, socket.sent], [[], []]);
    });
    await t.test('without a socket nobody says who it is: its writer sends it', async () => {
        const { socket, copy, tell, clientId } = await left();

        tell('polling');
        assert.deepEqual(copy.conversation(1).pending.map(({ isFailed, problem }) => [isFailed, problem.code]), [[true, 'interrupted']]);
        copy.conversation(1).retry(clientId);
        assert.deepEqual(socket.sent.map(one => one.clientId), [clientId]);
    });
    await t.test('and so does what was given up for want of a connection', async () => {
        const { socket, copy, tell } = await left();

        tell('online');
        for (const code of ['timeout', 'stopped']) {
            socket.sent.at(-1).reject(new ChatProblem(code, 'No.'));
            await settle();
            tell('online');
        }
        assert.equal(socket.sent.length, 3);
        socket.sent.at(-1).reject(new ChatProblem('spam', 'No.', { status: 422 }));
        await settle();
        tell('online');
        assert.equal(socket.sent.length, 3, 'but not what was refused');
        assert.equal(copy.conversation(1).pending[0].problem.code, 'spam');
    });
});

test('a delayed list does not undo what is newer', async t => {
    const late = async (whileItIsOnItsWay, more = {}) => {
        let answer;
        const list = { conversations: [{ ...conversation(1, 3, 2), ...more }], ...counts(2, 3), next: null };
        const { model, socket, answers } = await begin({ [LIST]: list });

        answers[LIST] = () => new Promise(resolve => { answer = () => resolve(list); });
        const listed = model.list();

        await settle();
        await whileItIsOnItsWay(model, socket);
        await settle();
        answer();
        await listed;
        return model.summary(1);
    };

    await t.test('read elsewhere', async () => {
        const summary = await late((_, socket) => socket.tell('read',
            { conversation_id: 1, up_to: 103, read_at: at(4), by_me: true, unread_count: 0, version: 4 }));

        assert.equal(summary.unread_count, 0);
    });
    await t.test('read elsewhere, as its messages say', async () => {
        const summary = await late((_, socket) => socket.tell('read', { conversation_id: 1, up_to: 103, read_at: at(4), by_me: true }));

        assert.equal(summary.unread_count, 0);
    });
    await t.test('blocked', async () => {
        const summary = await late(model => model.change(1, { member_blocked: true }), { member_blocked: false });

        assert.equal(summary.member_blocked, true);
    });
    await t.test('a message, with its conversation and without', async () => {
        for (const one of [conversation(1, 4, 3), null]) {
            const summary = await late((_, socket) => socket.tell('message', { message: message(4), conversation: one }));

            assert.deepEqual([summary.last_message, summary.unread_count], ['m4', 3]);
        }
    });
    await t.test('the higher version wins', async () => {
        const summary = await late((_, socket) => socket.tell('conversation', { conversation: conversation(1, 3, 0, 9) }));

        assert.deepEqual([summary.version, summary.unread_count], [9, 0]);
    });
    await t.test('what the server has said since is believed', async () => {
        const { model, socket, answers } = await begin({ [LIST]: { conversations: [conversation(1, 3, 2)], ...counts(2, 3), next: null } });

        model.change(1, { member_blocked: true });
        socket.tell('conversation', { conversation: { ...conversation(1, 3, 2, 4), member_blocked: true } });
        answers[LIST] = { conversations: [{ ...conversation(1, 3, 2, 5), member_blocked: false }], ...counts(2, 3), next: null };
        await model.list();
        assert.equal(model.summary(1).member_blocked, false);
    });
});

test('seen by the other side', async () => {
    const own = seq => message(seq, { is_sent_by_user: true });
    const { model, socket } = await begin({
        [LIST]: { conversations: [], unread_count: 0, next: null }, [MESSAGES]: { messages: [own(1), own(2), message(3)], has_more: false },
    });
    const talk = model.conversation(1);

    await talk.load();
    socket.tell('read', { conversation_id: 1, up_to: 103, read_at: at(9), by_me: false });
    assert.deepEqual(talk.messages.map(one => one.is_read), [true, true, false]);
    socket.tell('message', { message: own(4), conversation: null });
    assert.equal(talk.newest.is_read, false);
    model.close();
});

test('whatever comes, in whichever order and how often: each message once', async () => {
    const random = seeded(20260310);
    const below = n => Math.floor(random() * n);

    for (let round = 0; round < 60; round++) {
        const all = [];
        const page = limit => ({ messages: all.slice(-limit), has_more: all.length > limit });
        const { model, socket } = await begin({ [LIST]: { conversations: [], unread_count: 0, next: null }, [MESSAGES]: () => page(50) });
        const talk = model.conversation(1);
        const store = (clientId, content) => all.find(one => one.client_id && one.client_id === clientId) ??
            all[all.push(message(all.length + 1, { is_sent_by_user: clientId !== null, client_id: clientId, content })) - 1];

        await talk.load();
        for (let step = 0; step < 40; step++) {
            const sent = socket.sent[below(Math.max(1, socket.sent.length))];

            switch (below(6)) {
            case 0: talk.send(`round ${round} step ${step}`); break;
            case 1: if (sent) sent.resolve(store(sent.clientId, sent.content)); break;
            case 2: if (sent) { store(sent.clientId, sent.content); sent.reject(new ChatProblem('timeout', 'lost')); } break; // stored, and nobody hears so
            case 3: for (const one of talk.pending) talk.retry(one.clientId); break;
            case 4: if (all.length > 0) socket.tell('message', { message: all[below(all.length)], conversation: null }); break;
            default: store(null, `theirs ${step}`); await talk.load();
            }
            await settle();
        }
        for (const { clientId } of talk.pending)
            talk.retry(clientId);
        for (const sent of socket.sent)
            sent.resolve(store(sent.clientId, sent.content));
        await talk.load();
        await settle();
        assert.deepEqual(seqs(talk), all.map(({ seq }) => seq), `round ${round}`);
        assert.deepEqual(talk.pending, [], `round ${round}`);
        model.close();
    }
});

test('which files can be sent', async t => {
    const { model, socket } = await begin();
    const told = [];

    model.addEventListener('files', () => told.push(model.files));
    await t.test('is not known before the server has been heard', () => assert.equal(model.files, null));
    await t.test('nor said by an older one: it may accept them', () => {
        socket.tell('state', { state: 'online', reason: null });
        assert.deepEqual(model.files, {});
    });
    await t.test('is what hello says, also while there is no connection', () => {
        socket.files = { max_size: 10, content_types: null };
        socket.become('waiting');
        assert.equal(model.files, socket.files);
    });
    await t.test('is none where it says so', () => {
        socket.files = null;
        assert.equal(model.files, null);
    });
    await t.test('or where one was refused for that', () => {
        socket.files = undefined;
        model.refuseFiles();
        assert.deepEqual([model.files, told], [null, [null]]);
    });
    model.close();
});

test('files on their way', async t => {
    const { model, socket } = await begin();
    const calls = [];
    const uploads = model.uploads(class {
        constructor(deps) { this.deps = deps; }
        onOnline() { calls.push('online'); }
        refuseAll(makeProblem) { calls.push(makeProblem().code); }
    });

    await t.test('are sent by one for all elements', () => {
        assert.equal(model.uploads(class {}), uploads);
        assert.equal(model.uploads(), uploads);
    });
    await t.test('are told when there is a connection again', () => {
        for (const state of ['waiting', 'online', 'waiting', 'polling']) {
            socket.become(state);
            assert.equal(uploads.deps.isOnline(), state !== 'waiting');
        }
        assert.deepEqual(calls.splice(0), ['online', 'online']);
    });
    await t.test('and not sent after all where the server was set back, for another user, or by an element that is gone', () => {
        socket.tell('reset', {});
        socket.become('stopped', 'login');
        socket.tell('state', { state: 'stopped', reason: 'user' });
        model.close();
        assert.deepEqual(calls, ['restored', 'user', 'closed']);
    });
});
