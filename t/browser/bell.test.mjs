// <chat-bell> in Chromium over the real server: what it counts and lists, where it leads, and its settings; alone on a
// page, beside the widget and beside the inbox.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch, logIn } from './lib/browser.mjs';
import { LOOKS, findBarriers, fits, look, takePicture, watchPage } from './lib/page.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { makePeople } from './lib/visitor.mjs';

const site = new Site('pages');
const SOCKET = /\/conversations\/ws\/$/;
const OUTAGE = /Failed to load resource|WebSocket connection to/; // what Chromium says of answers and networks
const { church, churchName, names: [carolName, aliceName, bobName, erinName, finnName] } =
    makePeople(site, 'Bell', ['carol', 'alice', 'bob', 'erin', 'finn']);
const { church: other, churchName: otherName, names: [daveName] } = makePeople(site, 'Chime', ['dave']);
const complaints = [];
let browser, alice, id, otherId;

const open = async (name, at) => (await site.ask(name, 'POST', 'conversations/', { json: { church_id: at } })).conversation.id;
const post = (name, conversation, content) => site.ask(name, 'POST', `conversations/${conversation}/messages/`, { json: { content } });
const preferencesOf = name => site.ask(name, 'GET', 'notifications/preferences/');

/** Somebody on a page with a bell; null is nobody. */
class Person {
    sockets = []; // WebSockets that the page has opened

    constructor(context, page) {
        Object.assign(this, { context, page });
        page.on('websocket', socket => this.sockets.push(socket));
    }

    static async arrive(name, { path = '/bell.html', prepare = () => {} } = {}) {
        const { context, page } = name === null ? await nobody() : await logIn(browser, site, name);

        return Person.in(context, page, { path, prepare, name });
    }

    static async in(context, page, { path = '/bell.html', prepare = () => {}, name = '' } = {}) {
        const person = new Person(context, page);

        context.setDefaultTimeout(30000);
        await page.emulateMedia({ reducedMotion: 'reduce' });
        await watchPage(page, { push: text => OUTAGE.test(text) || complaints.push(text) }, name ?? 'nobody');
        await prepare(page);
        await page.goto(site.url + path);
        await person.bell.waitFor();
        return person;
    }

    /** The same person in another tab. */
    async inAnotherTab(options) {
        return Person.in(this.context, await this.context.newPage(), options);
    }

    get(selector) {
        return this.page.locator(`chat-bell ${selector}`);
    }

    get bell() {
        return this.get('.bell');
    }

    get rows() {
        return this.get('[role=option]');
    }

    row(name) {
        return this.rows.filter({ hasText: name });
    }

    /** Until the bell says so many; 0: nothing. It may wait a minute before it asks or connects again. */
    async counts(n, timeout = 90000) {
        await this.page.locator(`chat-bell[count="${n}"]`).waitFor({ timeout });
        await this.get('.badge').filter({ hasText: n || '0' }).waitFor({ state: n > 0 ? 'visible' : 'hidden', timeout });
    }

    async opens() {
        await this.bell.click();
        await this.get('.panel[open]').waitFor();
    }

    /** What the focus is on, also in elements: its label or its text. */
    focused() {
        return this.page.evaluate(() => {
            let one = document.activeElement;

            while (one?.shadowRoot?.activeElement)
                one = one.shadowRoot.activeElement;
            return one?.getAttribute('aria-label') ?? one?.getAttribute('placeholder') ??
                one?.labels?.[0]?.textContent ?? one?.querySelector?.('.name')?.textContent ?? one?.textContent ?? null;
        });
    }

    async focuses(text) {
        await waitFor(async () => (await this.focused())?.includes(text), 10);
        assert.ok((await this.focused())?.includes(text), `the focus is on “${await this.focused()}”, not on “${text}”`);
    }

    /** As somebody who comes back to the page: the bell, where there is no connection, asks. */
    comesBack() {
        return this.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    }

    leave() {
        return this.context.close();
    }
}

async function nobody() {
    const context = await browser.newContext();

    return { context, page: await context.newPage() };
}

test.before(async () => {
    browser = await launch();
    id = await open(aliceName, church);
    otherId = await open(aliceName, other);
    await post(carolName, id, 'Welcome!');
    alice = await Person.arrive(aliceName);
});
test.after(() => browser?.close());

test('the count', async t => {
    await t.test('is in the button, in its name, and to be read by the page', async () => {
        await alice.counts(1);
        assert.equal(await alice.bell.getAttribute('aria-label'), 'Notifications, 1 new');
        assert.equal(await alice.bell.getAttribute('aria-expanded'), 'false');
    });
    await t.test('is live, and said to those who do not see it', async () => {
        await alice.page.waitForFunction(() => document.querySelector('chat-bell').getAttribute('count') === '1');
        await waitFor(() => alice.sockets.length > 0, 20);
        await post(daveName, otherId, 'Good evening!');
        await alice.counts(2);
        await alice.get('[role=status]').filter({ hasText: '2 new' }).waitFor({ state: 'attached' });
    });
    await t.test('counts conversations, not messages', async () => {
        await post(daveName, otherId, 'Are you there?');
        await alice.opens();
        await alice.row(otherName).filter({ hasText: 'Are you there?' }).locator('.pill').filter({ hasText: '2' }).waitFor();
        await alice.counts(2);
        await alice.page.keyboard.press('Escape');
    });
});

test('the list', async t => {
    await t.test('opens with the focus in it, the newest first', async () => {
        await alice.opens();
        assert.equal(await alice.bell.getAttribute('aria-expanded'), 'true');
        await alice.row(churchName).waitFor();
        assert.deepEqual(await alice.get('[role=option] .name').allTextContents(), [otherName, churchName]);
        await alice.focuses(otherName);
    });
    await t.test('arrows move in it, and Escape leads back to the bell', async () => {
        await alice.page.keyboard.press('ArrowDown');
        await alice.focuses(churchName);
        await alice.page.keyboard.press('Escape');
        await alice.get('.panel[open]').waitFor({ state: 'hidden' });
        await alice.focuses('Notifications');
        assert.equal(await alice.bell.getAttribute('aria-expanded'), 'false');
    });
    await t.test('a click beside it closes it', async () => {
        await alice.opens();
        await alice.page.locator('h1').click();
        await alice.get('.panel[open]').waitFor({ state: 'hidden' });
    });
    await t.test('what comes while it is open comes on top', async () => {
        await alice.opens();
        await post(carolName, id, 'At six, then.');
        await alice.rows.first().filter({ hasText: 'At six, then.' }).waitFor();
        await site.upload(carolName, id, { name: 'Plan.txt', bytes: 'x' });
        await alice.rows.first().filter({ hasText: 'Plan.txt' }).waitFor(); // a file by its name
        await alice.focuses(otherName); // where it was
        await alice.page.keyboard.press('Escape');
    });
    await t.test('leads to the page of all messages', async () => {
        assert.equal(await alice.page.getByRole('link', { name: 'All messages' }).count(), 0, 'not while it is closed');
        await alice.opens();
        assert.equal(await alice.page.getByRole('link', { name: 'All messages' }).getAttribute('href'), `${site.url}/inbox.html`);
        await alice.page.keyboard.press('Escape');
    });
});

test('the page may open it by itself', async () => {
    await alice.page.evaluate(() => document.addEventListener('chat-open', event => {
        if (event.target.localName !== 'chat-bell')
            return;
        event.preventDefault();
        window.asked = structuredClone(event.detail);
    }, { once: true }));
    await alice.opens();
    await alice.row(churchName).click();
    assert.deepEqual(await alice.page.evaluate(() => window.asked), { conversation_id: id, link: `${site.url}/#/conversations/${id}` });
    assert.equal(await alice.page.locator('chat-widget .panel[open]').count(), 0);
    assert.equal(await alice.get('.panel[open]').count(), 0);
});

test('one click leads into the widget\'s conversation, over the same connection', async t => {
    await alice.opens();
    await alice.row(churchName).click();
    await alice.page.locator('chat-widget .bubble', { hasText: 'At six, then.' }).waitFor();
    await t.test('which is read then', () => alice.counts(1));
    await t.test('there is one socket', () => assert.equal(alice.sockets.filter(one => !one.isClosed()).length, 1));
    await t.test('and the focus comes back to the bell', async () => {
        await alice.focuses('Write a message');
        await alice.page.keyboard.press('Escape');
        await alice.focuses('Notifications');
    });
});

test('mark all as read', async t => {
    const tab = await alice.inAnotherTab();

    await tab.counts(1);
    await tab.opens();
    await tab.row(otherName).locator('.pill').waitFor();
    await alice.opens();
    await alice.page.getByRole('button', { name: 'Mark all as read' }).click();
    await t.test('the count goes, the conversation stays', async () => {
        await alice.counts(0);
        assert.equal(await alice.bell.getAttribute('aria-label'), 'Notifications');
        await alice.row(otherName).locator('.pill').waitFor({ state: 'detached' });
        await alice.get('[role=status]').filter({ hasText: 'All notifications are marked as read.' }).waitFor({ state: 'attached' });
        await alice.focuses(otherName);
    });
    await t.test('in the other tab, too', async () => {
        await tab.counts(0);
        await tab.row(otherName).locator('.pill').waitFor({ state: 'detached' });
    });
    await t.test('the messages are unread as before', async () =>
        assert.equal((await site.ask(aliceName, 'GET', 'conversations/unread/')).unread_count, 2));
    await tab.page.close();
    await alice.page.keyboard.press('Escape');
});

test('read elsewhere, it goes', async () => {
    await alice.opens();
    await alice.row(otherName).waitFor();
    await site.ask(aliceName, 'POST', `conversations/${otherId}/read/`);
    await alice.get('.empty').filter({ hasText: 'Nothing new' }).waitFor();
    await alice.page.keyboard.press('Escape');
});

test('staff: one click leads into the inbox, whose connection it shares', async () => {
    await post(aliceName, id, 'Is there evensong on Sunday?');
    const carol = await Person.arrive(carolName, { path: '/bell_inbox.html' });

    await carol.counts(1);
    await carol.opens();
    await carol.row('Alice Archer').click();
    await carol.page.locator('chat-inbox .bubble', { hasText: 'evensong' }).waitFor();
    await carol.focuses('Write a message');
    await carol.counts(0);
    assert.equal(carol.sockets.filter(one => !one.isClosed()).length, 1);
    await carol.leave();
});

test('alone on a page', async t => {
    const person = await Person.arrive(aliceName, { path: '/bell_alone.html' });

    await person.counts(0);
    await post(carolName, id, 'At half past five.');
    await t.test('it counts', () => person.counts(1));
    await t.test('and follows the link', async () => {
        await person.opens();
        await person.row(churchName).click();
        await person.page.waitForURL(`${site.url}/#/conversations/${id}`);
        await person.page.locator('chat-widget .bubble', { hasText: 'At half past five.' }).waitFor();
    });
    await person.leave();
    await post(carolName, id, 'Or at six.'); // the next is to be unread again
});

test('settings', async t => {
    const bob = await Person.arrive(bobName);
    const label = name => bob.page.getByLabel(name, { exact: true });
    const save = bob.page.getByRole('button', { name: 'Save' });
    const saved = () => bob.get('.buttons [role=status]').filter({ hasText: /^Saved$/ }).waitFor();

    await bob.opens();
    await bob.page.getByRole('button', { name: 'Settings' }).click();
    await t.test('are what holds, in the browser\'s time zone', async () => {
        await save.waitFor();
        await bob.focuses('Settings');
        assert.equal(await label('When I have not read a message for some minutes').isChecked(), true);
        assert.equal(await label('At this time').isVisible(), false);
        await bob.page.getByText('This site does not know your mail address.').waitFor();
        const zone = await bob.page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone);

        await bob.page.getByText(`Times are in the time zone ${zone}.`).waitFor();
    });
    await t.test('are saved', async () => {
        await label('Once a day, all messages together').check();
        await label('At this time').fill('06:30');
        await label('Quiet hours, without mails and pushes').check();
        await label('From').fill('21:15');
        await label('To').fill('08:00');
        await label('Language of mails').selectOption('de');
        await save.click();
        await saved();
        const { email, digest_at: digestAt, quiet, language } = await preferencesOf(bobName);

        assert.deepEqual([email, digestAt, quiet, language], ['digest', '06:30', { from: '21:15', to: '08:00' }, 'de']);
    });
    await t.test('what the server refuses is said at its field', async () => {
        await label('To').fill('21:15');
        await save.click();
        await bob.page.getByText('The server does not accept this.').waitFor();
        assert.equal(await label('To').getAttribute('aria-invalid'), 'true');
        await bob.page.getByText('Not saved.').waitFor();
        assert.deepEqual(await findBarriers(bob.page), []);
        assert.deepEqual((await preferencesOf(bobName)).quiet, { from: '21:15', to: '08:00' });
        await label('To').fill('07:00');
        await save.click();
        await saved();
        assert.equal(await label('To').getAttribute('aria-invalid'), null);
    });
    await t.test('a failure is told, too', async () => {
        await bob.page.route('**/preferences/', route => route.request().method() === 'PUT' ? route.abort() : route.fallback());
        await save.click();
        await bob.page.getByText('Not saved. The server cannot be reached.').waitFor();
        await bob.page.unroute('**/preferences/');
    });
    await t.test('mails that came back can be tried again', async () => {
        site.sql(`update chat.users set email = 'bob-bell@example.org' where username = '${bobName}';
            insert into chat.mail_failures (address, failures, is_off, error) values ('bob-bell@example.org', 3, true, '550')`);
        await bob.page.getByRole('button', { name: 'Back to the notifications' }).click();
        await bob.page.getByRole('button', { name: 'Settings' }).click();
        await bob.page.getByText('Mails to b…@example.org came back, so that no more are sent.').waitFor();
        assert.deepEqual(await findBarriers(bob.page), []);
        await bob.page.route('**/preferences/email/', route => route.fulfill({ status: 409, contentType: 'application/problem+json',
            body: '{"type":"about:blank","title":"Conflict","status":409,"code":"no_mail","detail":"No."}' }));
        await bob.page.getByRole('button', { name: 'Try again' }).click();
        await bob.page.getByText('This site does not send mails.').waitFor();
        await bob.page.unroute('**/preferences/email/');
        await bob.page.getByRole('button', { name: 'Try again' }).click();
        await bob.page.getByText('Mails are sent again.').waitFor();
        await bob.page.getByText('Mails go to b…@example.org.').waitFor();
        assert.equal(site.sql(`select count(*) from chat.mail_failures where address = 'bob-bell@example.org'`), '0');
    });
    await t.test('in another tab they are the same, and back leads to the list', async () => {
        const tab = await bob.inAnotherTab();

        await tab.opens();
        await tab.page.getByRole('button', { name: 'Settings' }).click();
        assert.equal(await tab.page.getByLabel('To', { exact: true }).inputValue(), '07:00');
        assert.equal(await tab.page.getByLabel('Once a day, all messages together', { exact: true }).isChecked(), true);
        await tab.page.getByRole('button', { name: 'Back to the notifications' }).click();
        await tab.focuses('Settings');
        await tab.get('.empty').filter({ hasText: 'Nothing new' }).waitFor();
        await tab.page.close();
    });
    await bob.leave();
});

/* What a push service would do, which Chromium does not reach here; `window.asked` counts what its user is asked. */
function fakePushService() {
    let subscription = null;
    const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), one => one.charCodeAt(0));
    const ask = Notification.requestPermission.bind(Notification);

    window.asked = 0;
    Notification.requestPermission = () => {
        window.asked++;
        return ask();
    };
    PushManager.prototype.getSubscription = async () => subscription;
    PushManager.prototype.subscribe = async ({ applicationServerKey: key }) => {
        if (window.isPushServiceAway)
            throw new DOMException('no push service', 'AbortError');
        const json = { endpoint: 'https://push.example.org/of-bob', expirationTime: null, keys: {
            p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4', auth: 'BTBZMqHH6r4Tts7J_aSIgg' } };

        subscription = {
            endpoint: json.endpoint,
            options: { applicationServerKey: bytes(key).buffer },
            toJSON: () => json,
            unsubscribe: async () => { subscription = null; },
        };
        return subscription;
    };
}

test('pushes to this device', async t => {
    const bob = await Person.arrive(bobName, { prepare: page => page.addInitScript(fakePushService) });
    const push = bob.page.getByRole('switch', { name: 'Pushes to this device' });
    const subscriptions = async () => (await site.ask(bobName, 'GET', 'push/subscriptions/')).subscriptions;
    const opens = async () => {
        await bob.opens();
        await bob.page.getByRole('button', { name: 'Settings' }).click();
        await push.waitFor();
    };

    /* What is done with the switch, and all that comes of it: it takes no other click before, and sets its note then. */
    const settles = async act => {
        const note = await bob.get('#push-note').elementHandle(); // which is not in the page while the panel is closed

        await note.evaluate(one => { one.textContent = ''; });
        await act();
        assert.ok(await waitFor(() => note.evaluate(one => one.textContent !== ''), 20));
    };

    await bob.context.grantPermissions(['notifications'], { origin: site.url });
    await t.test('nobody is asked for permission before the switch', async () => {
        await opens();
        assert.equal(await push.isChecked(), false);
        assert.equal(await bob.page.evaluate(() => window.asked), 0);
        assert.deepEqual(await bob.page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0);
    });
    await t.test('a push service that is away is told', async () => {
        await bob.page.evaluate(() => { window.isPushServiceAway = true; });
        await push.check({ force: true }).catch(() => {}); // it does not stay so
        await bob.page.getByText('This browser could not be registered for pushes.').waitFor();
        assert.equal(await push.isChecked(), false);
        await bob.page.evaluate(() => { window.isPushServiceAway = false; });
    });
    await t.test('on: the server has the subscription, and the user wants pushes', async () => {
        await site.ask(bobName, 'PUT', 'notifications/preferences/', { json: { push: false } });
        await settles(() => push.check());
        assert.ok(await waitFor(async () => (await subscriptions()).length === 1, 20));
        assert.ok(await waitFor(async () => (await preferencesOf(bobName)).push, 20));
        assert.equal((await subscriptions())[0].service, 'push.example.org');
        assert.equal(await push.isChecked(), true);
        assert.equal(await bob.page.evaluate(() => window.asked), 2);
        await bob.focuses('Pushes to this device');
    });
    await t.test('it stays on', async () => {
        await bob.page.getByRole('button', { name: 'Back to the notifications' }).click();
        await bob.page.getByRole('button', { name: 'Settings' }).click();
        await push.waitFor();
        assert.equal(await push.isChecked(), true);
    });
    await t.test('while it works it keeps the focus, so that Escape closes the panel', async () => {
        let goOn;

        await bob.page.route('**/push/subscriptions/', async route => {
            await new Promise(resolve => { goOn = resolve; });
            await route.fallback();
        });
        await push.uncheck();
        assert.ok(await waitFor(() => goOn, 20));
        await push.click(); // which changes nothing
        assert.equal(await push.isChecked(), false);
        await bob.focuses('Pushes to this device');
        await settles(async () => {
            await bob.page.keyboard.press('Escape');
            await push.waitFor({ state: 'hidden' });
            goOn();
        });
        await bob.page.unroute('**/push/subscriptions/');
        assert.ok(await waitFor(async () => (await subscriptions()).length === 0, 20));
        await opens();
        await settles(() => push.check());
        assert.ok(await waitFor(async () => (await subscriptions()).length === 1, 20));
    });
    await t.test('off: it has none', async () => {
        await push.uncheck();
        assert.ok(await waitFor(async () => (await subscriptions()).length === 0, 20));
    });
    await t.test('where its user does not allow it, it says so', async () => {
        await bob.page.addInitScript(() => Object.defineProperty(Notification, 'permission', { get: () => 'denied' }));
        await bob.page.reload();
        await opens();
        assert.equal(await push.isDisabled(), true);
        await bob.page.getByText('This browser does not let this site show pushes.').waitFor();
        assert.deepEqual(await findBarriers(bob.page), []);
    });
    await t.test('where the site sends none, there is no switch', async () => {
        await bob.page.route('**/push/key/', route => route.fulfill({ status: 404, contentType: 'application/problem+json',
            body: '{"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"No."}' }));
        await bob.page.reload();
        await bob.opens();
        await bob.page.getByRole('button', { name: 'Settings' }).click();
        await bob.page.getByRole('button', { name: 'Save' }).waitFor();
        assert.equal(await push.isVisible(), false);
    });
    await bob.leave();
});

test('nobody is logged in', async t => {
    const person = await Person.arrive(null, { path: '/bell_alone.html' });

    await t.test('nothing is counted, and nothing connected', async () => {
        await person.counts(0);
        assert.equal(person.sockets.length, 0);
    });
    await t.test('the list is a link for logging in', async () => {
        await person.opens();
        await person.page.getByRole('link', { name: 'Sign in' }).waitFor();
        assert.equal(await person.page.getByRole('link', { name: 'Sign in' }).getAttribute('href'), `${site.url}/login.html`);
        assert.equal(await person.page.getByRole('button', { name: 'Settings' }).count(), 0);
        assert.deepEqual(await findBarriers(person.page), []);
        await takePicture(person.page, 'bell-nobody');
    });
    await person.leave();
});

test('the session ends', async t => {
    const erinId = await open(erinName, church);

    await post(carolName, erinId, 'Good morning, Erin!');
    const erin = await Person.arrive(erinName);
    const tab = await erin.inAnotherTab();

    await erin.counts(1);
    await erin.opens();
    await erin.row(churchName).waitFor();
    await t.test('logged out in another tab: nothing is shown any more', async () => {
        await tab.page.evaluate(() => fetch('/logout', { redirect: 'manual' }));
        await erin.comesBack();
        await erin.page.getByRole('link', { name: 'Sign in' }).waitFor();
        await erin.counts(0);
        assert.equal(await erin.rows.count(), 0);
    });
    await t.test('logged in again: it goes on', async () => {
        await tab.page.goto(`${site.url}/login.html`);
        await tab.page.fill('[name=httpd_username]', erinName);
        await tab.page.fill('[name=httpd_password]', erinName);
        await tab.page.click('form button.primary');
        await tab.page.waitForURL(`${site.url}/`);
        await erin.comesBack();
        await erin.counts(1);
        await erin.row(churchName).waitFor();
    });
    await t.test('as somebody else: nothing of either is shown', async () => {
        await tab.page.goto(`${site.url}/login.html`);
        await tab.page.fill('[name=httpd_username]', finnName);
        await tab.page.fill('[name=httpd_password]', finnName);
        await tab.page.click('form button.primary');
        await tab.page.waitForURL(`${site.url}/`);
        await erin.comesBack();
        await erin.get('.empty').filter({ hasText: 'Somebody else has signed in here.' }).waitFor();
        await erin.counts(0);
        assert.equal(await erin.rows.count(), 0);
    });
    await erin.leave();
});

test('without sockets it asks', async () => {
    const person = await Person.arrive(aliceName, { prepare: page => page.routeWebSocket(SOCKET, ws => ws.close({ code: 3001 })) });

    await person.counts(1);
    await site.ask(aliceName, 'POST', `conversations/${id}/read/`);
    await person.comesBack();
    await person.counts(0);
    await person.opens();
    await person.get('.empty').filter({ hasText: 'Nothing new' }).waitFor();
    await post(carolName, id, 'Bring a candle.');
    await person.comesBack();
    await person.counts(1);
    await person.row(churchName).filter({ hasText: 'Bring a candle.' }).waitFor();
    await person.leave();
});

test('the server is away', async t => {
    let isAway = true;
    const sockets = [];
    const person = await Person.arrive(aliceName, { prepare: async page => {
        await page.route('**/api/**', route => isAway ? route.abort() : route.fallback());
        await page.routeWebSocket(SOCKET, ws => {
            sockets.push(ws);
            if (isAway)
                ws.close({ code: 3001 });
            else
                ws.connectToServer();
        });
    } });

    await t.test('which is said, and tried again by hand', async () => {
        await person.opens();
        await person.page.getByText('The server cannot be reached. Check your connection and try again.').waitFor();
        await takePicture(person.page, 'bell-away');
        isAway = false;
        await person.page.getByRole('button', { name: 'Try again' }).click();
        await person.row(churchName).waitFor();
        await person.counts(1);
    });
    await t.test('later: what is known stays, and it comes back by itself', async () => {
        await waitFor(() => sockets.length > 0, 20);
        isAway = true;
        for (const socket of sockets)
            await socket.close({ code: 3001 }).catch(() => {});
        await person.get('.notice').filter({ hasText: 'The connection was lost.' }).waitFor();
        assert.equal(await person.row(churchName).count(), 1);
        isAway = false;
        await post(daveName, otherId, 'The bells were out of order.');
        await person.counts(2);
        await person.row(otherName).waitFor();
    });
    await person.leave();
});

test('what it loads comes when the page is idle; until then, and if that fails, the dialog says so', async () => {
    let isAway = true;
    const person = await Person.arrive(aliceName, { path: '/bell_alone.html',
        prepare: page => page.route('**/bell_panel.js', route => isAway ? route.abort() : route.fallback()) });

    await person.counts(2);
    await person.opens();
    await person.page.getByRole('alert').filter({ hasText: 'could not be loaded' }).waitFor();
    isAway = false;
    await person.page.getByRole('button', { name: 'Try again' }).click();
    await person.row(churchName).waitFor();
    await person.leave();
});

test('looks', async t => {
    const person = await Person.arrive(aliceName);

    await person.counts(2);
    for (const lang of ['en', 'de'])
        for (const [name, settings] of LOOKS)
            await t.test(`${lang} ${name}`, async () => {
                await person.page.evaluate(lang => {
                    document.documentElement.lang = lang;
                    document.querySelector('chat-bell').setAttribute('lang', lang);
                    document.querySelector('chat-bell').removeAttribute('theme');
                }, lang);
                await look(person.page, settings);
                await person.opens();
                await person.row(churchName).waitFor();
                assert.deepEqual(await findBarriers(person.page), []);
                assert.ok(await fits(person.page));
                await takePicture(person.page, `bell-${lang}-${name}`);
                await person.page.getByRole('button', { name: lang === 'de' ? 'Einstellungen' : 'Settings' }).click();
                await person.get('form').waitFor();
                await person.page.getByLabel(lang === 'de' ? 'Einmal am Tag' : 'Once a day').check();
                await person.page.getByLabel(lang === 'de' ? 'Ruhezeit' : 'Quiet hours').check();
                assert.deepEqual(await findBarriers(person.page), []);
                assert.ok(await fits(person.page));
                await takePicture(person.page, `bell-settings-${lang}-${name}`);
                await person.page.keyboard.press('Escape');
            });
    await t.test('from right to left, it stays in the window', async () => {
        await look(person.page, { width: 900, height: 700, colorScheme: 'light' });
        for (const dir of ['rtl', 'ltr']) {
            await person.page.evaluate(dir => { document.documentElement.dir = dir; }, dir);
            await person.opens();
            const { x, width } = await person.get('.panel').boundingBox();

            assert.ok(x >= 0 && x + width <= 900, `${dir}: from ${x} to ${x + width}`);
            assert.equal(await person.get('.badge').evaluate(one => getComputedStyle(one).direction), 'ltr', '99+ keeps its order');
            await takePicture(person.page, `bell-${dir}`);
            await person.page.keyboard.press('Escape');
        }
    });
    await person.leave();
});

test('a notification of the system leads into the page that is open', async () => {
    const person = await Person.arrive(aliceName);
    const told = await person.page.evaluate(async id => { // as sw.js does it
        const { port1, port2 } = new MessageChannel();

        await new Promise(resolve => requestIdleCallback(resolve));
        for (;;) {
            const told = new Promise(resolve => { port1.onmessage = ({ data }) => resolve(data); setTimeout(resolve, 200); });

            navigator.serviceWorker.dispatchEvent(new MessageEvent('message', {
                data: { type: 'chat-open', link: '/elsewhere', conversation_id: id }, ports: [port2] }));
            if (await told)
                return told;
        }
    }, id);

    assert.deepEqual(told, { type: 'chat-opened' });
    await person.page.locator('chat-widget .bubble', { hasText: 'Welcome!' }).waitFor();
    await person.leave();
});

// The contexts of tests are incognito, where Chromium has no push service at all.
test('no page complains', () => assert.deepEqual(complaints.filter(text => !/Push API in incognito mode/.test(text)), []));
