// Pages of another origin that the site trusts (ChatTrustedOrigin) use the chat as its own pages do, as far as
// the browser sends their logins; pages of others do not get to see a single answer.
import assert from 'node:assert/strict';
import test from 'node:test';
import { startAttacker } from './lib/attacker.mjs';
import { launch, logIn } from './lib/browser.mjs';
import { Site } from './lib/site.mjs';

const site = new Site('pages');
const NAME = 'trudy';
const LOGIN = { Authorization: `Basic ${btoa(`${NAME}:${NAME}`)}` };
let browser, context, trusted, stranger;

test.before(async () => {
    browser = await launch();
    site.addLogin(NAME);
    ({ context } = await logIn(browser, site, NAME));
    trusted = await startAttacker(site, Number(process.env.CHAT_TRUSTED_PORT));
    stranger = await startAttacker(site);
});
test.after(async () => {
    trusted?.stop();
    stranger?.stop();
    await browser?.close();
});

async function pageAt(origin) {
    const page = await context.newPage();

    await page.goto(`${origin}/page`);
    return page;
}

/** What fetch() gives to a page: {status, json, fields that it may read}, or {failed: true}. */
function ask(page, method, path, { json, headers = {}, credentials = 'include' } = {}) {
    return page.evaluate(async ([url, method, json, headers, credentials]) => {
        try {
            const answer = await fetch(url, {
                method, credentials,
                headers: { ...json === undefined ? {} : { 'Content-Type': 'application/json' }, ...headers },
                body: json === undefined ? undefined : JSON.stringify(json),
            });

            return { status: answer.status, json: JSON.parse(await answer.text() || 'null'),
                fields: Object.fromEntries(answer.headers) };
        } catch {
            return { failed: true };
        }
    }, [`${site.url}/api/${path}`, method, json, headers, credentials]);
}

test('a page of the same site, where cookies are sent', async t => {
    const page = await pageAt(trusted.sameSite);
    let token, id;

    await t.test('reads, and sees what a client needs', async () => {
        for (let i = 0; i < 2; i++) { // the second time from the browser's cache, with 304
            const { status, json, fields } = await ask(page, 'GET', 'conversations/');

            assert.deepEqual([status, json.conversations], [200, []]);
            assert.match(fields.etag, /^"/);
            assert.ok(fields['x-request-id'] && fields.date);
            token = fields['x-csrftoken'];
            assert.match(token, /^[\w-]{66}$/);
        }
    });
    await t.test('is told of refusals', async () => {
        const { status, json, fields } = await ask(page, 'GET', 'conversations/?limit=0');

        assert.equal(status, 400);
        assert.equal(json.status, 400);
        assert.ok(fields['x-request-id']);
        assert.equal((await ask(page, 'GET', 'conversations/nowhere/')).status, 404);
        // Of a method that is not in Access-Control-Allow-Methods the browser sends no more than the preflight.
        assert.deepEqual(await ask(page, 'DELETE', 'conversations/'), { failed: true });
    });
    await t.test('writes with the token, after a preflight', async () => {
        const open = { json: { church_id: 1 } };

        assert.equal((await ask(page, 'POST', 'conversations/', open)).json.code, 'csrf_token');
        const { status, json } = await ask(page, 'POST', 'conversations/', { ...open, headers: { 'X-CSRFToken': token } });

        assert.equal(status, 201);
        ({ id } = json.conversation);
        const sent = await ask(page, 'POST', `conversations/${id}/messages/`,
            { json: { content: 'from another origin' }, headers: { 'X-CSRFToken': token } });

        assert.equal(sent.status, 201);
        assert.ok(sent.fields.ratelimit);
    });
    await t.test('opens a WebSocket', async () => {
        const type = await page.evaluate(url => new Promise(resolve => {
            const socket = new WebSocket(url, 'chat.v1');

            socket.onmessage = ({ data }) => resolve(JSON.parse(data).type);
            socket.onerror = () => resolve('error');
        }), `${site.url.replace('http', 'ws')}/api/conversations/ws/`);

        assert.equal(type, 'hello');
    });
    await t.test('and is told when nobody is logged in', async () => {
        const { status, json } = await ask(page, 'GET', 'conversations/', { credentials: 'omit' });

        assert.deepEqual([status, json.code], [401, 'login_required']);
    });
});

test('a page of another site, which brings its own login', async t => {
    const page = await pageAt(trusted.crossSite);

    await t.test('has no cookie, as that is SameSite=Lax, and can read so', async () => {
        assert.equal((await ask(page, 'GET', 'conversations/')).status, 401);
    });
    await t.test('reads and writes with Authorization', async () => {
        const { status, fields } = await ask(page, 'GET', 'conversations/unread/', { headers: LOGIN });

        assert.equal(status, 200);
        const opened = await ask(page, 'POST', 'conversations/',
            { json: { church_id: 2 }, headers: { ...LOGIN, 'X-CSRFToken': fields['x-csrftoken'] } });

        assert.equal(opened.status, 201);
    });
});

test('a page that nobody trusts', async t => {
    for (const kind of ['sameSite', 'crossSite'])
        await t.test(kind, async () => {
            const page = await pageAt(stranger[kind]);

            for (const path of ['conversations/', 'conversations/openapi.json', 'conversations/nowhere/'])
                assert.deepEqual(await ask(page, 'GET', path), { failed: true });
            for (const headers of [{}, LOGIN, { 'X-CSRFToken': 'x' }])
                assert.deepEqual(await ask(page, 'POST', 'conversations/', { json: { church_id: 1 }, headers }), { failed: true });
        });
});
