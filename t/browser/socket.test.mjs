// mod_chat/web/net/socket.js in Chromium over the real server: two people talk, while it is restarted,
// killed and cut off. Afterwards each has been told what the database has: in order, each message once.
import assert from 'node:assert/strict';
import test from 'node:test';
import { startAttacker } from './lib/attacker.mjs';
import { launch, logIn } from './lib/browser.mjs';
import { Server } from './lib/server.mjs';
import { Site, waitFor } from './lib/site.mjs';

const site = new Site('live');
const tls = new Site('tls'); // which nobody restarts
const server = new Server(site);
const errors = []; // in pages
let browser, alice, carol, id;

/** Somebody on a page of the site, with a ChatSocket in it. */
class Person {
    constructor(name, context, page) {
        Object.assign(this, { name, context, page });
    }

    static async arrive(name, context, options) {
        const { page } = context ? { page: await context.newPage() } : {};
        const person = page ? new Person(name, context, page) : await Person.#logIn(name);

        person.page.on('pageerror', error => errors.push(`${name}: ${error.message}`));
        await person.page.goto(`${site.url}/blank.html`);
        await person.begin(options);
        return person;
    }

    static async #logIn(name) {
        const { context, page } = await logIn(browser, site, name);

        return new Person(name, context, page);
    }

    /** `sockets` false: something between lets none through. */
    begin({ sockets = true } = {}) {
        return this.page.evaluate(async sockets => {
            const { ChatSocket } = await import('/plain/net/socket.js');
            const types = ['state', 'message', 'conversation', 'read', 'typing', 'unread', 'caughtup', 'lost', 'error'];
            const NoSocket = class {
                constructor() { setTimeout(() => this.onclose?.({ code: 1006 }), 20); }
                close() {}
            };

            window.told = [];
            window.sent = [];
            window.chat = new ChatSocket('/api', sockets ? {} : { WebSocket: NoSocket });
            for (const type of types)
                chat.addEventListener(type, ({ detail }) => told.push(structuredClone({ type, ...detail })));
            chat.connect();
        }, sockets);
    }

    /** Until there is one; what was told of a type, those for which `test` (in the page) is true. */
    async heard(type, test = '() => true', seconds = 20) {
        const found = () => this.page.evaluate(([type, test]) => {
            const is = new Function(`return ${test}`)();

            return told.filter(one => one.type === type && is(one));
        }, [type, String(test)]);

        return await waitFor(async () => { const list = await found(); return list.length && list; }, seconds) || [];
    }

    is(state, seconds = 90) {
        return this.page.waitForFunction(state => chat.state === state, state, { timeout: seconds * 1000 });
    }

    /** Begin to send, and again with the same client_id where the server was busy. */
    say(content) {
        return this.page.evaluate(([id, content]) => {
            const sendUntilStored = async clientId => {
                try {
                    return await chat.send(id, content, clientId && { clientId });
                } catch (problem) {
                    if (problem.status !== 503)
                        throw problem;
                    await new Promise(resolve => setTimeout(resolve, 300));
                    return sendUntilStored(problem.clientId);
                }
            };

            window.sent.push(sendUntilStored().then(({ seq }) => seq, ({ code, message }) => `${code}: ${message}`));
        }, [id, content]);
    }

    /** The seqs that were acknowledged, in the order in which they were said. */
    acknowledged() {
        return this.page.evaluate(() => Promise.all(sent));
    }

    seqs() {
        return this.page.evaluate(id => told.filter(({ type }) => type === 'message').map(({ message }) => message)
            .filter(message => message.conversation_id === id).map(({ seq }) => seq), id);
    }

    forget() {
        return this.page.evaluate(() => { told.length = sent.length = 0; });
    }
}

/** By REST, from outside of the browser. */
const post = (name, id, content) => site.ask(name, 'POST', `conversations/${id}/messages/`, { json: { content } });

const newestSeq = () => Number(site.sql(`select last_seq from chat.conversations where id = ${id}`));

/** All that was said since `seq` was told to all, in order and once; `isOrdered`: it was stored as it was said. */
async function nothingIsMissing(since, people, { isOrdered = true } = {}) {
    const acknowledged = await Promise.all(people.map(person => person.acknowledged()));
    const all = JSON.parse(site.sql(`select coalesce(json_agg(seq order by seq), '[]') from chat.messages
        where conversation_id = ${id} and seq > ${since}`));
    const doubles = site.sql(`select count(*) - count(distinct content) from chat.messages
        where conversation_id = ${id} and seq > ${since}`);

    assert.equal(doubles, '0', 'something is stored twice');
    for (const [i, person] of people.entries()) {
        await waitFor(async () => (await person.seqs()).length >= all.length, 15);
        assert.deepEqual(await person.seqs(), all, person.name);
        assert.ok(acknowledged[i].every(Number.isInteger), `${person.name}: ${acknowledged[i]}`);
        if (isOrdered)
            assert.deepEqual(acknowledged[i], [...acknowledged[i]].sort((a, b) => a - b), `${person.name} is out of order`);
    }
    return all.length;
}

/** Both say `count` things while `something` happens. */
async function talkWhile(something, { count = 30, every = 50, ...options } = {}) {
    const since = newestSeq();
    const label = `${something.name || 'it'} ${since}`;

    await alice.forget();
    await carol.forget();
    const talk = async person => {
        for (let i = 0; i < count; i++) {
            await person.say(`${label}: ${person.name} ${i}`);
            await new Promise(resolve => setTimeout(resolve, every));
        }
    };

    await Promise.all([talk(alice), talk(carol), something()]);
    await alice.is('online');
    await carol.is('online');
    assert.equal(await nothingIsMissing(since, [alice, carol], options), 2 * count);
}

test.before(async () => {
    browser = await launch();
    ({ conversation: { id } } = await site.ask('alice', 'POST', 'conversations/', { json: { church_id: 1 } }));
    alice = await Person.arrive('alice');
    carol = await Person.arrive('carol');
});
test.after(() => browser?.close());

test('both come online', async () => {
    for (const person of [alice, carol]) {
        await person.is('online', 10);
        assert.equal((await person.heard('caughtup')).length, 1);
        assert.ok((await person.heard('conversation', `one => one.conversation.id === ${id}`)).length > 0);
        const userId = site.sql(`select id from chat.users where username = '${person.name}'`);

        assert.equal(await person.page.evaluate(() => chat.userId), Number(userId));
    }
});

test('a message', async t => {
    const since = newestSeq();
    const tab = await Person.arrive('alice', alice.context);

    await tab.is('online');
    await tab.heard('caughtup');
    await alice.say('Good morning! <b>&amp;</b> \u{1f600}');
    const [seq] = await alice.acknowledged();
    const find = `one => one.message.seq === ${seq} && one.message.conversation_id === ${id}`;

    await t.test('is acknowledged', () => assert.equal(seq, since + 1));
    await t.test('is heard by the other side', async () => {
        const [{ message, conversation }] = await carol.heard('message', find);

        assert.equal(message.content, 'Good morning! <b>&amp;</b> \u{1f600}');
        assert.equal(message.is_sent_by_user, false);
        assert.equal(conversation.last_message_id, message.id);
        assert.equal(conversation.is_church_owner, true);
        assert.ok(conversation.unread_count > 0);
    });
    await t.test('is heard by the sender and in the sender\'s other tab', async () => {
        for (const person of [alice, tab]) {
            const [{ message, conversation }] = await person.heard('message', find);

            assert.equal(message.is_sent_by_user, true);
            assert.equal(conversation.is_church_owner, false);
        }
    });
    await t.test('by REST is heard as well', async () => {
        const { message } = await post('carol', id, 'by REST');

        for (const person of [alice, tab, carol]) {
            const heard = await person.heard('message', `one => one.message.id === ${message.id}`);

            assert.equal(heard.length, 1, person.name);
        }
    });
    await t.test('that is refused is told so', async () => {
        for (const [content, code] of [['', 'invalid_field'], ['x'.repeat(1001), 'invalid_field']]) {
            const problem = await alice.page.evaluate(([id, content]) => chat.send(id, content)
                .catch(problem => ({ ...problem, message: problem.message })), [id, content]);

            assert.deepEqual([problem.status, problem.code], [400, code]);
            assert.equal(problem.errors[0].field, 'content');
            assert.ok(problem.message && problem.clientId);
        }
        const problem = await alice.page.evaluate(() => chat.send(999999, 'x').catch(({ status }) => status));

        assert.equal(problem, 404);
    });
    await tab.page.close();
});

test('receipts', async () => {
    const [{ message }] = (await alice.heard('message', 'one => one.message.is_sent_by_user')).slice(-1);

    await alice.forget();
    await carol.page.evaluate(([id, upTo]) => chat.read(id, upTo), [id, message.id]);
    const [heard] = await alice.heard('read');

    assert.deepEqual([heard.conversation_id, heard.up_to, heard.by_me], [id, message.id, false]);
    assert.match(heard.read_at, /^\d{4}-.*Z$/);
    assert.equal((await carol.heard('read'))[0].by_me, true);
});

test('typing, both ways', async () => {
    for (const [one, other] of [[alice, carol], [carol, alice]]) {
        await one.forget();
        await other.forget();
        await one.page.evaluate(id => chat.typing(id), id);
        const [begun] = await other.heard('typing');

        assert.equal(begun.is_typing, true);
        assert.equal(begun.conversation_id, id);
        // A member hears that the church types, and not who of its staff.
        assert.equal(begun.typer.display_name, one === alice ? 'Alice Archer' : 'St. Mary’s Church');
        await one.page.evaluate(id => chat.typing(id, false), id);
        assert.equal((await other.heard('typing', 'one => !one.is_typing')).length, 1);
        assert.deepEqual(await one.heard('typing', undefined, 0.2), []);
    }
});

test('typing ends when the page is gone', async () => {
    const tab = await Person.arrive('alice', alice.context);

    await tab.is('online');
    await carol.forget();
    await tab.page.evaluate(id => chat.typing(id), id);
    await carol.heard('typing');
    await tab.page.close();
    assert.equal((await carol.heard('typing', 'one => !one.is_typing', 8)).length, 1);
});

test('a new conversation is told to the staff with its first message', async () => {
    const churches = await site.ask('erin', 'GET', 'conversations/');

    assert.deepEqual(churches.conversations, []);
    const { conversation } = await site.ask('erin', 'POST', 'conversations/', { json: { church_id: 1 } });

    await post('erin', conversation.id, 'Hello');
    const [heard] = await carol.heard('message', `one => one.message.conversation_id === ${conversation.id}`);

    assert.equal(heard.message.seq, 1);
    assert.equal(heard.conversation.id, conversation.id);
    assert.equal(heard.conversation.last_message, 'Hello');
});

test('they talk', () => talkWhile(async function nothing() {}, { every: 5 }));

test('and nothing is lost', async t => {
    await t.test('by a graceful restart', async () => {
        await talkWhile(async function graceful() { assert.ok(await server.graceful(), 'old children are gone'); });
        const states = (await alice.heard('state')).map(({ state }) => state);

        assert.ok(!states.includes('stopped') && !states.includes('polling'), String(states));
    });
    await t.test('by two of them', () => talkWhile(async function two() {
        await server.graceful();
        await new Promise(resolve => setTimeout(resolve, 1000));
        await server.graceful();
    }, { count: 40, every: 100 }));
    await t.test('when all is stopped, and started again', () => talkWhile(async function stop() {
        await server.instance('stop');
        await new Promise(resolve => setTimeout(resolve, 1000));
        await server.instance('start');
    }));
    await t.test('when the children are killed', () => talkWhile(async function kill() { server.killChildren(); }));
    await t.test('when the database goes away and comes back', () => talkWhile(async function database() {
        await server.instance('database-stop');
        await new Promise(resolve => setTimeout(resolve, 1500));
        await server.instance('database-start');
    }, { count: 15, every: 300, isOrdered: false })); // what was refused was said again later
    await t.test('when a network is gone for a while', () => talkWhile(async function network() {
        await alice.context.setOffline(true);
        await new Promise(resolve => setTimeout(resolve, 3000));
        await alice.context.setOffline(false);
    }, { count: 15, every: 300 }));
    await t.test('when a page was away, and others wrote and read by REST', async () => {
        await alice.say(`seen? ${newestSeq()}`);
        const [since] = await alice.acknowledged().then(all => all.slice(-1));
        const { messages } = await site.ask('carol', 'GET', `conversations/${id}/messages/`);
        const newest = messages.at(-1);

        await carol.heard('message', `one => one.message.seq === ${since}`);
        await alice.page.evaluate(([id, newest]) => chat.watch(id, newest), [id, newest]);
        await alice.forget();
        await carol.forget();
        await server.instance('stop');
        await server.instance('start');
        await site.ask('carol', 'POST', `conversations/${id}/read/`, { json: { up_to: newest.id } });
        for (let i = 0; i < 130; i++)
            await post(i % 2 ? 'alice' : 'carol', id, `REST ${since} ${i}`);
        await alice.is('online');
        await carol.is('online');
        assert.equal(await nothingIsMissing(since, [alice, carol]), 130);
        assert.equal((await alice.heard('read', 'one => !one.by_me')).at(-1)?.up_to, newest.id);
    });
});

test('without sockets, by REST', async t => {
    const since = newestSeq();
    const tab = await Person.arrive('alice', alice.context, { sockets: false });

    await tab.is('polling', 30);
    await tab.heard('caughtup'); // what the first list shows counts as known
    await t.test('messages go out and come in', async () => {
        await alice.forget();
        await tab.say(`polled ${since}`);
        await carol.say(`answered ${since}`);
        assert.ok((await tab.heard('message', `one => one.message.content === 'answered ${since}'`)).length);
        assert.ok((await carol.heard('message', `one => one.message.content === 'polled ${since}'`)).length);
        await waitFor(async () => (await tab.seqs()).length >= 2, 10);
        assert.deepEqual(await tab.seqs(), [since + 1, since + 2]);
        assert.deepEqual(await tab.acknowledged(), [await tab.page.evaluate(since => told.find(({ message }) =>
            message?.content === `polled ${since}`).message.seq, since)]);
    });
    await t.test('typing, and receipts', async () => {
        await tab.page.evaluate(id => chat.watch(id), id);
        await carol.forget();
        await tab.page.evaluate(id => chat.typing(id), id);
        assert.equal((await carol.heard('typing'))[0].is_typing, true);
        const { messages } = await site.ask('alice', 'GET', `conversations/${id}/messages/`);
        const upTo = messages.filter(one => one.is_sent_by_user).at(-1).id;

        const typing = setInterval(() => carol.page.evaluate(id => chat.typing(id), id), 1000);

        await carol.page.evaluate(([id, upTo]) => chat.read(id, upTo), [id, upTo]);
        assert.ok((await tab.heard('read', `one => !one.by_me && one.up_to === ${upTo}`)).length);
        assert.ok((await tab.heard('typing', 'one => one.is_typing')).length);
        clearInterval(typing);
        assert.ok((await tab.heard('typing', 'one => !one.is_typing')).length);
        await tab.page.evaluate(id => chat.read(id), id);
        await waitFor(() => site.sql(`select member_unread from chat.conversations where id = ${id}`) === '0');
        assert.equal(site.sql(`select member_unread from chat.conversations where id = ${id}`), '0');
    });
    await tab.page.close();
});

test('a page of another origin', async t => {
    const attacker = await startAttacker(site);

    t.after(() => attacker.stop());
    const origins = [['another port', attacker.sameSite, 'alice'], ['another site', attacker.crossSite, '-']];

    for (const [what, origin, user] of origins)
        await t.test(`${what}: the socket is refused`, async () => {
            const page = await alice.context.newPage();
            const mark = site.mark();

            await page.goto(`${origin}/page`);
            const url = `${site.url.replace('http', 'ws')}/api/conversations/ws/`;
            const outcome = await page.evaluate(url => new Promise(resolve => {
                const socket = new WebSocket(url, 'chat.v1');

                socket.onmessage = ({ data }) => resolve(data);
                socket.onopen = () => resolve('open');
                socket.onclose = ({ code }) => resolve(code);
            }), url);

            assert.equal(outcome, 1006);
            const request = await waitFor(() => site.requestsSince(mark).find(({ path }) => path.endsWith('/ws/')));

            assert.deepEqual([request.user, request.status], [user, user === '-' ? 401 : 403]);
            await page.close();
        });
    assert.equal(await alice.page.evaluate(() => chat.state), 'online');
});

test('an account that is switched off ends: 1008', async () => {
    const bob = await Person.arrive('bob');

    await bob.is('online');
    try {
        site.sql("update chat.users set is_active = false where username = 'bob'");
        await bob.is('stopped', 10);
        assert.equal((await bob.heard('state')).at(-1).reason, 'policy');
    } finally {
        site.sql("update chat.users set is_active = true where username = 'bob'");
        await bob.context.close();
    }
});

test('a login that has ended stops it', async () => {
    const bob = await Person.arrive('bob');

    await bob.is('online');
    await bob.context.clearCookies();
    await server.graceful();
    await bob.is('stopped', 30);
    assert.equal((await bob.heard('state')).at(-1).reason, 'login');
    await bob.context.close();
});

test('somebody else on the same page\'s cookies: it stops', async () => {
    const bob = await Person.arrive('bob');
    const dave = await logIn(browser, site, 'dave');

    await bob.is('online');
    await bob.context.clearCookies();
    await bob.context.addCookies(await dave.context.cookies());
    await server.graceful();
    await bob.is('stopped', 30);
    assert.equal((await bob.heard('state')).at(-1).reason, 'user');
    await bob.context.close();
    await dave.context.close();
});

test('over TLS, under a policy without anything inline', async () => {
    const { context, page } = await logIn(browser, tls, 'alice');
    const person = new Person('alice', context, page);
    const { conversation } = await tls.ask('alice', 'POST', 'conversations/', { json: { church_id: 1 } });

    page.on('pageerror', ({ message }) => errors.push(`TLS: ${message}`));
    page.on('console', message => message.type() === 'error' && errors.push(`TLS: ${message.text()}`));
    await page.goto(`${tls.url}/blank.html`);
    await person.begin();
    await person.is('online');
    const sent = await page.evaluate(id => chat.send(id, 'over TLS'), conversation.id);

    assert.equal(sent.content, 'over TLS');
    assert.equal((await person.heard('message')).at(-1).message.content, 'over TLS');
    await context.close();
});

test('close() ends it, and the server knows', async () => {
    await alice.is('online');
    await alice.page.evaluate(() => { chat.close(); told.length = 0; });
    await carol.say('is anybody there?');
    await carol.acknowledged();
    await new Promise(resolve => setTimeout(resolve, 500));
    assert.deepEqual(await alice.page.evaluate(() => told), []);
    assert.equal(await alice.page.evaluate(() => chat.state), 'closed');
});

test('no page complains', () => assert.deepEqual(errors, []));
