// Files on their way: one after the other and in order with texts, cancelled, sent again with the same client_id, refused.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Rest } from '../../mod_chat/web/net/rest.js';
import { SILENCE_MS } from '../../mod_chat/web/net/upload_request.js';
import { BYTES_MAX, FILES_MAX, Uploads } from '../../mod_chat/web/net/uploads.js';
import { Conversation } from '../../mod_chat/web/store/conversation.js';
import { problemOf } from './lib/client.mjs';
import { FakeClock, settle } from './lib/fakes.mjs';

/** What a test does to the newest request: progress(), answer(), fail(). */
class FakeRequest {
    static all = [];
    upload = {};
    headers = {};
    isAborted = false;
    isEnded = false;

    constructor() {
        FakeRequest.all.push(this);
    }

    open(method, url) {
        Object.assign(this, { method, url });
    }

    setRequestHeader(name, value) {
        this.headers[name] = value;
    }

    send(body) {
        this.body = body;
    }

    abort() {
        this.isAborted = this.isEnded = true;
    }

    progress(loaded, total = 100) {
        this.upload.onprogress({ loaded, total });
        if (loaded === total)
            this.upload.onload({});
    }

    async answer(status, json, headers = {}) {
        this.isEnded = true;
        Object.assign(this, { status, responseURL: `https://chat.example${this.url}`, responseText: JSON.stringify(json) });
        this.getResponseHeader = name => headers[name] ?? null;
        this.onload();
        await settle();
    }

    async stores(seq = 1) {
        const message = { id: 100 + seq, seq, conversation_id: 1, content: this.body.get('content'), client_id: this.body.get('client_id'), is_sent_by_user: true };

        await this.answer(201, { message });
        return message;
    }

    async refuses(status, code, retryAfter) {
        await this.answer(status, { status, code, detail: 'No.' }, retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) });
    }

    async fails() {
        this.isEnded = true;
        this.onerror();
        await settle();
    }
}

/** One user on a page with conversation 1; `requests` are those of files, `texts` what the socket was given. */
function begin({ files = { max_size: 1000, content_types: null } } = {}) {
    const clock = new FakeClock();
    const requests = FakeRequest.all = [];
    const window = new EventTarget();
    const texts = [];
    const changes = [];
    const dropped = [];
    const one = { clock, requests, window, texts, changes, dropped, isOnline: true };
    const rest = new Rest('/api', { fetch: async () => { throw new TypeError('no'); }, clock, cookies: () => 'chat_csrf=t1' });

    rest.setUser('tag7');
    let ids = 0;

    one.rest = rest;
    one.uploads = new Uploads({ rest, clock, random: () => 0.5, window, XMLHttpRequest: FakeRequest, isOnline: () => one.isOnline, files: () => files });
    one.conversation = new Conversation(1, {
        rest,
        socket: {
            send: (id, content, { clientId }) => new Promise((resolve, reject) => texts.push({ content, clientId, resolve, reject })),
            withdraw() {}, watch() {}, unwatch() {}, typing() {},
        },
        drafts: { unsent: () => [], addUnsent() {}, dropUnsent: id => dropped.push(id) },
        newClientId: () => `k${++ids}`,
        uploads: () => one.uploads,
        onChange: what => changes.push(what),
        onGone() {},
    });
    one.asks = () => {
        const event = Object.defineProperty(new Event('beforeunload', { cancelable: true }), 'returnValue', { writable: true });

        window.dispatchEvent(event);
        return event.defaultPrevented;
    };
    return one;
}

/** As a view makes one. */
function upload(name = 'a.txt', bytes = 'hello', { prepare } = {}) {
    const states = [];
    let state = null;

    return {
        name, size: bytes.length, states, progress: 0, isReleased: false,
        prepare: prepare ?? (async () => new Blob([bytes])),
        release() { this.isReleased = true; },
        get state() { return state; },
        set state(value) { states.push(value); state = value; },
    };
}

const pendingOf = one => one.conversation.pending.map(({ clientId, isFailed }) => isFailed ? `${clientId}!` : clientId);

test('a file', async t => {
    const one = begin();
    const file = upload('Ünï.txt');
    const sent = one.conversation.sendFile(file, 'see this');

    await settle();
    const [request] = one.requests;

    await t.test('is shown at once, as it is on its way', () => {
        assert.deepEqual(one.changes, ['pending']);
        assert.equal(one.conversation.pending[0].attachment, null);
        assert.equal(one.conversation.pending[0].upload, file);
        assert.equal(one.conversation.pending[0].content, 'see this');
    });
    await t.test('goes out as a form, with the token and the tag of the user', async () => {
        assert.deepEqual([request.method, request.url], ['POST', '/api/conversations/1/messages/']);
        assert.deepEqual(request.headers, { 'X-CSRFToken': 't1', 'X-Chat-User': 'tag7' }, 'and no type: its boundary is the browser\'s');
        assert.deepEqual([...request.body.keys()], ['content', 'client_id', 'attachment'], 'the file is the last');
        assert.deepEqual([request.body.get('content'), request.body.get('client_id')], ['see this', 'k1']);
        assert.equal(request.body.get('attachment').name, 'Ünï.txt');
        assert.equal(await request.body.get('attachment').text(), 'hello');
    });
    await t.test('says how much has left', () => {
        request.progress(25);
        assert.equal(file.progress, 0.25);
        assert.deepEqual(file.states, ['waiting', 'sending']);
        request.progress(100);
        assert.deepEqual([file.progress, file.state], [1, 'sent']);
    });
    await t.test('asks whoever closes the page meanwhile', () => assert.ok(one.asks()));
    await t.test('is a message then', async () => {
        const message = await request.stores();

        assert.equal(await sent, null);
        await one.conversation.receive(message);
        assert.deepEqual(pendingOf(one), []);
        assert.ok(file.isReleased, 'its preview takes no memory any more');
    });
    await t.test('and closing the page asks nobody', () => assert.ok(!one.asks()));
    await t.test('no timer is left', () => assert.equal(one.clock.timers.size, 0));
});

test('several go one after the other, in order with what is written meanwhile', async t => {
    const one = begin();

    one.conversation.send('before');
    one.conversation.sendFile(upload('a'), '');
    one.conversation.sendFile(upload('b'), '');
    one.conversation.send('after');
    one.conversation.send('and this');
    await settle();
    const store = (text, seq) => text.resolve({ id: 100 + seq, seq, client_id: text.clientId, is_sent_by_user: true });

    await t.test('the first file waits for the text before it', async () => {
        assert.deepEqual([one.texts.map(({ content }) => content), one.requests.length], [['before'], 0]);
        store(one.texts[0], 1);
        await settle();
        assert.equal(one.requests.length, 1);
    });
    await t.test('the second for the first', async () => {
        await one.requests[0].stores(2);
        assert.deepEqual([one.requests.length, one.texts.length], [2, 1]);
        assert.equal(one.requests[1].body.get('attachment').name, 'b');
    });
    await t.test('texts for the files before them, and not for each other', async () => {
        await one.requests[1].stores(3);
        assert.deepEqual(one.texts.map(({ content }) => content), ['before', 'after', 'and this']);
    });
});

test('texts do not wait for each other because of a file after them', async () => {
    const one = begin();

    one.conversation.send('a');
    one.conversation.send('b');
    one.conversation.sendFile(upload(), '');
    await settle();
    assert.deepEqual([one.texts.map(({ content }) => content), one.requests.length], [['a', 'b'], 0]);
    one.texts[0].reject({ code: 'blocked', status: 403 });
    await settle();
    assert.equal(one.requests.length, 0, 'the second text is still on its way');
});

test('two conversations: one file at a time', async () => {
    const one = begin();
    const sent = ['k1', 'k2'].map((clientId, i) => one.uploads.send(i + 1, '', clientId, upload()));

    await settle();
    assert.equal(one.requests.length, 1);
    await one.requests[0].stores();
    assert.equal(one.requests.length, 2);
    assert.equal(one.requests[1].url, '/api/conversations/2/messages/');
    await one.requests[1].stores();
    await Promise.all(sent);
});

test('what is refused does not hold up what is after it', async () => {
    const one = begin();
    const refused = one.conversation.sendFile(upload(), '');

    one.conversation.send('after');
    await settle();
    assert.equal(one.texts.length, 0);
    await one.requests[0].refuses(415, 'file_type');
    const problem = await refused;

    assert.deepEqual([problem.code, problem.clientId], ['file_type', 'k1']);
    assert.deepEqual([pendingOf(one), one.texts.length], [['k1!', 'k2'], 1]);
    assert.ok(!one.asks());
});

test('cancelled', async t => {
    await t.test('while it is sent: the request ends, and the next one goes', async () => {
        const one = begin();
        const file = upload();

        one.conversation.sendFile(file, '');
        one.conversation.sendFile(upload(), '');
        one.conversation.send('after');
        await settle();
        one.requests[0].progress(50);
        one.conversation.drop('k1');
        await settle();
        assert.ok(one.requests[0].isAborted && file.isReleased);
        assert.deepEqual([pendingOf(one), one.requests.length], [['k2', 'k3'], 2]);
        assert.equal(one.requests[1].body.get('client_id'), 'k2');
    });
    await t.test('while it waits its turn: it is never sent', async () => {
        const one = begin();

        one.conversation.sendFile(upload(), '');
        one.conversation.sendFile(upload(), '');
        one.conversation.drop('k2');
        await settle();
        await one.requests[0].stores();
        assert.deepEqual([pendingOf(one), one.requests.length], [[], 1]);
    });
    await t.test('while it is made smaller', async () => {
        const one = begin();
        let finish;

        one.conversation.sendFile(upload('a', 'a', { prepare: () => new Promise(resolve => { finish = resolve; }) }), '');
        await settle();
        one.conversation.drop('k1');
        finish(new Blob(['a']));
        await settle();
        assert.equal(one.requests.length, 0);
        assert.ok(!one.asks());
    });
    await t.test('while it waits for a server that is busy', async () => {
        const one = begin();

        one.conversation.sendFile(upload(), '');
        one.conversation.sendFile(upload(), '');
        await settle();
        await one.requests[0].refuses(503, 'uploads_busy', 100);
        one.conversation.drop('k1');
        await settle();
        assert.equal(one.requests.at(-1).body.get('client_id'), 'k2', 'the next does not wait for that');
        assert.equal(one.clock.timers.size, 1, 'but for the silence of what is sent');
    });
});

test('a connection that is lost', async t => {
    await t.test('is waited for; then it goes once more, with the same client_id', async () => {
        const one = begin();
        const file = upload();
        const sent = one.conversation.sendFile(file, '');

        await settle();
        one.requests[0].progress(50);
        one.isOnline = false;
        await one.requests[0].fails();
        assert.equal(file.state, 'offline');
        await one.clock.tick(3600000);
        assert.deepEqual([one.requests.length, pendingOf(one)], [1, ['k1']]);
        assert.ok(one.asks());
        one.isOnline = true;
        one.uploads.onOnline();
        await settle();
        assert.equal(one.requests.length, 2);
        assert.equal(one.requests[1].body.get('client_id'), 'k1');
        assert.equal(file.progress, 0);
        await one.requests[1].stores();
        assert.equal(await sent, null);
    });
    await t.test('as the browser says, which may be wrong', async () => {
        const one = begin();
        const file = upload();

        one.conversation.sendFile(file, '');
        await settle();
        one.window.navigator = { onLine: false };
        await one.requests[0].fails();
        assert.equal(file.state, 'offline');
        await one.clock.tick(59000);
        assert.equal(one.requests.length, 1);
        await one.clock.tick(2000);
        assert.equal(one.requests.length, 2, 'it is tried nevertheless');
        await one.requests[1].fails();
        one.window.dispatchEvent(new Event('online'));
        await settle();
        assert.equal(one.requests.length, 3);
    });
    await t.test('is noticed by silence', async () => {
        const one = begin();

        one.conversation.sendFile(upload(), '');
        await settle();
        one.requests[0].progress(50);
        await one.clock.tick(SILENCE_MS - 1000);
        one.requests[0].progress(60);
        await one.clock.tick(SILENCE_MS - 1000);
        assert.ok(!one.requests[0].isAborted, 'a slow phone is not silent');
        await one.clock.tick(1001);
        assert.ok(one.requests[0].isAborted);
        await one.clock.tick(5000);
        assert.equal(one.requests.length, 2);
    });
    await t.test('is another one when it comes back: what does not move is begun anew', async () => {
        const one = begin();

        one.conversation.sendFile(upload(), '');
        await settle();
        one.uploads.onOnline();
        assert.ok(!one.requests[0].isAborted, 'it has just begun');
        await one.clock.tick(11000);
        one.uploads.onOnline();
        assert.ok(one.requests[0].isAborted);
        await one.clock.tick(5000);
        assert.equal(one.requests.length, 2);
    });
    await t.test('but what has left in full is with the server, which may take its time: it is not sent again', async () => {
        const one = begin();
        const sent = one.conversation.sendFile(upload(), '');

        await settle();
        one.requests[0].progress(100);
        for (let i = 0; i < 4; i++) {
            await one.clock.tick(SILENCE_MS / 5);
            one.uploads.onOnline();
        }
        assert.ok(!one.requests[0].isAborted);
        await one.requests[0].stores();
        assert.equal(await sent, null);
        assert.equal(one.requests.length, 1);
    });
    await t.test('also where it has left in full: until it has been silent for long', async () => {
        const one = begin();

        one.conversation.sendFile(upload(), '');
        await settle();
        one.requests[0].progress(100);
        await one.clock.tick(SILENCE_MS + 1);
        assert.ok(one.requests[0].isAborted);
        await one.clock.tick(5000);
        assert.equal(one.requests.length, 2);
    });
    await t.test('again and again, although texts go through: its writer is told, and a new connection tries again', async () => {
        const one = begin();
        const sent = one.conversation.sendFile(upload(), '');

        for (let i = 0; i < 3; i++) {
            await one.clock.tick(60000);
            await one.requests.at(-1).fails();
        }
        assert.equal((await sent).code, 'network');
        assert.deepEqual([one.requests.length, pendingOf(one)], [3, ['k1!']]);
        one.conversation.resend();
        await settle();
        assert.equal(one.requests.length, 4);
        assert.equal(one.requests[3].body.get('client_id'), 'k1');
    });
    await t.test('after it has arrived: the message comes by another way, and it is not sent again', async () => {
        const one = begin();
        const file = upload();

        one.conversation.sendFile(file, '');
        one.conversation.send('after');
        await settle();
        one.requests[0].progress(100);
        one.conversation.receive({ id: 101, seq: 1, client_id: 'k1', is_sent_by_user: true, content: '' });
        assert.ok(!one.requests[0].isAborted, 'its answer is on its way');
        await settle();
        assert.deepEqual([pendingOf(one), one.texts.length], [['k2'], 1]);
        await one.clock.tick(6000);
        assert.ok(one.requests[0].isAborted);
        await one.clock.tick(600000);
        assert.equal(one.requests.length, 1);
        assert.ok(!one.asks());
    });
});

test('a server that is busy', async t => {
    for (const [status, code] of [[503, 'uploads_busy'], [503, 'busy'], [429, 'rate_limited']])
        await t.test(`${code} is waited for as long as it says`, async () => {
            const one = begin();
            const file = upload();

            one.conversation.sendFile(file, '');
            await settle();
            await one.requests[0].refuses(status, code, 7);
            assert.equal(file.state, 'busy');
            await one.clock.tick(6900);
            assert.equal(one.requests.length, 1);
            await one.clock.tick(200);
            assert.equal(one.requests.length, 2);
            await one.requests[1].stores();
            assert.deepEqual(pendingOf(one), []);
        });
    await t.test('but not for ever', async () => {
        const one = begin();
        const sent = one.conversation.sendFile(upload(), '');

        await settle();
        for (let i = 0; i < 100 && !one.requests.at(-1).isEnded; i++) {
            await one.requests.at(-1).refuses(503, 'uploads_busy', 5);
            await one.clock.tick(5000);
        }
        assert.equal((await sent).code, 'uploads_busy');
        assert.equal(one.requests.length, 31);
    });
    for (const [status, code, after] of [[429, 'quota', 3600], [429, 'rate_limited', 3600], [503, 'scanner_away', 30], [507, 'storage_full'], [422, 'file_infected'], [413, 'file_too_large'], [400, 'file_empty']])
        await t.test(`${code} is its writer's to know`, async () => {
            const one = begin();
            const sent = one.conversation.sendFile(upload(), '');

            await settle();
            await one.requests[0].refuses(status, code, after);
            const problem = await sent;

            assert.deepEqual([problem.code, problem.status, problem.retryAfter_s], [code, status, after ?? null]);
            assert.deepEqual(pendingOf(one), ['k1!']);
            one.conversation.retry('k1');
            await settle();
            assert.equal(one.requests[1].body.get('client_id'), 'k1');
        });
});

test('nobody is signed in any more: it goes when somebody is', async () => {
    const one = begin();
    const sent = one.conversation.sendFile(upload(), '');

    await settle();
    await one.requests[0].refuses(401, 'unauthorized');
    assert.equal((await sent).code, 'login');
    one.conversation.resend();
    await settle();
    assert.equal(one.requests.length, 2);
});

test('a page for logging in is not an answer', async () => {
    const one = begin();
    const sent = one.conversation.sendFile(upload(), '');

    await settle();
    one.requests[0].url = '/login.html'; // where a redirect has led
    await one.requests[0].answer(200, {});
    assert.equal((await sent).code, 'login');
});

test('a token that is refused comes with the refusal, and it goes once more', async () => {
    const one = begin();

    one.conversation.sendFile(upload(), '');
    await settle();
    await one.requests[0].answer(403, { status: 403, code: 'csrf_token', detail: 'No.' }, { 'X-CSRFToken': 't2', 'X-Chat-User': 'tag7' });
    assert.equal(one.requests[1].headers['X-CSRFToken'], 't2');
    assert.equal(one.requests[1].body.get('client_id'), 'k1');
});

test('another user: nothing of the first one\'s is sent', async () => {
    const one = begin();

    one.conversation.sendFile(upload(), '');
    one.conversation.sendFile(upload(), '');
    await settle();
    one.conversation.forgetPending();
    await settle();
    assert.ok(one.requests[0].isAborted);
    assert.deepEqual([one.requests.length, pendingOf(one), one.asks()], [1, [], false]);
});

test('what is known before is not sent', async t => {
    const codeOf = async file => {
        const one = begin();
        const { code } = await one.conversation.sendFile(file, '');

        assert.equal(one.requests.length, 0);
        return code;
    };

    await t.test('too large', async () => assert.equal(await codeOf(upload('a', 'x'.repeat(1001))), 'file_too_large'));
    await t.test('large, but made smaller: it is sent', async () => {
        const one = begin();

        one.conversation.sendFile(upload('a', 'x'.repeat(1001), { prepare: async () => new Blob(['small']) }), '');
        await settle();
        assert.equal(one.requests.length, 1);
    });
    await t.test('empty', async () => assert.equal(await codeOf(upload('a', '')), 'file_empty'));
    await t.test('a folder, or a file that was changed since', async () => {
        const blob = new Blob(['a']);

        blob.slice = () => ({ arrayBuffer: () => Promise.reject(new Error('NotReadableError')) });
        assert.equal(await codeOf(upload('a', 'a', { prepare: async () => blob })), 'file_unreadable');
    });
});

test('the queue has an end', async () => {
    const one = begin();
    const all = Array.from({ length: FILES_MAX + 1 }, (_, i) => one.uploads.send(1, '', `k${i}`, upload()));

    assert.equal((await problemOf(all.at(-1))).code, 'queue_full');
    assert.ok(BYTES_MAX >= FILES_MAX * 2 ** 20);
    one.uploads.refuseAll(() => new Error('closed'));
    for (const sent of all.slice(0, -1))
        assert.equal((await problemOf(sent)).message, 'closed');
    assert.ok(!one.asks());
});
