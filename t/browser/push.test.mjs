// The service worker in Chromium: registered by the switch's module under the strict policy, shows what the browser's
// push service would deliver (here DevTools does), and leads from a click into the page that is open. Nothing goes to
// the service of the browser's vendor: what comes of that is as with the network gone.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch, logIn } from './lib/browser.mjs';
import { watchPage } from './lib/page.mjs';
import { Site, waitFor } from './lib/site.mjs';

const site = new Site('plain');
const complaints = [];
let browser, context, page;

test.before(async () => {
    browser = await launch();
    ({ context, page } = await logIn(browser, site, 'alice'));
    await context.grantPermissions(['notifications'], { origin: site.url });
    await watchPage(page, complaints);
    await page.goto(`${site.url}/index.html`);
    // As the bell does it: with the page's client, and what it hears kept.
    await page.evaluate(async () => {
        const { PushClient } = await import('/plain/net/push_client.js');
        const { closeShown } = await import('/plain/net/push_worker.js');
        const { Rest } = await import('/plain/net/rest.js');
        const rest = new Rest('/api', { fetch: fetch.bind(globalThis), clock: globalThis, cookies: () => document.cookie });

        const workerUrl = new URL('/chat/sw.js', location).href;

        Object.assign(globalThis, { heard: [], push: new PushClient(rest, { workerUrl }),
            closeShown: id => closeShown(id, navigator.serviceWorker, workerUrl) });
        globalThis.push.listen(one => globalThis.heard.push(one));
        // The bell would follow a link to a conversation that the widget does not have; the page keeps its address.
        document.addEventListener('chat-open', event => {
            globalThis.chosen = event.detail;
            event.preventDefault();
        });
    });
});
test.after(() => browser?.close());

const shown = () => page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration('/chat/');

    return (await registration.getNotifications()).map(({ title, body, tag, lang, data }) => ({ title, body, tag, lang, data }));
});

/* As the browser does it when its push service has something. */
async function deliver(data) {
    const session = await context.newCDPSession(page);
    const registered = new Promise(resolve => session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) =>
        registrations.filter(one => !one.isDeleted && one.scopeURL === `${site.url}/chat/`).forEach(resolve)));

    await session.send('ServiceWorker.enable');
    await session.send('ServiceWorker.deliverPushMessage', {
        origin: site.url, registrationId: (await registered).registrationId, data });
    await session.detach();
}

/* A click on the first notification, which DevTools cannot make. */
const click = () => context.serviceWorkers()[0].evaluate(async () => {
    const [notification] = await self.registration.getNotifications();

    self.dispatchEvent(new NotificationEvent('notificationclick', { notification }));
});

const PUSHED = { web_push: 8030, notification: { title: 'Ñandú <b>', body: '日本語 & 😀', navigate: '/messages?c=7', tag: 'c7', lang: 'de',
    dir: 'auto' }, app_badge: '3' };

test('the worker is served as it must be', async () => {
    const answer = await page.request.get(`${site.url}/chat/sw.js`);
    const headers = answer.headers();

    assert.equal(answer.status(), 200);
    assert.match(headers['content-type'], /^text\/javascript/);
    assert.equal(headers['cache-control'], 'no-cache');
    assert.doesNotMatch(await answer.text(), /\b(?:import|export)\b/);
});

test('nothing is registered before the switch', async () => {
    assert.equal(await page.evaluate(() => globalThis.push.state()), 'off');
    assert.deepEqual(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0);
});

test('the switch registers the worker, and says that the push service is away', async () => {
    const outcome = await page.evaluate(() => globalThis.push.subscribe().catch(error => error.name));

    assert.ok(['AbortError', 'NotAllowedError', 'on'].includes(outcome), outcome);
    assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistration('/chat/')).scope), `${site.url}/chat/`);
    assert.equal(await page.evaluate(() => navigator.serviceWorker.controller), null);
});

test('a push is shown, and a newer one in its place', async () => {
    await deliver(JSON.stringify(PUSHED));
    assert.ok(await waitFor(async () => (await shown()).length === 1));
    assert.deepEqual(await shown(), [{ title: 'Ñandú <b>', body: '日本語 & 😀', tag: 'c7', lang: 'de',
        data: { link: `${site.url}/messages?c=7`, conversation_id: 7 } }]);
    await deliver(JSON.stringify({ ...PUSHED, notification: { ...PUSHED.notification, body: 'newer' } }));
    assert.ok(await waitFor(async () => (await shown())[0]?.body === 'newer'));
    assert.equal((await shown()).length, 1);
    await deliver('no JSON');
    assert.ok(await waitFor(async () => (await shown()).length === 2), 'whatever was pushed');
});

test('reading closes those of the conversation', async () => {
    await page.evaluate(() => globalThis.closeShown(8));
    assert.equal((await shown()).length, 2);
    await page.evaluate(() => globalThis.closeShown(7));
    assert.deepEqual((await shown()).map(one => one.tag), ['']);
    await page.evaluate(async () => (await (await navigator.serviceWorker.getRegistration('/chat/')).getNotifications()).forEach(one => one.close()));
});

test('a click leads into the page that is open', async () => {
    await deliver(JSON.stringify(PUSHED));
    assert.ok(await waitFor(async () => (await shown()).length === 1));
    await click();
    assert.ok(await waitFor(() => page.evaluate(() => globalThis.heard.length === 1)));
    assert.deepEqual(await page.evaluate(() => globalThis.heard), [{ link: `${site.url}/messages?c=7`, conversation_id: 7 }]);
    assert.deepEqual(await shown(), [], 'and is gone');
    assert.ok(await waitFor(() => page.evaluate(() => globalThis.chosen?.conversation_id === 7)), 'the bell says so, too');
    assert.equal(new URL(page.url()).pathname, '/index.html', 'which stays where it is');
});

test('what is read elsewhere is closed by the page\'s element', async () => {
    const { conversations: [{ id }] } = await site.ask('alice', 'GET', 'conversations/');
    const unread = () => page.evaluate(() => document.querySelector('chat-widget').unreadCount);

    await site.ask('alice', 'POST', `conversations/${id}/read/`);
    assert.ok(await waitFor(async () => await unread() === 0));
    await site.ask('carol', 'POST', `conversations/${id}/messages/`, { json: { content: 'Are you there?' } });
    assert.ok(await waitFor(async () => await unread() === 1));
    // Again, as the element may still be closing those that were there when the conversation was read before.
    assert.ok(await waitFor(async () => {
        await deliver(JSON.stringify({ ...PUSHED, notification: { ...PUSHED.notification, tag: `c${id}` } }));
        return (await shown()).length === 1;
    }));
    await site.ask('alice', 'POST', `conversations/${id}/read/`);
    assert.ok(await waitFor(async () => (await shown()).length === 0));
});

// The contexts of tests are incognito, where Chromium has no push service at all.
test('nobody had to complain', () =>
    assert.deepEqual(complaints.filter(text => !/Push API in incognito mode/.test(text)), []));
