// mod_chat/web/net/push_client.js and sw.js without a browser: a window whose push service a test can change.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';
import { PushClient } from '../../mod_chat/web/net/push_client.js';
import { WORKER_URL, closeShown } from '../../mod_chat/web/net/push_worker.js';

const KEYS = [btoa('\x04first').replace(/=/g, ''), btoa('\x04second').replace(/=/g, '')];
const WORKER = 'https://chat.example/chat/sw.js';

class FakeSubscription {
    constructor(manager, key) {
        this.manager = manager;
        this.options = { applicationServerKey: Uint8Array.from(atob(key), c => c.charCodeAt(0)).buffer };
        this.endpoint = `https://push.example.org/${++manager.made}`;
    }

    toJSON() {
        return { endpoint: this.endpoint, expirationTime: null, keys: { p256dh: 'p', auth: 'a' } };
    }

    async unsubscribe() {
        this.manager.subscription = null;
        return true;
    }
}

class FakePage {
    said = []; // what happened, in order
    key = KEYS[0];
    shown = [];
    registration = null;
    #listeners = new Set();

    constructor(permission = 'default', answer = 'granted') {
        const page = this;

        this.rest = {
            get: async path => {
                this.said.push(`GET ${path}`);
                return { public_key: this.key, key_id: `id of ${this.key}` };
            },
            post: async (path, json) => void this.said.push(`POST ${path} ${json.endpoint} ${json.key_id}`),
            delete: async (path, { endpoint }) => void this.said.push(`DELETE ${path} ${endpoint}`),
        };
        this.window = {
            Notification: {
                permission,
                requestPermission: async () => {
                    this.said.push('ask');
                    this.window.Notification.permission = answer;
                    return answer;
                },
            },
            PushManager: class {},
            trustedTypes: {
                createPolicy: (name, { createScriptURL }) => {
                    if (this.isPolicyRefused || this.said.includes('policy'))
                        throw new TypeError(`Policy "${name}" disallowed.`);
                    this.said.push('policy');
                    return { createScriptURL: url => ({ trusted: createScriptURL(url), name }) };
                },
            },
            navigator: {
                serviceWorker: {
                    register: async (url, { scope }) => {
                        this.said.push(`register ${url.trusted} ${url.name} ${scope}`);
                        this.registration ??= this.#makeRegistration();
                        return this.registration;
                    },
                    getRegistration: async scope => scope === 'https://chat.example/chat/' ? page.registration ?? undefined : undefined,
                    addEventListener: (type, listener) => page.#listeners.add(listener),
                    removeEventListener: (type, listener) => page.#listeners.delete(listener),
                    startMessages: () => page.said.push('startMessages'),
                },
            },
        };
        this.client = new PushClient(this.rest, { window: this.window, workerUrl: WORKER });
    }

    #makeRegistration() {
        const page = this;
        const manager = {
            made: 0,
            subscription: null,
            getSubscription: async () => manager.subscription,
            subscribe: async ({ userVisibleOnly, applicationServerKey }) => {
                assert.equal(userVisibleOnly, true);
                page.said.push(`subscribe ${applicationServerKey}`);
                if (page.isServiceAway)
                    throw new DOMException('no push service', 'AbortError');
                manager.subscription ??= new FakeSubscription(manager, applicationServerKey);
                return manager.subscription;
            },
        };

        return {
            active: {},
            pushManager: manager,
            getNotifications: async ({ tag }) => page.shown.filter(one => one.tag === tag),
        };
    }

    hear(data) {
        const answers = [];

        for (const listener of this.#listeners)
            listener({ data, ports: [{ postMessage: answer => answers.push(answer) }] });
        return answers;
    }
}

test('where the worker is', async () => {
    const installed = await import('data:text/javascript,' + encodeURIComponent(
        readFileSync('mod_chat/web/net/push_worker.js', 'utf8').replaceAll('import.meta.url', "'https://chat.example/chat/0123456789ab/bell.js'")));

    assert.equal(installed.WORKER_URL, WORKER);
    assert.match(WORKER_URL, /\/net\/sw\.js$/, 'which is nowhere, for modules that were not installed');
});

test('nothing is asked for before the switch is used', async () => {
    const page = new FakePage();

    assert.equal(await page.client.state(), 'off');
    await page.client.refresh();
    await closeShown(7, page.window.navigator.serviceWorker, WORKER);
    assert.deepEqual(page.said, []);
});

test('a browser that cannot, or must not', async () => {
    const page = new FakePage();

    delete page.window.PushManager;
    assert.equal(await page.client.state(), 'none');
    assert.equal(await page.client.subscribe(), 'none');
    assert.equal(await new FakePage('denied').client.state(), 'denied');
    const asked = new FakePage('default', 'denied');

    assert.equal(await asked.client.subscribe(), 'denied');
    assert.deepEqual(asked.said, ['ask'], 'nothing is registered');
    const none = new FakePage();

    none.window.navigator = {};
    assert.equal(await none.client.state(), 'none');
    none.client.listen(() => {});
    none.client.stop();
    await closeShown(7);
});

test('subscribed, and not any more', async () => {
    const page = new FakePage();

    assert.equal(await page.client.subscribe(), 'on');
    assert.deepEqual(page.said, ['ask', 'policy', `register ${WORKER} chat-worker https://chat.example/chat/`, 'GET push/key/',
        `subscribe ${KEYS[0]}`, `POST push/subscriptions/ https://push.example.org/1 id of ${KEYS[0]}`]);
    page.said.length = 0;
    assert.equal(await page.client.unsubscribe(), 'off');
    assert.equal(await page.client.unsubscribe(), 'off');
    assert.deepEqual(page.said, ['DELETE push/subscriptions/ https://push.example.org/1'], 'once');
    assert.equal(await page.client.subscribe(), 'on', 'and again, with the policy of the page');
});

test('a page says again what it has, and subscribes anew with another key', async () => {
    const page = new FakePage();

    await page.client.subscribe();
    page.said.length = 0;
    await page.client.refresh();
    assert.deepEqual(page.said, ['GET push/key/', `POST push/subscriptions/ https://push.example.org/1 id of ${KEYS[0]}`]);
    page.said.length = 0;
    [, page.key] = KEYS;
    await page.client.refresh();
    assert.deepEqual(page.said, ['GET push/key/', 'DELETE push/subscriptions/ https://push.example.org/1',
        `subscribe ${KEYS[1]}`, `POST push/subscriptions/ https://push.example.org/2 id of ${KEYS[1]}`]);
    assert.equal(await page.client.state(), 'on');
});

test('what fails is told, and leaves it off', async () => {
    const away = new FakePage();

    away.isServiceAway = true;
    await assert.rejects(away.client.subscribe(), { name: 'AbortError' });
    assert.equal(await away.client.state(), 'off');
    const strict = new FakePage();

    strict.isPolicyRefused = true;
    await assert.rejects(strict.client.subscribe(), TypeError);
    assert.equal(await strict.client.state(), 'off');
});

test('notifications of what was read are closed', async () => {
    const page = new FakePage();
    const closed = [];

    await page.client.subscribe();
    page.shown = ['c7', 'c8', 'c77'].map(tag => ({ tag, close: () => closed.push(tag) }));
    await closeShown(7, page.window.navigator.serviceWorker, WORKER);
    assert.deepEqual(closed, ['c7']);
});

test('a page hears what was chosen, and answers', () => {
    const page = new FakePage();
    const opened = [];

    page.client.listen(one => opened.push(one));
    page.client.listen(one => opened.push(one)); // once only
    assert.deepEqual(page.hear({ type: 'chat-open', link: '/x', conversation_id: 7, more: 1 }), [{ type: 'chat-opened' }]);
    assert.deepEqual(page.hear({ type: 'of the site' }), []);
    assert.deepEqual(page.hear(null), []);
    assert.deepEqual(opened, [{ link: '/x', conversation_id: 7 }]);
    page.client.stop();
    assert.deepEqual(page.hear({ type: 'chat-open' }), []);
});

// ---- The worker --------------------------------------------------------------------------------

/* The worker in a global object of its own. */
class FakeWorker {
    shown = [];
    opened = [];
    badges = [];
    windows = [];
    #listeners = {};

    constructor() {
        const self = {
            addEventListener: (type, listener) => { this.#listeners[type] = listener; },
            skipWaiting: async () => {},
            location: new URL(WORKER),
            navigator: { setAppBadge: async n => void this.badges.push(n) },
            registration: { showNotification: async (title, options) => void this.shown.push({ title, ...options }) },
            clients: {
                matchAll: async () => [...this.windows],
                openWindow: async url => void this.opened.push(url),
            },
        };

        vm.runInNewContext(readFileSync('mod_chat/web/sw.js', 'utf8'), { self, URL, Number, MessageChannel, setTimeout, Promise });
    }

    async #dispatch(type, event) {
        let work = null;

        this.#listeners[type]({ ...event, waitUntil: promise => { work = promise; } });
        await work;
    }

    push(text) {
        return this.#dispatch('push', { data: text === null ? null : { json: () => JSON.parse(text) } });
    }

    async click(notification) {
        let isClosed = false;

        await this.#dispatch('notificationclick', { notification: { ...notification, close: () => { isClosed = true; } } });
        assert.ok(isClosed);
    }
}

/* A window; `answers`: it has an element of the chat. */
function makeWindow(answers, state = {}) {
    const one = {
        focused: false, visibilityState: 'hidden', heard: [], isFocused: false, ...state,
        postMessage(data, [port]) {
            one.heard.push({ ...data });
            if (answers)
                port.postMessage({ type: 'chat-opened' });
        },
        focus: async () => { one.isFocused = true; },
    };

    return one;
}

const PUSHED = JSON.stringify({ web_push: 8030, notification: { title: 'Ada', body: 'Good morning!', navigate: '/messages?c=7',
    tag: 'c7', lang: 'de', dir: 'auto' }, app_badge: '3' });

test('each push shows a notification, whatever it is', async () => {
    const worker = new FakeWorker();

    await worker.push(PUSHED);
    assert.deepEqual(JSON.parse(JSON.stringify(worker.shown)), [{ title: 'Ada', body: 'Good morning!', lang: 'de', dir: 'auto', tag: 'c7',
        renotify: true, data: { link: 'https://chat.example/messages?c=7', conversation_id: 7 } }]);
    assert.deepEqual(worker.badges, [3]);
    const odd = [null, '', 'x', '{}', '[]', 'null', '7', '{"notification":null}', '{"notification":7}',
        '{"notification":{"title":7,"body":{},"navigate":[],"tag":null,"lang":1,"dir":"x"},"app_badge":"-1"}',
        '{"notification":{"title":"x","navigate":"javascript:alert(1)"},"app_badge":3.5}'];

    for (const [i, text] of odd.entries()) {
        await worker.push(text);
        assert.equal(worker.shown.length, i + 2, String(text));
        const { title, dir, tag, data } = worker.shown.at(-1);

        assert.ok(title.length > 0);
        assert.equal(dir, 'auto');
        assert.equal(tag, undefined);
        assert.equal(data.conversation_id, null);
        assert.match(data.link ?? 'https://', /^https:/);
    }
    assert.deepEqual(worker.badges, [3]);
});

test('a click leads into a page that is open, or opens one', async t => {
    const data = { link: 'https://chat.example/messages?c=7', conversation_id: 7 };
    const chat = { type: 'chat-open', ...data };

    await t.test('no page', async () => {
        const worker = new FakeWorker();

        await worker.click({ data });
        assert.deepEqual(worker.opened, [data.link]);
    });
    await t.test('a page with the chat', async () => {
        const worker = new FakeWorker();
        const one = makeWindow(true);

        worker.windows = [one];
        await worker.click({ data });
        assert.deepEqual([one.heard, one.isFocused, worker.opened], [[chat], true, []]);
    });
    await t.test('the one that is looked at, before others', async () => {
        const worker = new FakeWorker();
        const [hidden, visible, focused] = [makeWindow(true), makeWindow(true, { visibilityState: 'visible' }),
            makeWindow(true, { visibilityState: 'visible', focused: true })];

        worker.windows = [hidden, visible, focused];
        await worker.click({ data });
        assert.deepEqual([hidden.heard, visible.heard, focused.heard], [[], [], [chat]]);
    });
    await t.test('a page without the chat: the next one', async () => {
        const worker = new FakeWorker();
        const [without, with_] = [makeWindow(false, { focused: true }), makeWindow(true)];

        worker.windows = [with_, without];
        await worker.click({ data });
        assert.deepEqual([with_.isFocused, without.isFocused, worker.opened], [true, false, []]);
    });
    await t.test('none with it: a new one, in time', async () => {
        const worker = new FakeWorker();

        worker.windows = [1, 2, 3, 4].map(() => makeWindow(false));
        await worker.click({ data });
        assert.deepEqual(worker.opened, [data.link]);
        assert.equal(worker.windows.filter(one => one.heard.length).length, 2);
        await worker.click({ data: null });
        assert.equal(worker.opened.at(-1), 'https://chat.example');
    });
});
