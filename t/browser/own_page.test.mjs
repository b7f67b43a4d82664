// What the site's own pages may do, and what they need for it: the token of the cookie chat_csrf.
import assert from 'node:assert/strict';
import test from 'node:test';
import { startAttacker } from './lib/attacker.mjs';
import { cookieOf, fetchInPage, launch, logIn } from './lib/browser.mjs';
import { Site } from './lib/site.mjs';

let browser;
test.before(async () => { browser = await launch(); });
test.after(() => browser?.close());

for (const kind of ['plain', 'tls']) {
    test(kind === 'tls' ? 'with TLS' : 'without TLS', async t => {
        const site = new Site(kind);
        const { context, page } = await logIn(browser, site, 'erin');

        await page.goto(`${site.url}/blank.html`); // the widget of the front page has asked for something already
        await context.clearCookies({ name: 'chat_csrf' });
        const open = { json: { church_id: 1 } };
        let id;

        const listed = async () => (await site.ask('erin', 'GET', 'conversations/')).conversations;
        const refuse = async (options, code) => {
            const before = site.everything();
            const { status, json } = await fetchInPage(page, 'POST', 'conversations/', { ...open, ...options });

            assert.deepEqual([status, json.code], [403, code]);
            assert.equal(site.everything(), before);
        };

        await t.test('reading needs no token, and brings one', async () => {
            assert.equal(await cookieOf(context, site, 'chat_csrf'), undefined);
            assert.equal((await fetchInPage(page, 'GET', 'conversations/', { token: null })).status, 200);
            const cookie = (await context.cookies(site.url)).find(c => c.name === 'chat_csrf');

            assert.deepEqual([cookie.path, cookie.sameSite, cookie.secure, cookie.httpOnly],
                ['/', 'Lax', site.isTls, false]);
        });
        await t.test('without the header nothing is written', () => refuse({ token: null }, 'csrf_token'));
        await t.test('nor with an empty one', () => refuse({ token: '' }, 'csrf_token'));
        await t.test('nor with an invented one', () => refuse({ token: 'A'.repeat(66) }, 'csrf_token'));
        await t.test('nor with somebody else\'s', async () => {
            const bob = await logIn(browser, site, 'bob');

            await fetchInPage(bob.page, 'GET', 'conversations/');
            await refuse({ token: await cookieOf(bob.context, site, 'chat_csrf') }, 'csrf_token');
            await bob.context.close();
        });
        await t.test('with it, a conversation opens', async () => {
            const { status, json } = await fetchInPage(page, 'POST', 'conversations/', open);

            assert.equal(status, 201);
            ({ id } = json.conversation);
            assert.deepEqual((await listed()).map(c => c.id), [id]);
        });
        await t.test('and takes a message', async () => {
            const { status } = await fetchInPage(page, 'POST', `conversations/${id}/messages/`,
                { json: { content: 'Good morning!', client_id: 'from-a-page' } });

            assert.equal(status, 201);
            assert.equal((await listed())[0].last_message, 'Good morning!');
        });
        await t.test('typing and reading go the same way', async () => {
            assert.equal((await fetchInPage(page, 'POST', `conversations/${id}/typing/`,
                { json: { is_typing: true } })).status, 200);
            assert.equal((await fetchInPage(page, 'POST', `conversations/${id}/read/`)).status, 200);
        });

        // A neighbour on the same host can write cookies for it.
        await t.test('a planted token stops nobody for long, and lets nobody in', async t => {
            const attacker = await startAttacker(site);

            t.after(() => attacker.stop());
            const foreign = await context.newPage();
            const bob = await logIn(browser, site, 'bob');

            await fetchInPage(bob.page, 'GET', 'conversations/');
            const planted = await cookieOf(bob.context, site, 'chat_csrf');

            await foreign.goto(`${attacker.sameSite}/page`);
            await foreign.evaluate(([token, more]) => { document.cookie = `chat_csrf=${token}; path=/${more}`; },
                [planted, site.isTls ? '; secure' : '']);
            assert.equal(await cookieOf(context, site, 'chat_csrf'), planted);
            await refuse({}, 'csrf_token');
            assert.notEqual(await cookieOf(context, site, 'chat_csrf'), planted);
            assert.equal((await fetchInPage(page, 'POST', 'conversations/', open)).status, 200);
            await bob.context.close();
        });
        await t.test('after the logout nothing is left to use', async () => {
            await page.goto(`${site.url}/logout`);
            await page.goto(`${site.url}/blank.html`);
            assert.equal((await fetchInPage(page, 'POST', 'conversations/', open)).status, 401);
        });
        await context.close();
    });
}
