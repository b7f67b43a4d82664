// What tells staff of a new message: the title, the badge of an app, a toast, a sentence for those who listen, a sound,
// a notification of the system. What the system would do is noted down instead (prepare()); whether the page has the
// focus is what a test says, as a browser without a screen gives it to each page.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch, logIn } from './lib/browser.mjs';
import { LOOKS, findBarriers, fits, look, takePicture, watchPage } from './lib/page.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { makePeople } from './lib/visitor.mjs';

const site = new Site('pages');
const { church, names: [gina, hugo, ...members] } = makePeople(site, 'Notice', ['gina', 'hugo', 'anna', 'bert', 'cora', 'dora', 'emil']);
const [anna, bert, cora] = members;
const complaints = [];
const ids = {}; // member -> conversation
let browser;

const say = (name, content, id = ids[name]) => site.ask(name, 'POST', `conversations/${id}/messages/`, { json: { content } });

/** Runs in the page before its scripts: what is made is noted down, and `looked` is what the focus is. */
function prepare({ permission, isLooked, isPatient }) {
    const { setTimeout: start } = window;

    if (isPatient) // toasts stay, however slow the machine is
        window.setTimeout = (run, ms, ...rest) => start(run, ms === 8000 ? 600000 : ms, ...rest);
    Object.assign(window, { made: [], tones: 0, badges: [], asked: 0, looked: isLooked });
    document.hasFocus = () => window.looked;
    window.look = isLooked => {
        window.looked = isLooked;
        window.dispatchEvent(new Event(isLooked ? 'focus' : 'blur'));
    };
    navigator.setAppBadge = async n => { window.badges.push(n); };
    navigator.clearAppBadge = async () => { window.badges.push(0); };
    window.OscillatorNode = class extends OscillatorNode {
        start(when) {
            window.tones++;
            super.start(when);
        }
    };
    window.Notification = class {
        static permission = permission;
        static async requestPermission() {
            window.asked++;
            window.Notification.permission = window.answer;
            return window.answer;
        }

        constructor(title, options) {
            Object.assign(this, { title, ...options, isOpen: true });
            window.made.push(this);
        }

        close() {
            this.isOpen = false;
            this.onclose?.();
        }
    };
}

async function arrive(name, { permission = 'default', isLooked = true, isPatient = true, path = '/inbox.html', context = null, settings = {} } = {}) {
    const page = context ? await context.newPage() : (await logIn(browser, site, name)).page;

    page.context().setDefaultTimeout(30000);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await watchPage(page, complaints, name);
    await page.addInitScript(prepare, { permission, isLooked, isPatient });
    const userId = site.sql(`select id from chat.users where username = '${name}'`);

    await page.addInitScript(([key, value]) => localStorage.getItem(key) ?? localStorage.setItem(key, value),
        [`mod_chat /api inbox ${userId}`, JSON.stringify(settings)]);
    await page.goto(site.url + path);
    await row(page, 'Anna').waitFor();
    await page.waitForFunction(() => document.querySelector('chat-inbox').shadowRoot.querySelector('[role=option]'));
    await online(page);
    return page;
}

/** Until its connection is there, so that what is said from now on is told to it: somebody types. */
async function online(page) {
    await waitFor(async () => {
        await site.ask(bert, 'POST', `conversations/${ids[bert]}/typing/`, { json: { is_typing: true } });
        return row(page, /Bert Archer (is typing|schreibt)/).waitFor({ timeout: 2000 }).then(() => true, () => false);
    }, 30);
    await site.ask(bert, 'POST', `conversations/${ids[bert]}/typing/`, { json: { is_typing: false } });
}

const row = (page, name) => page.getByRole('option').filter({ hasText: name });
const toasts = page => page.locator('.toast');
const toast = (page, text) => toasts(page).filter({ hasText: text });
const text = page => page.getByRole('textbox', { name: 'Write a message' });
const noted = (page, name) => page.evaluate(name => JSON.parse(JSON.stringify(window[name])), name);
const open = page => page.evaluate(() => window.made.filter(one => one.isOpen).map(({ title, body, tag }) => ({ title, body, tag })));
const preferences = page => page.getByRole('button', { name: 'Notices and keys' });

/** All that is said to who listens, from now on. */
async function listen(page) {
    await page.evaluate(() => {
        const root = document.querySelector('chat-inbox').shadowRoot;

        window.said = [];
        for (const one of root.querySelectorAll('[role=status], [role=log], [aria-live]'))
            new MutationObserver(records => records.flatMap(({ addedNodes }) => [...addedNodes])
                .forEach(({ textContent }) => textContent && window.said.push(textContent.trim()))).observe(one, { childList: true, subtree: true });
    });
}

test.before(async () => {
    browser = await launch();
    site.sql(`insert into chat.church_staff (church_id, user_id) select ${church}, id from chat.users where username = '${hugo}'`);
    for (const name of members) {
        ids[name] = (await site.ask(name, 'POST', 'conversations/', { json: { church_id: church } })).conversation.id;
        await say(name, 'Good morning!');
        await site.ask(gina, 'POST', `conversations/${ids[name]}/read/`);
    }
});
test.after(() => browser?.close());

test('a toast, for what one does not look at', async t => {
    const page = await arrive(gina);

    await row(page, 'Anna').click();
    await text(page).waitFor();
    await listen(page);
    await t.test('tells who wrote what, and is read out once', async () => {
        await say(bert, 'May I bring my dog?');
        await toast(page, 'May I bring my dog?').waitFor();
        assert.match(await toast(page, 'dog').textContent(), /Bert Archer/);
        await waitFor(async () => (await noted(page, 'said')).length > 0);
        assert.deepEqual(await noted(page, 'said'), ['New message from Bert Archer: May I bring my dog?']);
        assert.equal(await toasts(page).locator('xpath=ancestor-or-self::*[@aria-live or @role="status" or @role="alert"]').count(), 0);
    });
    await t.test('not for the conversation that is open, a colleague\'s answer, or one\'s own', async () => {
        await say(anna, 'Where is the organ from?');
        await site.ask(hugo, 'POST', `conversations/${ids[cora]}/messages/`, { json: { content: 'From a colleague' } });
        await site.ask(gina, 'POST', `conversations/${ids[cora]}/messages/`, { json: { content: 'From another tab' } });
        await row(page, 'From another tab').waitFor();
        await page.locator('.bubble', { hasText: 'organ' }).waitFor();
        assert.equal(await toasts(page).count(), 1);
        assert.deepEqual(await noted(page, 'made'), []);
        assert.equal((await noted(page, 'said')).filter(one => /organ/.test(one)).length, 1, 'read out in the conversation');
    });
    await t.test('many at once are one toast, and are read out together', async () => {
        await page.evaluate(() => { window.said = []; });
        site.sql(`select chat.send_message((select id from chat.users where username = '${bert}'), ${ids[bert]}, 'number ' || n)
            from generate_series(1, 50) n`);
        await toast(page, 'number 50').waitFor();
        assert.equal(await toasts(page).count(), 1);
        await toast(page, 'number 50').locator('.pill').filter({ hasText: '51' }).waitFor();
        await waitFor(async () => (await noted(page, 'said')).some(one => /new messages from Bert/.test(one)));
        const sentences = await noted(page, 'said');

        assert.ok(sentences.length <= 6, `${sentences.length} sentences: ${sentences}`); // one each 1.5 s, on a slow machine
        assert.equal(sentences.map(one => Number(/^(\d+) new messages/.exec(one)?.[1] ?? 1)).reduce((a, b) => a + b), 50);
    });
    await t.test('leads to the conversation', async () => {
        await toasts(page).getByRole('button', { name: /number 50/ }).click();
        await page.locator('.title', { hasText: 'Bert' }).waitFor();
        assert.equal(await toasts(page).count(), 0);
        await page.locator('.bubble', { hasText: 'number 50' }).waitFor();
    });
    await t.test('goes when it was read by a colleague, or is dismissed, by keys as well', async () => {
        await say(cora, 'Hello?');
        await toast(page, 'Hello?').waitFor();
        await site.ask(hugo, 'POST', `conversations/${ids[cora]}/read/`);
        await toast(page, 'Hello?').waitFor({ state: 'detached' });
        await say(cora, 'Anybody?');
        await toast(page, 'Anybody?').getByRole('button', { name: 'Dismiss the notice of Cora Archer' }).click();
        assert.equal(await toasts(page).count(), 0);
        await say(cora, 'Please!');
        await toast(page, 'Please!').getByRole('button', { name: /^Dismiss/ }).focus();
        await page.keyboard.press('Escape');
        await toast(page, 'Please!').waitFor({ state: 'detached' });
        assert.equal(await page.locator('.title').textContent(), 'Bert Archer', 'Escape did no more than that');
    });
    await t.test('no more than three at once', async () => {
        for (const name of members.filter(one => one !== bert))
            await say(name, `From ${name}`);
        await toast(page, `From ${members.at(-1)}`).waitFor();
        assert.equal(await toasts(page).count(), 3);
    });
    await t.test('everywhere it fits, and axe-core has nothing to say', async () => {
        for (const dir of ['ltr', 'rtl'])
            for (const [name, size] of LOOKS) {
                await page.evaluate(dir => { document.documentElement.dir = dir; }, dir);
                await look(page, size);
                await say(cora, `In ${name}`);
                await toast(page, `In ${name}`).waitFor();
                assert.deepEqual(await findBarriers(page), [], `${name} ${dir}`);
                assert.ok(await fits(page));
                const { x, width } = await toast(page, `In ${name}`).boundingBox();

                assert.ok(x >= 0 && x + width <= size.width, name);
                await takePicture(page, `notice-toast-${name}-${dir}`);
            }
    });
    await page.context().close();
});

test('a toast goes by itself, but not from under the mouse', async () => {
    const page = await arrive(gina, { isPatient: false });

    await page.clock.install();
    await say(bert, 'For some seconds');
    await toast(page, 'For some seconds').hover();
    await page.clock.runFor(60000);
    assert.equal(await toasts(page).count(), 1);
    await page.mouse.move(0, 0);
    await page.clock.runFor(9000);
    assert.equal(await toasts(page).count(), 0);
    await page.context().close();
});

test('the title and the badge', async t => {
    const page = await arrive(gina);
    const title = () => page.title();
    const unread = () => page.evaluate(() => /^\((\d+|99\+)\) /.exec(document.title)?.[1] ?? '0');

    await t.test('say how much is unread', async () => {
        for (const name of members)
            await site.ask(gina, 'POST', `conversations/${ids[name]}/read/`);
        await waitFor(async () => await title() === 'Inbox - mod_chat', 20);
        assert.equal(await title(), 'Inbox - mod_chat');
        await say(bert, 'One');
        await waitFor(async () => await unread() === '1', 20);
        assert.equal(await title(), '(1) Inbox - mod_chat');
        await waitFor(async () => (await noted(page, 'badges')).at(-1) === 1);
        assert.equal((await noted(page, 'badges')).at(-1), 1);
    });
    await t.test('also when the page has another title by then', async () => {
        await page.evaluate(() => { document.title = '(2024) Other'; });
        await say(cora, 'Two');
        await waitFor(async () => await title() === '(2) (2024) Other', 20);
        assert.equal(await title(), '(2) (2024) Other');
        await say(cora, 'Three');
        await page.getByRole('button', { name: 'Unread 2 unread conversations, 3 unread messages' }).waitFor();
        assert.equal(await page.locator('.chip .pill').textContent(), '2');
        assert.equal(await title(), '(2) (2024) Other', 'conversations, not messages');
    });
    await t.test('not where the page does not want it', async () => {
        await page.evaluate(() => document.querySelector('chat-inbox').setAttribute('no-title', ''));
        await waitFor(async () => await title() === '(2024) Other');
        assert.equal(await title(), '(2024) Other');
        assert.equal((await noted(page, 'badges')).at(-1), 0);
        await page.evaluate(() => document.querySelector('chat-inbox').removeAttribute('no-title'));
        await waitFor(async () => await unread() === '2');
    });
    await t.test('nor when the element is gone', async () => {
        await page.evaluate(() => document.querySelector('chat-inbox').remove());
        assert.equal(await title(), '(2024) Other');
        assert.equal((await noted(page, 'badges')).at(-1), 0);
    });
    await page.context().close();
});

test('the settings', async t => {
    const page = await arrive(gina);
    const dialog = page.getByRole('dialog', { name: 'Notices and keys' });
    const toggle = name => dialog.getByRole('switch', { name });
    const isOn = name => toggle(name).getAttribute('aria-checked');

    await t.test('sound and notifications are off at first, and nobody is asked', async () => {
        await preferences(page).click();
        await dialog.waitFor();
        assert.deepEqual([await isOn('Sound'), await isOn('Desktop'), await isOn('Keys')], ['false', 'false', 'true']);
        assert.equal(await noted(page, 'asked'), 0);
        assert.deepEqual(await findBarriers(page), []);
    });
    await t.test('switching sound on is heard', async () => {
        await toggle('Sound').click();
        assert.equal(await isOn('Sound'), 'true');
        await waitFor(async () => await noted(page, 'tones') > 0, 10);
        assert.equal(await noted(page, 'tones'), 2);
        assert.equal(await noted(page, 'asked'), 0, 'nobody is asked for what they have not clicked on');
    });
    await t.test('notifications are asked for with the click', async () => {
        await page.evaluate(() => { window.answer = 'granted'; });
        await toggle('Desktop').click();
        await waitFor(async () => await isOn('Desktop') === 'true');
        assert.equal(await isOn('Desktop'), 'true');
        assert.equal(await noted(page, 'asked'), 1);
        await toggle('Desktop').click();
        assert.equal(await isOn('Desktop'), 'false');
        await toggle('Desktop').click();
        await waitFor(async () => await isOn('Desktop') === 'true');
        assert.equal(await isOn('Desktop'), 'true');
        assert.equal(await noted(page, 'asked'), 1, 'and not once more');
    });
    await t.test('what the browser forbids is explained', async () => {
        await page.evaluate(() => { Notification.permission = 'denied'; });
        await toggle('Desktop').click();
        await dialog.getByText('Your browser does not allow').waitFor();
        assert.equal(await isOn('Desktop'), 'false');
        assert.deepEqual(await findBarriers(page), []);
        await takePicture(page, 'notice-denied');
    });
    await t.test('Escape leads back', async () => {
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'hidden' });
        assert.equal(await page.evaluate(() => document.activeElement.shadowRoot.activeElement.getAttribute('aria-label')), 'Notices and keys');
    });
    await t.test('everywhere it fits', async () => {
        await preferences(page).click();
        for (const [name, size] of LOOKS) {
            await look(page, size);
            assert.deepEqual(await findBarriers(page), [], name);
            assert.ok(await fits(page));
            assert.ok(await dialog.evaluate(one => one.scrollWidth <= one.clientWidth), name);
            await takePicture(page, `notice-settings-${name}`);
        }
        await page.keyboard.press('Escape');
    });
    await t.test('they are kept for who has set them, and nobody else', async () => {
        await page.reload();
        await row(page, 'Anna').waitFor();
        await online(page);
        await preferences(page).click();
        assert.deepEqual([await isOn('Sound'), await isOn('Keys')], ['true', 'true']);
        await page.keyboard.press('Escape');
        await page.goto(`${site.url}/login.html`);
        await page.fill('[name=httpd_username]', hugo);
        await page.fill('[name=httpd_password]', hugo);
        await page.getByRole('button', { name: /log in|sign in/i }).first().click();
        await page.waitForURL(`${site.url}/`);
        await page.goto(`${site.url}/inbox.html`);
        await row(page, 'Anna').waitFor();
        await online(page);
        await preferences(page).click();
        assert.equal(await isOn('Sound'), 'false');
    });
    await page.context().close();
});

test('the keys', async t => {
    const page = await arrive(gina);
    const dialog = page.getByRole('dialog', { name: 'Notices and keys' });
    const search = page.getByRole('searchbox');
    const isSearching = () => search.evaluate(one => one.getRootNode().activeElement === one);

    await t.test('? shows them, wherever one is', async () => {
        const places = {
            'nowhere': () => page.evaluate(() => document.activeElement?.blur()),
            'in the list': () => row(page, 'Anna').focus(),
            'on a button': () => preferences(page).focus(),
            'in the messages': async () => {
                await row(page, 'Anna').click();
                await page.locator('.scroller').focus();
            },
        };

        for (const [where, go] of Object.entries(places)) {
            await go();
            await page.keyboard.press('?');
            await dialog.waitFor({ timeout: 20000 }).catch(() => assert.fail(where));
            await dialog.getByText('searches names and messages').waitFor();
            await page.keyboard.press('Escape');
            await dialog.waitFor({ state: 'hidden' });
        }
    });
    await t.test('/ searches, from the messages as well', async () => {
        await page.locator('.scroller').focus();
        await page.keyboard.press('/');
        assert.ok(await isSearching());
    });
    await t.test('who writes, writes', async () => {
        await search.fill('');
        await page.keyboard.type('?/');
        assert.equal(await search.inputValue(), '?/');
        await search.fill('');
        await text(page).focus();
        await page.keyboard.type('Why? And/or');
        assert.equal(await text(page).inputValue(), 'Why? And/or');
        assert.equal(await dialog.isVisible(), false);
        await text(page).fill('');
    });
    await t.test('they can be switched off', async () => {
        await preferences(page).click();
        await dialog.getByRole('switch', { name: 'Keys' }).click();
        await page.keyboard.press('Escape');
        await row(page, 'Anna').focus();
        await page.keyboard.press('?');
        await page.keyboard.press('/');
        assert.equal(await dialog.isVisible(), false);
        assert.equal(await isSearching(), false);
        await page.keyboard.press('Alt+ArrowUp'); // from Anna, the last; it is not a single character
        await page.locator('.title').filter({ hasNotText: 'Anna' }).waitFor();
    });
    await page.context().close();
});

test('a notification of the system, while one works elsewhere', async t => {
    const page = await arrive(gina, { permission: 'granted', isLooked: false, settings: { sound: true, desktop: true } });

    await t.test('tells who wrote what', async () => {
        await say(bert, 'Are you there?');
        await waitFor(async () => (await open(page)).length > 0, 20);
        assert.deepEqual((await open(page)).map(({ body, tag }) => ({ body, tag })), [{ body: 'Are you there?', tag: `c${ids[bert]}` }]);
        assert.match((await open(page))[0].title, /^Bert Archer/);
    });
    await t.test('many at once are one', async () => {
        site.sql(`select chat.send_message((select id from chat.users where username = '${bert}'), ${ids[bert]}, 'again ' || n)
            from generate_series(1, 50) n`);
        await waitFor(async () => (await open(page)).at(-1)?.body === 'again 50', 30);
        assert.equal((await open(page)).at(-1).body, 'again 50');
        assert.equal(new Set((await open(page)).map(({ tag }) => tag)).size, 1);
        assert.ok((await noted(page, 'made')).length <= 8, `${(await noted(page, 'made')).length}`);
    });
    await t.test('a click leads there, and it goes', async () => {
        await page.evaluate(() => window.made.at(-1).onclick());
        await page.locator('.title', { hasText: 'Bert' }).waitFor();
        assert.equal((await open(page)).filter(({ body }) => body === 'again 50').length, 0);
    });
    await t.test('also of the open conversation, while nobody looks', async () => {
        const before = (await noted(page, 'made')).length;

        await say(bert, 'Still there?');
        await waitFor(async () => (await noted(page, 'made')).length > before, 20);
        assert.equal((await noted(page, 'made')).at(-1).body, 'Still there?');
        assert.equal(await toasts(page).count(), 0, 'which stands there, after all');
    });
    await t.test('it goes when the conversation was read elsewhere', async () => {
        await say(cora, 'And I?');
        await waitFor(async () => (await open(page)).some(({ body }) => body === 'And I?'), 20);
        await site.ask(hugo, 'POST', `conversations/${ids[cora]}/read/`);
        await waitFor(async () => !(await open(page)).some(({ body }) => body === 'And I?'), 20);
        assert.ok(!(await open(page)).some(({ body }) => body === 'And I?'));
    });
    await t.test('a file is told by its name', async () => {
        await listen(page);
        await site.upload(cora, ids[cora], { name: 'Minutes.txt', bytes: 'one' });
        await toast(page, 'Minutes.txt').waitFor();
        await waitFor(async () => (await open(page)).some(({ body }) => body === 'Minutes.txt'), 20);
        assert.ok((await open(page)).some(({ body }) => body === 'Minutes.txt'));
        await waitFor(async () => (await noted(page, 'said')).some(one => one.includes('Minutes.txt')), 20);
        assert.ok((await noted(page, 'said')).some(one => one.includes('Minutes.txt')), String(await noted(page, 'said')));
        await row(page, 'Cora').filter({ hasText: 'Minutes.txt' }).waitFor();
    });
    await t.test('none for who looks', async () => {
        await page.evaluate(() => window.look(true));
        const before = (await noted(page, 'made')).length;

        await say(cora, 'Now you see me');
        await toast(page, 'Now you see me').waitFor();
        assert.equal((await noted(page, 'made')).length, before);
    });
    await page.context().close();
});

test('without permission there is none, and without the switch there is none', async () => {
    const refused = await arrive(gina, { permission: 'denied', isLooked: false, settings: { desktop: true } });
    const off = await arrive(hugo, { permission: 'granted', isLooked: false });

    await say(bert, 'Quietly');
    for (const page of [refused, off]) {
        await toast(page, 'Quietly').waitFor();
        assert.deepEqual(await noted(page, 'made'), []);
        assert.equal(await noted(page, 'tones'), 0);
        await page.context().close();
    }
});

test('of two tabs one gives notice: that which had the focus last', async t => {
    const settings = { sound: true, desktop: true };
    const first = await arrive(gina, { permission: 'granted', isLooked: false, settings });
    const second = await arrive(gina, { permission: 'granted', isLooked: false, settings, context: first.context() });
    const both = [first, second];
    const made = () => Promise.all(both.map(async page => (await noted(page, 'made')).length));
    let n = 0;

    /** A message, once both know it; what each has made of it. */
    async function tell() {
        const before = await made();
        const content = `Round ${++n}`;

        await say(bert, content);
        for (const page of both)
            await row(page, content).waitFor();
        await waitFor(async () => (await made()).some((count, i) => count > before[i]), 20);
        for (const page of both) // what was begun with the message is done
            await page.evaluate(() => new Promise(resolve => setTimeout(resolve, 100)));
        return (await made()).map((count, i) => count - before[i]);
    }

    for (const page of both) // where somebody has clicked, a page may make a sound
        await page.getByRole('searchbox').click();
    await t.test('each in turn', async () => {
        for (const [page, wanted] of [[first, [1, 0]], [second, [0, 1]], [first, [1, 0]]]) {
            await page.evaluate(() => window.look(true));
            await page.evaluate(async () => { // until the lock has gone from one to the other
                for (let i = 0; i < 3; i++)
                    await navigator.locks.query();
                window.look(false);
            });
            await waitFor(async () => await page.evaluate(async () => (await navigator.locks.query()).held.length) === 1);
            assert.deepEqual(await tell(), wanted);
        }
    });
    await t.test('and one makes the sound', async () => {
        const [a, b] = await Promise.all(both.map(page => noted(page, 'tones')));

        assert.ok(a > 0, 'the first was heard');
        assert.equal((a + b) % 2, 0);
        for (const page of both)
            await page.evaluate(() => { window.tones = 0; });
        await first.evaluate(() => new Promise(resolve => setTimeout(resolve, 3100))); // the next sound may come by then
        await tell();
        await waitFor(async () => await noted(first, 'tones') > 0);
        assert.deepEqual([await noted(first, 'tones'), await noted(second, 'tones')], [2, 0]);
    });
    await t.test('a toast and a sentence are in one, too', async () => {
        assert.equal(await toasts(first).count(), 1);
        assert.equal(await second.getByRole('status').filter({ hasText: `Round ${n}` }).count(), 0);
    });
    await t.test('when it is closed, the other one does', async () => {
        await first.close();
        both.shift();
        await waitFor(async () => await second.evaluate(async () => (await navigator.locks.query()).pending.length) === 0);
        assert.deepEqual(await tell(), [1]);
    });
    await second.context().close();
});

test('in German', async () => {
    const page = await arrive(gina, { path: '/inbox.html?lang=de', settings: { keys: true } });

    await page.getByRole('button', { name: 'Hinweise und Tasten' }).click();
    await page.getByRole('switch', { name: 'Ton' }).waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await page.keyboard.press('Escape');
    await say(bert, 'Guten Tag!');
    await toast(page, 'Guten Tag!').getByRole('button', { name: 'Den Hinweis auf Bert Archer schließen' }).waitFor();
    await page.context().close();
});

test('no page complains', () => assert.deepEqual(complaints, []));
