// What a page asks for: one list when it is opened, and nothing for messages that come, as their frames say all that
// counts (mod_chat/web/store/counts.js). On a first visit, too, when the browser has no cookie of the chat yet.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch, logIn } from './lib/browser.mjs';
import { watchPage } from './lib/page.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { makePeople } from './lib/visitor.mjs';

const site = new Site('pages');
const { church, names: [ruth, amos, joel] } = makePeople(site, 'Versions', ['ruth', 'amos', 'joel']);
const complaints = [];
let browser, id, other;

test.before(async () => {
    browser = await launch();
    const open = async name => (await site.ask(name, 'POST', 'conversations/', { json: { church_id: church } })).conversation.id;

    id = await open(amos);
    other = await open(joel);
    await say(amos, id, 'Hello');
    await say(joel, other, 'Good morning');
    await say(ruth, id, 'Welcome');
});
test.after(async () => {
    await browser.close();
    assert.deepEqual(complaints, []);
});

const say = (name, conversation, content) => site.ask(name, 'POST', `conversations/${conversation}/messages/`, { json: { content } });

/** Somebody at a page, what it asks the API for, and the types of the frames that it is told. */
async function arrive(name, path) {
    const { context, page: entrance } = await logIn(browser, site, name);
    const page = await context.newPage();
    const asked = [];
    const told = [];

    context.setDefaultTimeout(30000);
    await entrance.close(); // which asks, too
    await context.clearCookies({ name: 'chat_csrf' }); // as on a first visit
    await watchPage(page, complaints, name);
    page.on('request', request => {
        const { pathname, search } = new URL(request.url());

        if (pathname.startsWith('/api/'))
            asked.push(`${request.method()} ${pathname.slice(5)}${search}`);
    });
    page.on('websocket', socket => {
        asked.push('socket');
        socket.on('framereceived', ({ payload }) => told.push(JSON.parse(payload).type));
    });
    await page.goto(site.url + path);
    return { page, asked, told };
}

/** Opened anew where it was told to fetch anew, as those are a moment after they were given a role. */
async function undisturbed(open) {
    for (let tries = 1;; tries++) {
        const one = await open();

        if (!one.told.includes('resync') && sockets(one.asked).length === 1 || tries === 10)
            return one;
        await one.page.context().close();
    }
}

/** Until what is committed from now on is told to the page: somebody types. */
async function online(page, who, conversation, typing) {
    await waitFor(async () => {
        await site.ask(who, 'POST', `conversations/${conversation}/typing/`, { json: { is_typing: true } });
        return page.waitForFunction(typing, null, { timeout: 2000 }).then(() => true, () => false);
    }, 30);
    await site.ask(who, 'POST', `conversations/${conversation}/typing/`, { json: { is_typing: false } });
}

const lists = asked => asked.filter(one => /^GET conversations\/(\?|$)/.test(one));
const sockets = asked => asked.filter(one => one === 'socket');
const isOfBell = one => one === 'GET notifications/?limit=20'; // its list: once, when it comes to it
const gets = asked => asked.filter(one => one.startsWith('GET ') && !isOfBell(one));

async function inboxOpens() {
    const one = await arrive(ruth, '/inbox.html');
    const count = () => one.page.evaluate(() => document.querySelector('chat-inbox').shadowRoot.querySelectorAll('[role=option]').length);

    assert.ok(await waitFor(async () => await count() === 2, 20));
    await online(one.page, amos, id, () => /is typing/.test(document.querySelector('chat-inbox').shadowRoot.textContent));
    return one;
}

async function widgetOpens() {
    const one = await arrive(joel, '/widget.html');

    await one.page.locator('.launcher').click();
    await one.page.locator('.row').waitFor();
    await one.page.locator('.row').click();
    await one.page.locator('.bubble').first().waitFor();
    await online(one.page, ruth, other, () => /is typing/.test(document.querySelector('chat-widget').shadowRoot.textContent));
    await one.page.locator('.launcher').click();
    return one;
}

test('the inbox', async t => {
    const { page, asked } = await undisturbed(inboxOpens);

    t.after(() => page.context().close());
    await t.test('asks for one list, and for one socket', () =>
        assert.deepEqual([lists(asked).length, sockets(asked).length], [1, 1], asked.join('\n')));
    await t.test('30 messages cost no GET', async () => {
        const before = gets(asked).length;
        const { unread_messages: unread } = await site.ask(ruth, 'GET', 'conversations/unread/');

        for (let n = 1; n <= 30; n++)
            await say(n % 2 ? amos : joel, n % 2 ? id : other, `message ${n}`);
        assert.ok(await waitFor(() => page.evaluate(wanted =>
            document.querySelector('chat-inbox').shadowRoot.querySelector('.pane.list').textContent.includes(`${wanted} unread`), unread + 30), 20),
        'all of them are counted');
        assert.deepEqual(gets(asked).slice(before), []);
        assert.ok(asked.filter(isOfBell).length <= 1, 'nor does the bell ask again');
    });
});

test('the widget', async t => {
    const { page, asked } = await undisturbed(widgetOpens);
    const unread = () => page.evaluate(() => document.querySelector('chat-widget').unreadCount);

    t.after(() => page.context().close());
    await t.test('asks for one list, and for one socket', () =>
        assert.deepEqual([lists(asked).length, sockets(asked).length], [1, 1], asked.join('\n')));
    await t.test('30 messages cost no GET', async () => {
        const before = gets(asked).length;
        const had = await unread();

        for (let n = 1; n <= 30; n++)
            await say(ruth, other, `answer ${n}`);
        assert.ok(await waitFor(async () => await unread() === had + 30, 20), 'all of them are counted');
        assert.deepEqual(gets(asked).slice(before), []);
        assert.ok(asked.filter(isOfBell).length <= 1, 'nor does the bell ask again');
    });
});

test('so it is each time', async t => {
    for (let n = 0; n < 4; n++)
        await t.test(`visit ${n + 1}`, async t => {
            const { page, asked } = await undisturbed(inboxOpens);

            t.after(() => page.context().close());
            assert.deepEqual([lists(asked).length, sockets(asked).length], [1, 1], asked.join('\n'));
        });
});
