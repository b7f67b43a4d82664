// The modules of mod_chat/web as they were written, which conf/install-web --plain serves: the same elements, in more
// files. What they do is tested in the form that pages load by default, and in this one by make browser WEB=plain.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch } from './lib/browser.mjs';
import { Site } from './lib/site.mjs';
import { Visitor, makePeople } from './lib/visitor.mjs';

const site = new Site('pages');
const { church, names: [carolName, aliceName] } = makePeople(site, 'Plain', ['carol', 'alice']);
let browser, alice, carol;

test.before(async () => { browser = await launch(); });
test.after(() => browser?.close());

test('a member writes with plain modules', async () => {
    alice = await Visitor.arrive(browser, site, aliceName, { path: '/plain.html' });
    await alice.opensChurch(church);
    await alice.writes('Is there evensong on Sunday?');
    await alice.sees('.line:not(.pending) .bubble', 'evensong');
    assert.ok(await alice.page.evaluate(() => performance.getEntriesByType('resource')
        .some(({ name }) => name.endsWith('/plain/net/socket.js'))));
});

test('staff answer from the plain inbox, whose connection is that of the widget on the page', async () => {
    carol = await Visitor.arrive(browser, site, carolName, { path: '/plain_inbox.html' });
    const sockets = [];

    carol.page.on('websocket', socket => sockets.push(socket));
    await carol.page.reload();
    await carol.page.getByRole('option').filter({ hasText: 'evensong' }).click();
    await carol.page.locator('chat-inbox textarea').fill('At six.');
    await carol.page.locator('chat-inbox textarea').press('Enter');
    await alice.sees('.line:not(.pending) .bubble', 'At six.');
    await carol.opens();
    await carol.get('.panel header').waitFor();
    assert.equal(sockets.length, 1);
});

test('no page complains', () => {
    assert.deepEqual(alice.complaints, []);
    assert.deepEqual(carol.complaints, []);
});
