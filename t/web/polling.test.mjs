// Where something between lets no sockets through: the same by REST.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Client, problemOf } from './lib/client.mjs';
import { reply } from './lib/fakes.mjs';

async function begin({ online = false, ...options } = {}) {
    const client = new Client(options);

    client.server.addConversation(1, 3);
    client.server.addConversation(2, 3);
    await client.clock.tick(60000);
    client.server.sockets_are_let_through = online;
    await client.begin();
    if (online) {
        client.server.post(1, 'live');
        client.server.sockets_are_let_through = false;
        client.server.socket.end(1006);
    }
    await client.clock.tick(14000);
    assert.equal(client.chat.state, 'polling');
    return client;
}

test('it begins after three handshakes that failed while REST answers', async () => {
    const client = await begin();

    assert.deepEqual(client.states(),
        ['connecting', 'waiting', 'connecting', 'waiting', 'connecting', 'waiting', 'polling']);
    assert.equal(client.server.requestsOf('GET', 'conversations/unread/').length, 1);
    assert.equal(client.of('caughtup').length, 1);
    assert.deepEqual(client.of('conversation').map(({ conversation }) => conversation.id).sort(), [1, 2]);
});

test('not while the server does not answer at all', async () => {
    const client = new Client();

    client.server.isUp = false;
    await client.begin();
    await client.clock.tick(100000);
    assert.equal(client.chat.state, 'waiting');
    assert.ok(client.server.requestsOf('GET', 'conversations/unread/').length <= client.server.sockets.length);
});

test('messages come in order, once, and those of both conversations', async () => {
    const client = await begin({ online: true });

    for (let i = 0; i < 5; i++) {
        client.server.post(1, 'a');
        client.server.post(2, 'b');
        client.server.post(2, 'c');
        await client.clock.tick(6000);
    }
    assert.deepEqual(client.seqs(1), [4, 5, 6, 7, 8, 9]);
    assert.deepEqual(client.seqs(2), [4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    const asked = client.server.requestsOf('GET', 'conversations/').map(({ query }) => query.updated_since);

    assert.ok(asked.at(-1) > asked.at(-3), String(asked)); // only what is new
    assert.ok(client.of('message').slice(1).every(({ conversation }) => conversation === null));
});

test('it asks every 5 s with jitter, a hidden page every 30 s, and at once when it is shown', async () => {
    const client = await begin();
    const asked = () => client.server.requestsOf('GET', 'conversations/').length;

    client.forget();
    await client.clock.tick(50000);
    assert.ok(asked() >= 9 && asked() <= 11, String(asked()));
    client.window.show('hidden');
    await client.clock.tick(10000);
    client.forget();
    await client.clock.tick(120000);
    assert.ok(asked() >= 3 && asked() <= 5, String(asked()));
    const before = asked();

    client.window.show('visible');
    await client.clock.tick(1000);
    assert.equal(asked(), before + 1);
});

test('an unchanged conversation is not told again', async () => {
    const client = await begin();

    client.forget();
    await client.clock.tick(30000);
    assert.deepEqual(client.of('conversation'), []);
    client.server.post(1, 'x');
    await client.clock.tick(6000);
    assert.equal(client.of('conversation').length, 1);
});

test('sockets are tried further, and take over without a loss', async () => {
    const client = await begin({ online: true });
    const before = client.server.sockets.length;

    client.server.post(1, 'x');
    await client.clock.tick(60000);
    assert.ok(client.server.sockets.length > before && client.server.sockets.length < before + 5);
    client.server.post(2, 'y', { isQuiet: true });
    client.server.sockets_are_let_through = true;
    await client.clock.tick(61000);
    assert.equal(client.chat.state, 'online');
    client.forget();
    client.server.post(2, 'z');
    await client.clock.tick(30000);
    assert.deepEqual(client.seqs(2), [5]);
    assert.deepEqual(client.server.requests, []);
});

test('a message', async t => {
    await t.test('is posted with its client_id and the token, and told with the next poll', async () => {
        const client = await begin();

        client.server.addConversation(3);
        await client.clock.tick(6000);
        const sent = client.chat.send(3, 'Hello');

        await client.clock.tick(100);
        const message = await sent;
        const [post] = client.server.requestsOf('POST', 'conversations/3/messages/');

        assert.deepEqual(post.json, { content: 'Hello', client_id: message.client_id });
        assert.equal(post.headers['X-CSRFToken'], 't1');
        assert.equal(post.headers['Content-Type'], 'application/json');
        assert.deepEqual(client.seqs(3), [1]);
    });
    await t.test('after another, in order', async () => {
        const client = await begin();
        const sent = ['a', 'b', 'c'].map(content => client.chat.send(1, content));

        await client.clock.tick(100);
        assert.deepEqual((await Promise.all(sent)).map(({ seq, content }) => `${seq}${content}`), ['4a', '5b', '6c']);
    });
    await t.test('that is refused rejects with the problem', async () => {
        const client = await begin();
        const { answer } = client.server;

        client.server.answer = function (request) {
            return request.method === 'POST'
                ? reply(429, { status: 429, code: 'rate_limited', detail: 'Not so fast.' }, { 'Retry-After': '9' })
                : answer.call(this, request);
        };
        const outcome = problemOf(client.chat.send(1, 'a'));

        await client.clock.tick(100);
        assert.deepEqual([(await outcome).code, (await outcome).retryAfter_s], ['rate_limited', 9]);
        assert.equal(client.chat.state, 'polling');
    });
    await t.test('that got no answer is posted again, under the same client_id', async () => {
        const client = await begin();
        const { answer } = client.server;
        let failures = 2;

        client.server.answer = async function (request) {
            const result = await answer.call(this, request);

            if (request.method === 'POST' && failures-- > 0)
                return failures ? reply(502, '<html>') : Promise.reject(new TypeError('Failed to fetch'));
            return result;
        };
        const sent = client.chat.send(1, 'a');

        await client.clock.tick(20000);
        assert.equal((await sent).seq, 4);
        assert.deepEqual(client.seqs(1), [4]);
    });
    await t.test('whose token has become old is posted with the new one', async () => {
        const client = await begin();
        const { answer } = client.server;

        client.server.answer = async function (request) {
            if (request.method === 'POST' && request.headers['X-CSRFToken'] === 't1') {
                client.window.document.cookie = 'chat_csrf=t2';
                return reply(403, { status: 403, code: 'csrf_token', detail: 'x' });
            }
            return answer.call(this, request);
        };
        const sent = client.chat.send(1, 'a');

        await client.clock.tick(100);
        assert.equal((await sent).seq, 4);
    });
    await t.test('without the cookie is posted with the token of the refusal, from then on', async () => {
        const client = await begin();
        const { answer } = client.server;
        const tokens = [];

        client.window.document.cookie = 'csrftoken=theirs; other_name=t1';
        client.server.answer = async function (request) {
            if (request.method === 'POST')
                tokens.push(request.headers['X-CSRFToken']);
            if (request.method === 'POST' && request.headers['X-CSRFToken'] !== 't1')
                return reply(403, { status: 403, code: 'csrf_token', detail: 'x' }, { 'X-CSRFToken': 't1' });
            return answer.call(this, request);
        };
        const sent = [client.chat.send(1, 'a'), client.chat.send(1, 'b')];

        await client.clock.tick(20000);
        assert.deepEqual((await Promise.all(sent)).map(message => message.seq), [4, 5]);
        assert.equal(tokens.filter(token => token === undefined).length, 1);
        assert.ok(tokens.every(token => token === undefined || token === 't1'));
    });
    await t.test('under way when a socket opens goes over that, once', async () => {
        const client = await begin();
        const { answer } = client.server;

        client.server.answer = async function (request) {
            const result = await answer.call(this, request);

            return request.method === 'POST' ? new Promise(() => {}) : result;
        };
        const sent = client.chat.send(1, 'a');

        await client.clock.tick(100);
        client.server.sockets_are_let_through = true;
        client.server.answer = answer;
        await client.clock.tick(15000);
        assert.equal(client.chat.state, 'online');
        assert.equal((await sent).seq, 4);
        assert.deepEqual(client.seqs(1), [4]);
        assert.equal(client.server.conversations.get(1).messages.length, 4);
    });
});

test('receipts and typing go by REST, those of others are looked for', async () => {
    const client = await begin();
    const { messages } = client.server.conversations.get(1);

    client.chat.watch(1, messages.at(-1));
    client.chat.read(1, 103);
    client.chat.typing(1);
    await client.clock.tick(100);
    const posted = what => client.server.requestsOf('POST', `conversations/1/${what}/`).map(({ json }) => json);

    assert.deepEqual(posted('read'), [{ up_to: 103 }]);
    assert.deepEqual(posted('typing'), [{ is_typing: true }]);
    const { answer } = client.server;
    let typers = [{ user_id: 3, username: 'carol' }];

    client.server.answer = function (request) {
        return request.path.endsWith('typing-status/')
            ? reply(200, { is_typing: true, typers }) : answer.call(this, request);
    };
    Object.assign(messages[0], { is_sent_by_user: true, is_read: true, read_at: 't1' });
    await client.clock.tick(7000);
    assert.deepEqual(client.of('typing'), [{ type: 'typing', conversation_id: 1, is_typing: true, typer: typers[0] }]);
    assert.deepEqual(client.of('read'),
        [{ type: 'read', conversation_id: 1, up_to: messages[0].id, read_at: 't1', by_me: false }]);
    typers = [];
    await client.clock.tick(7000);
    assert.equal(client.of('typing').at(-1).is_typing, false);
    assert.equal(client.server.requestsOf('POST', 'conversations/1/read/').length, 1);
});

test('each receipt is posted once', async () => {
    const client = await begin();

    client.chat.read(1, 103);
    client.chat.read(2, 106);
    client.chat.send(1, 'x');
    await client.clock.tick(7000);
    for (const id of [1, 2])
        assert.equal(client.server.requestsOf('POST', `conversations/${id}/read/`).length, 1);
});

test('a page that shows a conversation gets what came after its newest message', async () => {
    const client = await begin();

    client.chat.watch(2, client.server.conversations.get(2).messages[0]);
    await client.clock.tick(100);
    assert.deepEqual(client.seqs(2), [2, 3]);
});

test('a login that has ended stops it', async () => {
    const client = await begin();

    client.server.status = 401;
    const outcome = problemOf(client.chat.send(1, 'a'));

    await client.clock.tick(6000);
    assert.deepEqual(client.of('state').at(-1), { type: 'state', state: 'stopped', reason: 'login' });
    assert.equal((await outcome).code, 'login');
    assert.equal(client.clock.timers.size, 0);
});

test('also when nothing is to be sent', async () => {
    const client = await begin();

    client.server.status = 403;
    await client.clock.tick(6000);
    assert.equal(client.of('state').at(-1).reason, 'login');
});

test('a message whose post hung when polling ended is posted when it begins again', async () => {
    const client = await begin({ sendTimeout_ms: 1e6 });
    const { answer } = client.server;

    client.server.answer = request =>
        request.method === 'POST' ? new Promise(() => {}) : Promise.reject(new TypeError('x'));
    client.forget();
    while (client.server.requestsOf('GET', 'conversations/').length < 2)
        await client.clock.tick(500);
    const sent = client.chat.send(1, 'a');

    while (client.chat.state === 'polling') // its third request fails before the post is given up
        await client.clock.tick(500);
    await client.clock.tick(20000);
    client.server.answer = answer;
    await client.clock.tick(130000);
    assert.equal(client.chat.state, 'polling');
    assert.equal((await sent).seq, 4);
});

test('what fails is asked more seldom, and then not any more', async t => {
    await t.test('once is nothing', async () => {
        const client = await begin();

        client.server.status = 503;
        await client.clock.tick(5000);
        client.server.status = 200;
        client.server.post(1, 'x');
        await client.clock.tick(6000);
        assert.equal(client.chat.state, 'polling');
        assert.deepEqual(client.seqs(1), [4]);
    });
    await t.test('three times in a row end it, until REST answers again', async () => {
        const client = await begin();

        client.server.isUp = false;
        await client.clock.tick(40000);
        assert.notEqual(client.chat.state, 'polling');
        client.server.isUp = true;
        client.server.post(1, 'x');
        await client.clock.tick(65000);
        assert.equal(client.chat.state, 'polling');
        assert.deepEqual(client.seqs(1), [4]);
    });
    await t.test('Retry-After is heard', async () => {
        const client = await begin();

        client.server.answer = async () =>
            reply(429, { status: 429, code: 'rate_limited', detail: 'x' }, { 'Retry-After': '30' });
        await client.clock.tick(6000);
        client.forget();
        await client.clock.tick(25000);
        assert.deepEqual(client.server.requestsOf('GET', 'conversations/'), []);
    });
});

test('a request that hangs ends after a while', async () => {
    const client = await begin();

    client.server.answer = () => new Promise(() => {});
    await client.clock.tick(6000);
    delete client.server.answer;
    client.server.post(1, 'x');
    await client.clock.tick(25000);
    assert.deepEqual(client.seqs(1), [4]);
});

test('a page that closes leaves nothing behind', async () => {
    const client = await begin();

    problemOf(client.chat.send(1, 'a'));
    client.chat.close();
    client.forget();
    await client.clock.tick(100000);
    assert.deepEqual(client.events, []);
    assert.deepEqual(client.server.requests, []);
    assert.equal(client.clock.timers.size, 0);
});

test('somebody else logs in from another tab', async t => {
    const isUser = client => {
        assert.deepEqual([client.chat.state, client.of('state').at(-1).reason], ['stopped', 'user']);
        assert.deepEqual(client.of('reset'), []);
    };
    const contents = client => [...client.server.conversations.values()].flatMap(({ messages }) => messages.map(m => m.content))
        .filter(content => content === 'A wrote this');

    await t.test('without a token: what the first one wrote is refused', async () => {
        const client = await begin();

        client.window.document.cookie = '';
        client.server.userId = 8;
        const outcome = problemOf(client.chat.send(1, 'A wrote this'));

        await client.clock.tick(100);
        assert.equal((await outcome).code, 'stopped');
        assert.equal(client.server.requestsOf('POST', 'conversations/1/messages/').length, 1);
        assert.deepEqual(contents(client), []);
        isUser(client);
        const { length } = client.server.requests;

        await assert.rejects(client.chat.rest.put('notifications/preferences/', { push: false }), { code: 'user' });
        await client.clock.tick(60000);
        assert.equal(client.server.requests.length, length, 'and nothing more is asked');
    });
    await t.test('with another token: nothing is sent before it is known whose it is', async () => {
        const client = await begin();

        client.window.document.cookie = 'chat_csrf=t2';
        client.server.userId = 8;
        const outcome = problemOf(client.chat.send(1, 'A wrote this'));

        await client.clock.tick(100);
        assert.equal((await outcome).code, 'stopped');
        assert.deepEqual(client.server.requests.filter(({ method }) => method !== 'GET'), []);
        isUser(client);
    });
    await t.test('with another token of the same user, it goes out', async () => {
        const client = await begin();

        client.window.document.cookie = 'chat_csrf=t2';
        const sent = client.chat.send(1, 'A wrote this');

        await client.clock.tick(100);
        assert.equal((await sent).content, 'A wrote this');
        const [post] = client.server.requestsOf('POST', 'conversations/1/messages/');

        assert.deepEqual([post.headers['X-CSRFToken'], post.headers['X-Chat-User']], ['t2', 'tag7']);
        assert.equal(client.chat.state, 'polling');
    });
    await t.test('whatever changes something, says whose it is', async () => {
        const client = await begin();
        const { rest } = client.chat;

        client.forget();
        await rest.post('conversations/1/block/', { blocked: true });
        await rest.put('conversations/1/', {});
        await rest.delete('conversations/1/', {});
        client.chat.read(1, 3);
        client.chat.typing(1);
        await client.clock.tick(100);
        const written = client.server.requests.filter(({ method }) => method !== 'GET');

        assert.deepEqual(written.map(({ headers }) => headers['X-Chat-User']), ['tag7', 'tag7', 'tag7', 'tag7', 'tag7']);
    });
    await t.test('and the next poll tells it', async () => {
        const client = await begin();

        client.server.userId = 8;
        client.forget();
        client.server.addConversation(3, 1);
        await client.clock.tick(7000);
        isUser(client);
        assert.deepEqual([...client.of('conversation'), ...client.of('message')], []);
    });
    await t.test('and a socket opens, the first of all: nothing goes over it', async () => {
        const client = await begin();

        client.server.isUp = false;
        const outcome = problemOf(client.chat.send(1, 'A wrote this'));

        await client.clock.tick(100);
        client.server.userId = 8;
        client.server.isUp = client.server.sockets_are_let_through = true;
        client.chat.connect();
        client.server.answer = () => new Promise(() => {}); // the socket is there first
        await client.clock.tick(2000);
        assert.equal((await outcome).code, 'stopped');
        assert.deepEqual(client.server.sockets.flatMap(socket => socket.said), []);
        isUser(client);
    });
});
