// Users and churches that are suggested for what is typed (mod_chat/web/admin/suggestions.js): which requests, answers that
// overtake each other, refusals, and who is meant by an exact name.
import assert from 'node:assert/strict';
import test from 'node:test';
import { AdminApi } from '../../mod_chat/web/admin/admin_api.js';
import { Suggestions } from '../../mod_chat/web/admin/suggestions.js';
import { FakeAdminServer } from './lib/admin_server.mjs';
import { FakeClock, settle } from './lib/fakes.mjs';

/** `users`: [username, name, email]; their ids are 1, 2, 3… */
function start(resource = 'users', users = null) {
    const server = new FakeAdminServer();
    const clock = new FakeClock();
    const held = []; // requests whose answers the test releases; null: they come at once
    const one = { server, clock, held, isHeld: false, changes: 0 };
    const fetch = async (url, request) => {
        if (one.isHeld)
            await new Promise((resolve, reject) => {
                held.push(resolve);
                request.signal.addEventListener('abort', () => reject(new Error('aborted')));
            });
        return server.fetch(url, request);
    };
    const api = new AdminApi('/api', { fetch, clock, cookies: () => 'chat_csrf=t1' });

    if (users)
        server.lists.users = users.map(([username, name, email = null], i) => ({ id: i + 1, username, display_name: name, email, is_active: true }));
    one.suggestions = new Suggestions({ api, resource, clock, onChange: () => one.changes++ });
    one.paths = () => server.requests.map(({ path, query }) => `${path}?${new URLSearchParams(query)}`);
    return one;
}

const texts = ({ choices }) => choices.map(({ text }) => text);

test('what is asked for', async t => {
    const { server, clock, suggestions, paths } = start();

    await t.test('once, when the person pauses', async () => {
        for (const text of ['a', 'al', 'ali', ' alice ']) {
            suggestions.type(text);
            await clock.tick(200);
        }
        assert.deepEqual(paths(), []);
        await clock.tick(250);
        assert.deepEqual(paths(), ['users/?q=alice&limit=10']);
        assert.deepEqual(suggestions.choices, [{ id: '2', name: 'Alice Archer', username: 'alice', email: null, isActive: true, text: 'Alice Archer (alice)' }]);
    });
    await t.test('not again while it is there', async () => {
        suggestions.type('alice');
        suggestions.want('alice ');
        await clock.tick(1000);
        assert.equal(server.requests.length, 1);
    });
    await t.test('nothing of nothing, unless that is wanted', async () => {
        suggestions.type(' ');
        await clock.tick(1000);
        assert.deepEqual([server.requests.length, suggestions.choices, suggestions.isLoaded], [1, [], false]);
        suggestions.want('');
        await clock.tick();
        assert.deepEqual([paths().at(-1), texts(suggestions)], ['users/?limit=10', ['<b>Bob</b> (bob)', 'Alice Archer (alice)', 'Ada Admin (admin)']]);
    });
    await t.test('of a number also whose id it is, who comes first', async () => {
        server.find('users', 3).username = '2nd';
        suggestions.type('2');
        await clock.tick(250);
        assert.deepEqual(texts(suggestions)[0], 'Alice Archer (alice)');
        assert.ok(texts(suggestions).includes('<b>Bob</b> (2nd)'));
        suggestions.type('999');
        await clock.tick(250);
        assert.deepEqual([suggestions.choices, suggestions.isLoaded, suggestions.problem], [[], true, null], 'nobody');
    });
    await t.test('of a long text only its beginning', async () => {
        suggestions.type('é'.repeat(300));
        await clock.tick(250);
        assert.equal([...server.requests.at(-1).query.q].length, 200);
    });
    await t.test('of churches by their names', async () => {
        const churches = start('churches');

        churches.suggestions.type('St');
        await churches.clock.tick(250);
        assert.deepEqual([churches.paths(), texts(churches.suggestions)], [['churches/?q=St&order=name&limit=10'], ['St. Mary’s Church']]);
    });
});

test('an answer', async t => {
    await t.test('to what is not wanted any more is not used, and its request is ended', async () => {
        const one = start();

        one.isHeld = true;
        one.suggestions.type('alice');
        await one.clock.tick(250);
        one.suggestions.type('bob');
        await one.clock.tick(250);
        assert.equal(one.held.length, 2);
        one.held[1]();
        await settle();
        assert.deepEqual(texts(one.suggestions), ['<b>Bob</b> (bob)']);
        one.held[0]();
        await settle();
        assert.deepEqual([texts(one.suggestions), one.suggestions.problem], [['<b>Bob</b> (bob)'], null]);
        assert.equal(one.server.requests.length, 1, 'the first never came to the server');
    });
    await t.test('that comes after one has gone is not used either', async () => {
        const one = start();

        one.isHeld = true;
        one.suggestions.type('alice');
        await one.clock.tick(250);
        one.suggestions.stop();
        one.held[0]();
        await settle();
        assert.deepEqual([one.suggestions.choices, one.suggestions.isLoaded], [[], false]);
        one.isHeld = false;
        one.suggestions.want('alice');
        await one.clock.tick();
        assert.equal(one.suggestions.choices.length, 1, 'but it can be wanted again');
    });
    await t.test('that refuses is told, until something else is typed', async () => {
        const { server, clock, suggestions } = start();

        server.isUp = false;
        suggestions.type('alice');
        await clock.tick(250);
        assert.deepEqual([suggestions.problem.code, suggestions.choices], ['network', []]);
        server.isUp = true;
        suggestions.want('alice');
        await clock.tick();
        assert.deepEqual([suggestions.problem, suggestions.choices.length], [null, 1], 'and asked for again');
    });
    await t.test('that asks to wait is obeyed', async () => {
        const { server, clock, suggestions } = start();
        const { answer } = server;

        server.answer = () => ({ status: 429, json: { status: 429, code: 'rate_limited', retry_after: 5 } });
        suggestions.type('al');
        await clock.tick(250);
        assert.equal(suggestions.problem.status, 429);
        server.answer = answer;
        suggestions.type('ali');
        await clock.tick(4000);
        assert.equal(server.requests.length, 1);
        await clock.tick(1100);
        assert.deepEqual([server.requests.length, texts(suggestions)], [2, ['Alice Archer (alice)']]);
    });
    await t.test('that asks to wait is the answer to who cannot wait', async () => {
        const { server, clock, suggestions } = start();
        const { answer } = server;

        server.answer = () => ({ status: 503, json: { status: 503, code: 'busy', retry_after: 5 } });
        await assert.rejects(suggestions.exact('alice'), { status: 503, retryAfter_s: 5 });
        server.answer = answer;
        const before = server.requests.length;

        await clock.tick(4000);
        for (const ask of [() => suggestions.exact('alice'), () => suggestions.isNameOfOther('2'), () => suggestions.known('2')])
            await assert.rejects(ask(), { code: 'busy' });
        suggestions.want('alice');
        await clock.tick(500);
        assert.equal(server.requests.length, before);
        await clock.tick(600);
        assert.deepEqual(texts(suggestions), ['Alice Archer (alice)']);
        assert.equal((await suggestions.known('2')).id, '2');
    });
    await t.test('is ended with all others when the field goes', async () => {
        const one = start();

        one.isHeld = true;
        one.suggestions.type('alice');
        await one.clock.tick(250);
        const asked = Promise.allSettled([one.suggestions.exact('bob'), one.suggestions.isNameOfOther('2'), one.suggestions.known('3')]);

        await settle();
        assert.equal(one.held.length, 5);
        one.suggestions.stop();
        await settle();
        one.suggestions.close();
        assert.deepEqual((await asked).map(({ reason }) => reason.code), ['network', 'network', 'network']);
        assert.equal(one.server.requests.length, 0, 'none came to the server');
    });
    await t.test('to who is meant is not ended when nobody types any more', async () => {
        const one = start();

        one.isHeld = true;
        const asked = one.suggestions.exact('bob');

        await settle();
        one.suggestions.stop();
        one.held[0]();
        assert.equal((await asked).id, '3');
    });
});

test('who is meant', async t => {
    const found = async (text, users) => {
        const { suggestions, server } = start('users', users);

        return [(await suggestions.exact(text))?.id ?? null, server.requests.length];
    };
    const USERS = [['carol', 'Carol Carter', 'carol@example.org'], ['alice', 'carol'], ['Dan', 'Dan Dee'], ['dan', 'Dan Doe'], ['erin', 'Same'], ['frank', 'Same']];

    for (const [text, id, why] of [
        ['carol', '1', 'by the user name, before who is called so'], [' CAROL ', '1', 'however it is written'], ['dan', '4', 'but exactly where there are two'], ['Dan', '3', 'the same'],
        ['Carol Carter', '1', 'by the name'], ['carol@Example.org', '1', 'by the address'], ['Same', null, 'nobody where two are called so'], ['Car', null, 'nor by the beginning of a name'],
        ['DAN', null, 'nor where two user names differ in that only'],
    ])
        await t.test(`${why}: ${text}`, async () => assert.deepEqual(await found(text, USERS), [id, 1]));
    await t.test('by a user name with which many others begin', async () => {
        const many = [['al', 'Albert'], ...Array.from({ length: 30 }, (_, i) => [`al${i}`, i === 7 ? 'Al' : `Al ${i}`])];

        assert.deepEqual(await found('al', many), ['1', 2]);
        assert.deepEqual(await found('Al', many), [null, 2], 'but not by a name of which there may be more');
        assert.deepEqual(await found('al', [...many.slice(1), ['AL', 'Alan']]), [null, 2], 'nor however it is written');
    });
    await t.test('by an id, unless another one is called so', async () => {
        const is = async (id, users, resource = 'users') => {
            const { suggestions, server } = start(resource, users);

            if (resource === 'churches')
                server.lists.churches.push({ id: 7, name: '2', logo_url: null, is_active: true });
            return suggestions.isNameOfOther(id);
        };

        assert.equal(await is('2', [['anna', 'Anna'], ['2', 'Bert'], ['carl', 'Carl']]), false, 'it is one and the same');
        assert.equal(await is('2', [['anna', 'Anna'], ['bert', 'Bert'], ['2', 'Carl']]), true, 'by its user name');
        assert.equal(await is('2', [['anna', 'Anna'], ['bert', 'Bert'], ['carl', '2']]), true, 'or by its name');
        assert.equal(await is('2', [['2nd', '2nd'], ['bert', 'Bert']]), false, 'not by the beginning of one');
        assert.equal(await is('9', [['9', 'Anna']]), true, 'also where none has that id');
        assert.equal(await is('2', [['2', 'Anna'], ...Array.from({ length: 30 }, (_, i) => [`2${i}`, `Other ${i}`])]), true, 'nor among many');
        assert.equal(await is('2', null, 'churches'), true);
        assert.equal(await is('7', null, 'churches'), false);
    });
    await t.test('without another request where it is there', async () => {
        const { suggestions, server, clock } = start();

        suggestions.type('alice');
        await clock.tick(250);
        assert.equal((await suggestions.exact('alice')).id, '2');
        assert.equal(server.requests.length, 1);
    });
    await t.test('is not known without the server', async () => {
        const { suggestions, server } = start();

        server.isUp = false;
        await assert.rejects(suggestions.exact('alice'), { code: 'network' });
    });
    await t.test('by an id', async () => {
        const { suggestions } = start();

        assert.equal((await suggestions.known('2')).text, 'Alice Archer (alice)');
        assert.equal(await suggestions.known('99'), null);
    });
});
