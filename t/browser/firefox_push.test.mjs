// A real pushManager: Firefox's own, connected to a push service of ours (t/push/autopush.py), from the switch in the
// bell to the push that Firefox has decrypted and given to the service worker, and to its end. Nothing goes to the
// service of Firefox's vendor. What the worker shows is tested in Chromium (push.test.mjs), as Firefox without a
// screen keeps no notifications.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { launchFirefox, logIn } from './lib/browser.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { makePeople } from './lib/visitor.mjs';

const TIMEOUT_MS = 60000;
const PATIENCE_S = 30; // a push comes five seconds after the message
const site = new Site('pages');
const { church, names: [carol, alice] } = makePeople(site, 'Foxpush', ['carol', 'alice']);
const told = []; // by the push service
let service, browser, page, context, id;

const subscriptions = async () => (await site.ask(alice, 'GET', 'push/subscriptions/')).subscriptions;
const write = content => site.ask(carol, 'POST', `conversations/${id}/messages/`, { json: { content } });
const push = () => page.getByRole('switch', { name: 'Pushes to this device' });
/** A push service on the port that the site may send to (t/browser/run), with the certificate that it knows. */
function startService() {
    const folder = `${site.state}/httpd/receiver`;

    service = spawn('/usr/bin/python3', ['t/push/autopush.py', process.env.CHAT_PUSH_PORT, `${folder}/tls.crt`, `${folder}/tls.key`],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: service.stdout });

    return new Promise((resolve, reject) => {
        lines.once('line', port => {
            lines.on('line', line => told.push(line));
            resolve(Number(port));
        });
        service.once('exit', () => reject(new Error('the push service has ended')));
    });
}

test.before(async () => {
    const port = await startService();

    browser = await launchFirefox({
        'dom.push.serverURL': `ws://127.0.0.1:${port}/`,
        'dom.push.testing.allowInsecureServerURL': true,
        'dom.push.connection.enabled': true, // which WebDriver switches off
        'permissions.default.desktop-notification': 1, // as somebody who has allowed them
    });
    id = (await site.ask(alice, 'POST', 'conversations/', { json: { church_id: church } })).conversation.id;
    ({ context, page } = await logIn(browser, site, alice, TIMEOUT_MS));
    await page.goto(`${site.url}/bell.html`);
});
test.after(async () => {
    await browser?.close();
    service?.kill();
});

test('the switch makes a subscription, which the site has', async () => {
    await page.locator('chat-bell .bell').click();
    await page.getByRole('button', { name: 'Settings' }).click();
    await push().check();
    assert.ok(await waitFor(async () => (await subscriptions()).length === 1, PATIENCE_S));
    assert.deepEqual((await subscriptions()).map(({ service, failing }) => ({ service, failing })), [{ service: '127.0.0.1', failing: false }]);
    assert.ok(await push().isChecked());
    await waitFor(() => told.length > 0, PATIENCE_S); // by another process
    assert.deepEqual(told, ['registered']);
    await page.keyboard.press('Escape');
});

test('a message that is not read comes as a push, which Firefox decrypts and gives to the worker', async () => {
    await write('Grüße 😀 <b>from</b> the church');
    assert.ok(await waitFor(() => told.length >= 3, PATIENCE_S), told.join(', '));
    assert.deepEqual(told, ['registered', 'pushed', 'acknowledged 100']);
    assert.ok(await waitFor(async () => (await subscriptions())[0].delivered_at !== null, PATIENCE_S));
});

test('a push as a test', async () => {
    assert.deepEqual(await site.ask(alice, 'POST', 'push/test/'), { pushes: 1 });
    assert.ok(await waitFor(() => told.length >= 5, PATIENCE_S), told.join(', '));
    assert.deepEqual(told.slice(3), ['pushed', 'acknowledged 100']);
});

test('off: the site has none, and the push service neither', async () => {
    await page.locator('chat-bell .bell').click();
    await page.getByRole('button', { name: 'Settings' }).click();
    await push().uncheck();
    assert.ok(await waitFor(async () => (await subscriptions()).length === 0, PATIENCE_S));
    assert.ok(await waitFor(() => told.length >= 6, PATIENCE_S), told.join(', '));
    assert.deepEqual(told.slice(5), ['unregistered']);
    await context.close();
});
