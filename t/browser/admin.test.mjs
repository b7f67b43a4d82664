// <chat-admin> on the page of the demo, under its policy: who may see it, lists whose state is in the address, actions in two
// steps, changes that overwrite nobody's, the queue, erasure; with the keyboard, on a phone, and in German. What the API
// answers comes from a server in memory (t/web/lib/admin_server.mjs), except where a test says that it is the real one.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { FakeAdminServer } from '../web/lib/admin_server.mjs';
import { fetchInPage, launch, logIn } from './lib/browser.mjs';
import { LOOKS, findBarriers, fits, look, takePicture, watchPage } from './lib/page.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { makePeople } from './lib/visitor.mjs';

const REFUSED = /Failed to load resource/; // what Chromium says of a 404 or 412
const site = new Site('pages');
const complaints = [];
let browser, page;
let server = new FakeAdminServer();
let tag = null; // of the user; null: none is said

async function arrive(name, { isReal = false, hash = '' } = {}) {
    const { context, page: own } = await logIn(browser, site, name);

    context.setDefaultTimeout(30000);
    await own.emulateMedia({ reducedMotion: 'reduce' });
    await watchPage(own, { push: text => REFUSED.test(text) || complaints.push(text) }, name);
    if (!isReal)
        await own.route('**/api/admin/**', route => answer(route));
    await own.goto(`${site.url}/admin.html${hash}`);
    return own;
}

async function answer(route) {
    const request = route.request();
    const { 'if-match': version, ...headers } = request.headers();
    const reply = await server.fetch(request.url(), { method: request.method(), headers: { ...headers, ...version && { 'If-Match': version } }, body: request.postData() ?? undefined }).catch(() => null);

    if (reply === null)
        return route.abort();
    const { 'x-chat-user': _, ...others } = Object.fromEntries(reply.headers); // that of the real one is another

    return route.fulfill({ status: reply.status, headers: { ...others, ...tag && { 'X-Chat-User': tag } }, body: await reply.text() });
}

const heading = (name, on = page) => on.getByRole('heading', { level: 2, name, exact: true });
const button = (name, on = page) => on.getByRole('button', { name, exact: true });
const rows = () => page.locator('chat-admin tbody tr');
const ids = () => page.locator('chat-admin tbody td.select + td').allTextContents();
const dialog = () => page.getByRole('dialog');

/** Until all that is shown was loaded. What is loaded again is so from the moment on in which its result is told. */
const settled = (on = page) => on.locator('chat-admin .place:not([aria-busy]) > *').waitFor();

/** Another page of it, as by an address that somebody has kept. The event comes after the address has changed. */
async function goTo(hash, name, on = page) {
    await on.evaluate(hash => new Promise(resolve => {
        const before = location.href;

        addEventListener('hashchange', () => resolve(), { once: true });
        location.hash = hash;
        if (location.href === before)
            resolve();
    }), hash);
    await heading(name, on).waitFor();
    await settled(on);
}

/** The same, with a server as it is at first. */
function begin(hash, name) {
    server = new FakeAdminServer();
    return goTo(hash, name);
}

/** What the API has is asked for once in the life of a page: with this server it is asked again. */
async function beginWith(others, hash, name) {
    server = Object.assign(new FakeAdminServer(), { others });
    await page.reload();
    return goTo(hash, name);
}

const focused = () => page.evaluate(() => {
    const one = document.querySelector('chat-admin').shadowRoot.activeElement;

    return one && (one.id || one.textContent);
});

/** The next answers to `method` come after `release()`. */
async function holdBack(method) {
    let release;
    const wait = new Promise(resolve => { release = resolve; });
    const hold = route => route.request().method() === method ? wait.then(() => answer(route)) : answer(route);

    await page.route('**/api/admin/**', hold);
    return async () => {
        release();
        await page.unroute('**/api/admin/**', hold);
    };
}

test.before(async () => { browser = await launch(); });
test.after(() => browser?.close());

test('it is for administrators', async t => {
    await t.test('others are told so by the real API, and find no link', async () => {
        const alice = await arrive('alice', { isReal: true });

        await alice.locator('chat-admin .sentence').filter({ hasText: 'is not available to you' }).waitFor();
        assert.equal(await alice.getByRole('link', { name: 'Administration' }).count(), 1, 'that of the page itself');
        assert.equal(await alice.locator('chat-admin nav:visible').count(), 0);
        await alice.goto(`${site.url}/`);
        assert.equal(await alice.getByRole('link', { name: 'Administration' }).count(), 0);
        await alice.context().close();
    });
    await t.test('admin finds it in the bar, from each page', async () => {
        page = await arrive('admin');
        for (const path of ['/', '/st-marys.html', '/inbox.html', '/demo/mail/']) {
            await page.goto(site.url + path);
            assert.equal(await page.getByRole('link', { name: 'Administration' }).getAttribute('href'), path === '/demo/mail/' ? '/admin.html' : 'admin.html');
        }
        await page.getByRole('link', { name: 'Administration' }).click();
        await heading('Overview').waitFor();
    });
});

test('with the real API', async t => {
    const real = await arrive('admin', { isReal: true, hash: '#/admin/users' });

    await t.test('users are found', async () => {
        await heading('Users', real).waitFor();
        await real.getByRole('searchbox', { name: 'Search' }).fill('carol');
        await real.keyboard.press('Enter');
        await real.getByRole('row').filter({ hasText: 'Carol Carter' }).waitFor();
        await real.getByRole('combobox', { name: 'Role' }).selectOption('Member');
        await waitFor(async () => await real.getByRole('row').filter({ hasText: 'Carol Carter' }).count() === 0);
        assert.equal(await real.getByRole('row').filter({ hasText: 'Carol Carter' }).count(), 0, 'who is staff');
        await real.goBack();
        await real.getByRole('row').filter({ hasText: 'Carol Carter' }).waitFor();
    });
    await t.test('by the year, too', async () => {
        await real.getByRole('navigation', { name: 'By date' }).getByRole('link', { name: new RegExp(`^${new Date().getUTCFullYear()}`) }).click();
        // Carol is in the list before, too; in this one is a way back.
        await real.getByRole('navigation', { name: 'By date' }).getByRole('link', { name: 'All dates' }).waitFor();
        await real.getByRole('row').filter({ hasText: 'Carol Carter' }).waitFor();
        assert.match(real.url(), /[?&]year=\d+$/);
    });
    await t.test('and one of them is shown', async () => {
        const row = real.getByRole('row').filter({ hasText: 'Carol Carter' });

        await row.getByRole('link').first().click();
        await real.locator('chat-admin .facts').filter({ hasText: /User name\s*carol.*Role\s*Staff/s }).waitFor();
        assert.deepEqual(await findBarriers(real), []);
    });
    await t.test('an id that there is not is told', async () => {
        await real.evaluate(() => { location.hash = '#/admin/users/999999999'; });
        await real.locator('chat-admin .sentence').filter({ hasText: 'is not there any more' }).waitFor();
    });
    await t.test('it describes what the tests of the pages know', async () => {
        const { resources } = await site.ask('admin', 'GET', 'admin/');

        assert.deepEqual(new FakeAdminServer().describe(), resources);
    });
    const { church, churchName, names: [staff, member, other] } = makePeople(site, 'administered', ['grace', 'henry', 'iris']);
    const { conversation: { id } } = await site.ask(member, 'POST', 'conversations/', { json: { church_id: church } });

    await site.ask(member, 'POST', `conversations/${id}/messages/`, { json: { content: 'a question of <b>Henry</b>' } });
    await site.ask(staff, 'POST', `conversations/${id}/messages/`, { json: { content: 'an answer' } });
    await site.ask(member, 'POST', `conversations/${id}/messages/`, { json: { content: 'cheap pills' } });
    await site.upload(member, id, { name: 'notes.txt', bytes: 'a file', content: 'see the file' });
    site.sql(`update chat.messages set flag = 'links' where conversation_id = ${id} and content in ('a question of <b>Henry</b>', 'cheap pills');
        delete from chat.outbox where conversation_id = ${id};
        insert into chat.outbox (conversation_id, user_id, kind, state, due_at, done_at, last_error)
        select ${id}, u.id, k, 'dead', now(), now(), '550 nobody here' from chat.users u, unnest(array['email', 'push']) k
        where u.username = '${staff}';`);
    const show = (hash, name) => goTo(hash, name, real);
    const item = () => real.locator('chat-admin .place:not([aria-busy]) > .item-view').waitFor(); // is there, with its buttons and its form

    const row = text => real.getByRole('row').filter({ hasText: text }).first();
    const ask = real.getByRole('dialog');

    /** An action of the page, or of what was selected in a list; `would` is what is said before it. */
    const act = async (name, would, reason = null) => {
        await button(name, real).click();
        await ask.getByText(would).waitFor();
        if (reason)
            await ask.getByLabel('Reason').fill(reason);
        await button(name, ask).click();
        await ask.waitFor({ state: 'detached' });
    };

    await t.test('a church is made, changed as nobody else has meanwhile, and deleted, as the audit log says', async () => {
        await show('#/admin/churches?q=St.+administered', 'Churches');
        await row(churchName).waitFor();
        await real.getByRole('link', { name: 'New', exact: true }).click();
        await heading('New: Church', real).waitFor();
        await real.getByLabel('Name').fill('All Administered Saints');
        await button('Create', real).click();
        await real.getByText('Created.').waitFor();
        await item(); // with the version before that of the others
        const made = Number(/churches\/(\d+)$/.exec(real.url())[1]);

        await site.ask('admin', 'PATCH', `admin/churches/${made}/`, { json: { is_active: false }, headers: { 'If-Match': '*' } });
        await real.getByLabel('Name').fill('All Saints of Administration');
        await button('Save', real).click();
        await real.getByRole('alert').filter({ hasText: 'Somebody else has changed this' }).waitFor();
        await button('Show what is there now', real).click();
        await waitFor(async () => await real.getByLabel('Name').inputValue() === 'All Administered Saints');
        await settled(real);
        await real.getByLabel('Name').fill('All Saints of Administration');
        await button('Save', real).click();
        await real.getByText('Saved.').waitFor();
        await button('Delete', real).click();
        await ask.getByLabel('Reason').fill('never built');
        await button('Delete', ask).click();
        await heading('Churches', real).waitFor();
        await show(`#/admin/audit?object_kind=church&object_id=${made}`, 'Audit log');
        assert.deepEqual(await real.locator('chat-admin tbody td:nth-child(4)').allTextContents(), ['Deleted', 'Changed', 'Changed', 'Created']);
        await row('Changed').getByRole('link').first().click();
        await real.getByRole('row', { name: 'Name All Administered Saints All Saints of Administration' }).waitFor();
        await show(`#/admin/churches/${church}`, `Church ${church}`);
        await button('Delete', real).click();
        await button('Delete', ask).click();
        await ask.getByText('has conversations').waitFor();
        await button('Cancel', ask).click();
    });
    await t.test('one is made staff of it, becomes its manager, and leaves', async () => {
        await real.getByRole('link', { name: 'Make staff' }).click();
        await waitFor(async () => await real.getByRole('combobox', { name: 'Church' }).inputValue() === churchName);
        const who = real.getByRole('combobox', { name: 'User' });

        await who.pressSequentially(other.slice(0, -1));
        await real.getByRole('option').filter({ hasText: other }).waitFor();
        await real.keyboard.press('ArrowDown');
        await real.keyboard.press('Enter');
        await waitFor(async () => (await who.inputValue()).endsWith(`(${other})`));
        await button('Create', real).click();
        await real.getByText('Created.').waitFor();
        await item(); // the form for a new one has a role, too
        await real.getByRole('combobox', { name: 'Role' }).selectOption('Manager');
        await button('Save', real).click();
        await real.getByText('Saved.').waitFor();
        await show(`#/admin/staff?church_id=${church}&role=manager`, 'Staff');
        await row(other).getByRole('link').first().click();
        await item();
        await button('Delete', real).click();
        await button('Delete', ask).click();
        await heading('Staff', real).waitFor();
        assert.equal(site.sql(`select count(*) from chat.church_staff where church_id = ${church}`), '1');
    });
    await t.test('a user is changed', async () => {
        await show('#/admin/users?q=iris-administered', 'Users');
        await row(other).getByRole('link').first().click();
        await item();
        await real.getByLabel('Name', { exact: true }).fill('Iris Adler');
        await button('Save', real).click();
        await real.getByText('Saved.').waitFor();
        assert.equal(site.sql(`select display_name from chat.users where username = '${other}'`), 'Iris Adler');
        const href = await real.getByRole('link', { name: 'All that is kept, as a file' }).getAttribute('href');

        assert.match(JSON.stringify((await fetchInPage(real, 'GET', href.replace('/api/', ''))).json), /Iris Adler/);
    });
    await t.test('what is flagged is approved or deleted, one after the other', async () => {
        const cards = real.locator('chat-admin .queue > li').filter({ hasText: 'Henry Archer' });

        await show('#/admin/flagged', 'Flagged messages');
        await button('Approve', cards.filter({ hasText: 'a question of <b>Henry</b>' })).click();
        await real.getByText('Approved.').waitFor();
        assert.equal(site.sql(`select flag is null from chat.messages where conversation_id = ${id} order by id limit 1`), 't');
        await button('Delete', cards.filter({ hasText: 'cheap pills' })).click();
        await ask.getByText('This is about 1 message.').waitFor();
        await ask.getByLabel('Reason').fill('spam');
        await button('Delete', ask).click();
        await waitFor(async () => await cards.count() === 0);
        assert.deepEqual(await cards.allTextContents(), []);
        assert.equal(site.sql(`select count(*) from chat.messages where conversation_id = ${id} and content = 'cheap pills'`), '0');
    });
    await t.test('a conversation is shown with its messages, files and deliveries, which the audit log says', async () => {
        await show(`#/admin/conversations?church_id=${church}`, 'Conversations');
        await row('Henry Archer').waitFor();
        await show(`#/admin/conversations/${id}`, `Conversation ${id}`);
        await real.locator('chat-admin .log .content').filter({ hasText: 'a question of <b>Henry</b>' }).waitFor();
        await real.locator('chat-admin .log').getByRole('link', { name: 'notes.txt' }).waitFor();
        await row('550 nobody here').waitFor();
        assert.deepEqual(await findBarriers(real), []);
        await act('Block the member', 'This is about 1 conversation');
        await real.getByText('1 done.').waitFor();
        await button('Unblock the member', real).waitFor();
        await assert.rejects(site.ask(member, 'POST', `conversations/${id}/messages/`, { json: { content: 'x' } }), /blocked/);
        await real.getByRole('link', { name: 'Its history' }).click();
        await heading('Audit log', real).waitFor();
        await row('Member blocked').waitFor();
        await row('Viewed').waitFor();
    });
    await t.test('what is selected is had as a file, which the audit log says', async () => {
        await show(`#/admin/conversations?church_id=${church}`, 'Conversations');
        await row('Henry Archer').getByRole('checkbox').check();
        const coming = real.waitForEvent('download');

        await act('As a file', 'This is about 1 conversation');
        const file = await coming;
        const lines = readFileSync(await file.path(), 'utf8').trim().split('\r\n');

        assert.match(file.suggestedFilename(), /\.csv$/);
        assert.match(lines[0], /^id,/);
        assert.deepEqual(lines.slice(1).map(line => Number(line.split(',')[0])), [id]);
        await real.getByText('1 in the file.').waitFor();
        await show(`#/admin/audit?action=export&object_id=${id}`, 'Audit log');
        await row('Exported').waitFor();
    });
    await t.test('a file is deleted, and its message stays', async () => {
        await show(`#/admin/attachments?conversation_id=${id}`, 'Files');
        await row('notes.txt').getByRole('link').first().click();
        await item(); // the list has a button of this name, too
        await act('Delete', 'This is about 1 file', 'private');
        await heading('Files', real).waitFor();
        assert.equal(site.sql(`select count(*) from chat.attachments where conversation_id = ${id}`), '0');
        await show(`#/admin/messages?conversation_id=${id}&q=see`, 'Messages');
        await row('see the file').waitFor();
    });
    await t.test('what is undeliverable is tried again, or dropped', async () => {
        const state = kind => site.sql(`select state from chat.outbox where conversation_id = ${id} and kind = '${kind}' and last_error is not null`);

        await show(`#/admin/deliveries?conversation_id=${id}&state=dead`, 'Deliveries');
        await row('Push').getByRole('checkbox').check();
        await act('Drop', 'This is about 1 delivery', 'gone');
        await waitFor(async () => state('push') === 'dropped');
        assert.equal(state('push'), 'dropped');
        await row('Push').waitFor({ state: 'detached' }); // the list is loaded again, and nothing selected any more
        await settled(real);
        await row('Mail').getByRole('checkbox').check();
        await act('Try again', 'This is about 1 delivery');
        await waitFor(async () => state('email') !== 'dead');
        assert.notEqual(state('email'), 'dead');
    });
    await t.test('an action on more than a part holds goes on where it was refused', async () => {
        site.sql(`insert into chat.outbox (conversation_id, user_id, kind, state, due_at, done_at)
            select ${id}, u.id, 'push', 'dead', now(), now() from chat.users u, generate_series(1, 1050) where u.username = '${other}'`);
        await show(`#/admin/deliveries?conversation_id=${id}&state=dead&kind=push`, 'Deliveries');
        await real.getByRole('checkbox', { name: 'Select all on this page' }).check();
        await button('Select all that the filters find', real).click();
        await button('Drop', real).click();
        await ask.getByText('This is about 1,050 deliveries').waitFor();
        await ask.getByLabel('Reason').fill('a test');
        const isLater = request => request.method() === 'POST' && request.postDataJSON().after !== undefined && !request.postDataJSON().dry_run;
        const refuse = route => isLater(route.request()) ? route.abort() : route.continue();

        await real.route('**/api/admin/deliveries/actions/', refuse);
        await button('Drop', ask).click();
        await ask.getByText('It has stopped. 1,000 done.').waitFor();
        await real.unroute('**/api/admin/deliveries/actions/', refuse);
        await button('Look again', ask).click();
        await ask.getByText('This is about 50 deliveries.').waitFor();
        await button('Go on', ask).click();
        await real.getByText('1,050 done.').waitFor();
        await ask.waitFor({ state: 'detached' });
        assert.equal(site.sql(`select count(*) from chat.outbox where conversation_id = ${id} and state = 'dead' and kind = 'push'`), '0');
    });
    await t.test('what is unread is in the list of notifications', async () => {
        await show(`#/admin/notifications?church_id=${church}`, 'Notifications');
        await row('Henry Archer').waitFor();
    });
    await t.test('all of its messages are deleted by a filter, confirmed and with a reason', async () => {
        await show(`#/admin/messages?conversation_id=${id}`, 'Messages');
        await real.getByRole('checkbox', { name: 'Select all on this page' }).check();
        await act('Delete', 'This is about 3 messages', 'a test');
        await real.getByText('3 done.').waitFor();
        await real.getByText('There is nothing here.').waitFor();
        assert.deepEqual((await site.ask(staff, 'GET', `conversations/${id}/messages/`)).messages, []);
    });
    await t.test('what the server exports is had as a file', async () => {
        for (const [hash, name] of [['users', 'Users'], ['audit?object_kind=message', 'Audit log'], [`conversations?church_id=${church}`, 'Conversations']]) {
            await show(`#/admin/${hash}`, name);
            const href = await real.getByRole('link', { name: 'JSON' }).getAttribute('href');
            const { status, json } = await fetchInPage(real, 'GET', href.replace('/api/', ''));

            assert.equal(status, 200);
            assert.ok(json.items.length > 0);
        }
    });
    await real.context().close();
});

test('the first page', async t => {
    await t.test('has totals that lead to lists', async () => {
        await begin('#/admin', 'Overview');
        await page.getByRole('link', { name: '17 Unread' }).click();
        await heading('Conversations').waitFor();
        assert.match(page.url(), /#\/admin\/conversations\?unread=1$/);
        await page.goBack();
        await heading('Overview').waitFor();
    });
    await t.test('charts that say what they show, and their numbers', async () => {
        await page.getByRole('img', { name: 'Messages: 435 in all, at most 29 on a day' }).waitFor();
        assert.equal(await page.locator('chat-admin figure:first-child rect').count(), 29 + 27, 'none for nothing');
        await page.getByText('All numbers').click();
        assert.equal(await rows().count(), 30);
    });
    await t.test('no numbers of a server that has none, but its health', async () => {
        server.hasStats = false;
        await goTo('#/admin/users', 'Users');
        await goTo('#/admin', 'Overview');
        await page.getByText('This server has no statistics.').waitFor();
        await page.locator('chat-admin .card').filter({ hasText: /database\s*ok/ }).waitFor();
        server.hasStats = true;
        await goTo('#/admin/users', 'Users');
        await goTo('#/admin', 'Overview');
    });
    await t.test('answers, deliveries, and what chat-health says', async () => {
        const text = await page.locator('chat-admin .cards').innerText();

        assert.match(text, /Half of them\s+4 minutes/);
        assert.match(text, /Undeliverable\s+1/);
        await page.locator('chat-admin .card').filter({ hasText: /Health.*database\s*ok/s }).waitFor();
    });
});

test('a list', async t => {
    await t.test('goes page by page, and Back goes back', async () => {
        await begin('#/admin/conversations', 'Conversations');
        assert.deepEqual((await ids()).slice(0, 2), ['50', '49']);
        await page.getByText('about 50').waitFor();
        await page.getByRole('link', { name: 'Next page' }).click();
        await waitFor(async () => (await ids())[0] === '30');
        assert.deepEqual((await ids())[0], '30');
        await page.goBack();
        await waitFor(async () => (await ids())[0] === '50');
        assert.deepEqual((await ids())[0], '50');
    });
    await t.test('is filtered by the address', async () => {
        await page.getByLabel('Unread', { exact: true }).selectOption('Yes');
        await page.getByText('33 found').waitFor();
        await page.getByRole('searchbox', { name: 'Search' }).fill('message 4');
        await page.keyboard.press('Enter');
        await page.getByText('8 found').waitFor();
        assert.match(page.url(), /#\/admin\/conversations\?unread=1&q=message\+4$/);
        await page.reload();
        await page.getByText('8 found').waitFor();
        assert.equal(await page.getByRole('searchbox', { name: 'Search' }).inputValue(), 'message 4');
        await page.getByRole('link', { name: 'Clear' }).click();
        await page.getByText('about 50').waitFor();
    });
    await t.test('and by the date, from years to days', async () => {
        const dates = page.getByRole('navigation', { name: 'By date' });

        for (const name of ['2026 50', 'January 31', '3 January 2'])
            await dates.getByRole('link', { name: new RegExp(`^(${name}|${name.replace(/^3 January/, 'January 3')})$`) }).click();
        await waitFor(() => page.url().endsWith('?year=2026&month=1&day=3'));
        assert.ok(page.url().endsWith('?year=2026&month=1&day=3'));
        await dates.getByRole('link', { name: 'All dates' }).click();
        await page.getByText('about 50').waitFor();
    });
    await t.test('is sorted by what has an order', async () => {
        await page.getByRole('link', { name: /^Id/ }).click();
        await waitFor(() => server.requests.at(-1).query.order === 'id');
        assert.equal(server.requests.at(-1).query.order, 'id');
        await page.locator('chat-admin th[aria-sort=ascending]').waitFor();
    });
    await t.test('shows the columns that were chosen, also later', async () => {
        await page.getByText('Columns', { exact: true }).click();
        await page.getByRole('checkbox', { name: 'Member (id)' }).check();
        await page.getByRole('columnheader', { name: 'Member (id)' }).waitFor();
        await page.reload();
        await page.getByRole('columnheader', { name: 'Member (id)' }).waitFor();
    });
    await t.test('can be had as a file', async () => {
        await goTo('#/admin/users?role=staff', 'Users');
        assert.equal(await page.getByRole('link', { name: 'CSV' }).getAttribute('href'), '/api/admin/users/export/?format=csv&role=staff');
        await goTo('#/admin/staff', 'Staff');
        assert.equal(await page.getByRole('link', { name: 'CSV' }).count(), 0, 'where the server has one');
    });
    await t.test('that there is not says so', async () => {
        await page.evaluate(() => { location.hash = '#/admin/constructor'; });
        await heading('There is no such page').waitFor();
    });
});

test('what is selected', async t => {
    await begin('#/admin/messages', 'Messages');
    await t.test('is not deleted before one has seen what would happen, and said why', async () => {
        await page.getByRole('checkbox', { name: 'Select 30' }).check();
        await page.getByRole('checkbox', { name: 'Select 29' }).check();
        await page.getByText('2 selected').waitFor();
        await button('Delete').click();
        await dialog().getByText('This is about 2 messages.').waitFor();
        assert.ok(await button('Delete', dialog()).isDisabled());
        await page.keyboard.press('Escape');
        await dialog().waitFor({ state: 'detached' });
        assert.equal(server.lists.messages.length, 30);
        assert.equal(server.requests.filter(({ json }) => json && !json.dry_run).length, 0);
    });
    await t.test('then it is', async () => {
        await button('Delete').click();
        await dialog().getByText('This is about 2 messages.').waitFor();
        await dialog().getByLabel('Reason').fill('spam');
        await button('Delete', dialog()).click();
        await page.getByText('2 done.').waitFor();
        await waitFor(async () => (await ids())[0] === '28');
        assert.equal((await ids())[0], '28');
        const { json } = server.requests.findLast(({ method }) => method === 'POST');

        assert.deepEqual({ ...json, confirm: null }, { action: 'delete', ids: [30, 29], reason: 'spam', confirm: null });
    });
    await t.test('may be all that the filters find', async () => {
        await goTo('#/admin/conversations?unread=1', 'Conversations');
        await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
        await button('Select all that the filters find').click();
        await page.getByText('All that the filters find: 33 found').waitFor();
        await button('Block the member').click();
        await dialog().getByText('This is about 33 conversations.').waitFor();
        await dialog().getByLabel('Reason').fill('test');
        await button('Block the member', dialog()).click();
        await page.getByText('33 done.').waitFor();
        assert.deepEqual(server.requests.findLast(({ method }) => method === 'POST').json.filter, { unread: '1' });
    });
    await t.test('is asked about again when it has changed meanwhile', async () => {
        await goTo('#/admin/messages?flag=any', 'Messages');
        await page.getByRole('checkbox', { name: 'Select 21' }).check();
        await button('Delete').click();
        await dialog().getByText('This is about 1 message.').waitFor();
        server.forgetConfirms();
        await dialog().getByLabel('Reason').fill('spam');
        await button('Delete', dialog()).click();
        await dialog().getByText('please look again').waitFor();
        await button('Delete', dialog()).and(page.locator(':not([aria-disabled])')).click();
        await page.getByText('1 done.').waitFor();
    });
    await t.test('is done in parts, and stops after one of them when one cancels, presses Escape, or goes elsewhere', async () => {
        const ways = [() => button('Cancel', dialog()).click(), async () => {
            await page.keyboard.press('Escape');
            await page.keyboard.press('Escape');
        }, () => page.evaluate(() => { location.hash = '#/admin/audit'; })];

        for (const stop of ways) {
            server = new FakeAdminServer();
            await goTo('#/admin/conversations?unread=1', 'Conversations');
            await page.getByText('33 found').waitFor();
            await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
            await button('Select all that the filters find').click();
            await button('Block the member').click();
            await dialog().getByText('This is about 33 conversations.').waitFor();
            await dialog().getByLabel('Reason').fill('test');
            const release = await holdBack('POST');

            await button('Block the member', dialog()).click();
            await page.locator('chat-admin dialog[aria-busy]').waitFor();
            await stop();
            await dialog().getByText('It stops after the part that is being done.').waitFor();
            await release();
            await page.getByText('10 done. Not all of it is done: do it again for the rest.').waitFor();
            await dialog().waitFor({ state: 'detached' });
            assert.equal(server.lists.conversations.filter(one => one.member_blocked).length, 10);
        }
    });
    await t.test('says what was done when a part is refused, why it has stopped, and goes on there, by keyboard', async () => {
        await begin('#/admin/conversations?unread=1', 'Conversations');
        await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
        await button('Select all that the filters find').click();
        await button('Delete').click();
        await dialog().getByText('This is about 33 conversations.').waitFor();
        await dialog().getByLabel('Reason').fill('test');
        server.refusals = [null, null, { status: 409, code: 'confirm' }, 'lost', { status: 503, code: 'busy' }];
        await button('Delete', dialog()).focus();
        await page.keyboard.press('Enter');
        await dialog().getByRole('status').filter({ hasText: 'It has stopped. 20 done.' }).waitFor();
        await dialog().getByRole('alert').filter({ hasText: 'look again' }).waitFor();
        await dialog().getByRole('status').filter({ hasText: 'This is about 13 conversations.' }).waitFor();
        assert.equal(await focused(), 'Go on');
        assert.deepEqual(await findBarriers(page), []);
        await page.keyboard.press('Enter'); // the fourth part is done, but its answer is lost
        await dialog().getByRole('alert').filter({ hasText: 'cannot be reached' }).waitFor();
        await dialog().getByRole('status').filter({ hasText: 'It has stopped. 20 done. It is not known whether the last step was done.' }).waitFor();
        assert.equal(await focused(), 'Look again');
        server.isUp = false;
        await page.keyboard.press('Enter');
        await dialog().getByText('This is about 13 conversations.').waitFor({ state: 'detached' });
        await dialog().getByRole('alert').filter({ hasText: 'cannot be reached' }).waitFor();
        server.isUp = true;
        await button('Look again', dialog()).click();
        await dialog().getByText('This is about 3 conversations.').waitFor();
        await button('Go on', dialog()).click();
        await dialog().getByRole('alert').filter({ hasText: 'busy' }).waitFor();
        await button('End here', dialog()).click();
        await page.getByText('20 done. Not all of it is done: do it again for the rest. It is not known whether the last step was done.').waitFor();
        await page.getByText('3 found', { exact: true }).waitFor(); // the list is had anew
        await settled();
        assert.equal(server.lists.conversations.length, 20);
        server.refusals = ['lost'];
        await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
        await button('Block the member').click();
        await dialog().getByText('This is about 3 conversations.').waitFor();
        await button('Block the member', dialog()).click();
        await button('Look again', dialog()).waitFor();
        const before = server.requests.length;

        await button('Cancel', dialog()).click();
        await page.getByText('It is not known whether the last step was done.').waitFor();
        await waitFor(() => server.requests.length > before);
        assert.equal(server.requests[before].path, 'conversations/', 'also when nothing is known');
        await settled();
        server.refusals = [{ status: 503, code: 'busy' }];
        await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
        await button('Unblock the member').click();
        await dialog().getByText('This is about 3 conversations.').waitFor();
        await button('Unblock the member', dialog()).click();
        await dialog().getByRole('alert').filter({ hasText: 'busy' }).waitFor();
        assert.equal(await button('Look again', dialog()).count(), 0, 'nothing was done');
        await button('Cancel', dialog()).click();
        await dialog().waitFor({ state: 'detached' });
    });
    await t.test('keeps the focus of who did it by keyboard', async () => {
        await begin('#/admin/conversations', 'Conversations');
        await page.getByRole('checkbox', { name: 'Select 50' }).check();
        await button('Mark as read').focus();
        await page.keyboard.press('Enter');
        await dialog().getByText('This is about 1 conversation.').waitFor();
        await button('Mark as read', dialog()).focus();
        const release = await holdBack('POST');

        await page.keyboard.press('Enter');
        await page.locator('chat-admin dialog[aria-busy]').waitFor();
        assert.equal(await focused(), 'Mark as read', 'while it is done');
        await release();
        await page.getByText('1 done.').waitFor();
        await page.getByText('0 selected').waitFor();
        assert.equal(await focused(), 'Mark as read', 'and after it');
    });
});

test('a change', async t => {
    await begin('#/admin/churches/1', 'Church 1');
    await t.test('is saved, and the focus stays', async () => {
        await page.getByLabel('Name').fill('St. Mary’s');
        await button('Save').focus();
        const release = await holdBack('PATCH');

        await page.keyboard.press('Enter');
        await page.locator('chat-admin form [aria-disabled]').waitFor();
        assert.equal(await focused(), 'Save');
        await release();
        await page.getByText('Saved.').waitFor();
        await settled();
        await waitFor(async () => await focused() === 'Save');
        assert.equal(await focused(), 'Save', 'which is another one now');
        assert.equal(server.find('churches', 1).name, 'St. Mary’s');
        assert.deepEqual(server.requests.find(({ method }) => method === 'PATCH').json, { name: 'St. Mary’s' }, 'and nothing else');
    });
    await t.test('overwrites nobody’s', async () => {
        server.change(server.find('churches', 1), { name: 'Theirs' });
        await page.getByLabel('Name').fill('Mine');
        await button('Save').click();
        await page.getByRole('alert').filter({ hasText: 'Somebody else has changed this' }).waitFor();
        assert.equal(server.find('churches', 1).name, 'Theirs');
        await button('Show what is there now').click();
        await waitFor(async () => await page.getByLabel('Name').inputValue() === 'Theirs');
        assert.equal(await page.getByLabel('Name').inputValue(), 'Theirs');
    });
    await t.test('a new one', async () => {
        await goTo('#/admin/churches/new', 'New: Church');
        await button('Create').click();
        await page.getByRole('alert').filter({ hasText: 'Name: is missing' }).waitFor();
        await page.getByLabel('Name').fill('All Saints');
        await button('Create').click();
        await heading('Church 3').waitFor();
        assert.equal(server.find('churches', 3).name, 'All Saints');
    });
    await t.test('one that goes', async () => {
        await button('Delete').click();
        await button('Delete', dialog()).click();
        await heading('Churches').waitFor();
        assert.equal(server.find('churches', 3), undefined);
    });
    await t.test('is not offered where the server has none', async () => {
        await beginWith({ churches: { changes: '', create: false, delete: false } }, '#/admin/churches/1', 'Church 1');
        assert.deepEqual(await page.locator('chat-admin .item-view button').allTextContents(), []);
        await goTo('#/admin/churches', 'Churches');
        assert.equal(await page.getByRole('link', { name: 'New', exact: true }).count(), 0);
    });
});

test('who is meant is chosen by name', async t => {
    const field = name => page.getByRole('combobox', { name, exact: true });
    const option = name => page.getByRole('option', { name });
    const expanded = name => field(name).getAttribute('aria-expanded');
    const asked = () => server.requests.filter(({ path, query }) => path === 'users/' && query.limit === '10');

    await t.test('in a form, by keyboard', async () => {
        await begin('#/admin/staff/new?church_id=1', 'New: Staff');
        await waitFor(async () => await field('Church').inputValue() === 'St. Mary’s Church');
        assert.equal(await field('Church').inputValue(), 'St. Mary’s Church', 'that the address says');
        await field('User').pressSequentially('ali');
        await option('Alice Archer').waitFor();
        await page.getByRole('status').filter({ hasText: '1 suggestion' }).waitFor();
        assert.deepEqual([asked().at(-1).query.q, await expanded('User')], ['ali', 'true']);
        assert.deepEqual(await findBarriers(page), []);
        await page.keyboard.press('ArrowDown');
        assert.equal(await field('User').evaluate(one => one.getRootNode().getElementById(one.getAttribute('aria-activedescendant')).getAttribute('aria-selected')), 'true');
        assert.equal(await focused(), 'field-user_id', 'the focus stays in the field');
        await page.keyboard.press('Escape');
        assert.deepEqual([await expanded('User'), await field('User').inputValue()], ['false', 'ali']);
        await page.keyboard.press('ArrowDown'); // what was found is there still
        await option('Alice Archer').waitFor();
        await page.keyboard.press('ArrowUp');
        await page.keyboard.press('Enter');
        assert.deepEqual([await expanded('User'), await field('User').inputValue()], ['false', 'Alice Archer (alice)']);
        await page.keyboard.press('Enter');
        await heading('Staff 2').waitFor();
        assert.deepEqual(server.find('staff', 2), { id: 2, church_id: 1, user_id: 2, role: 'staff' });
    });
    await t.test('or by the exact user name, or the id', async () => {
        for (const [text, id] of [['bob', 3], ['1', 1]]) {
            await begin('#/admin/staff/new?church_id=1', 'New: Staff');
            await field('User').fill(text);
            await page.keyboard.press('Enter');
            await heading('Staff 2').waitFor();
            assert.equal(server.find('staff', 2).user_id, id);
        }
    });
    await t.test('and not by what is nobody’s', async () => {
        await begin('#/admin/staff/new?church_id=1', 'New: Staff');
        await field('User').fill('a');
        await page.keyboard.press('Enter');
        await page.getByRole('alert').filter({ hasText: 'No exact match' }).waitFor();
        await page.getByRole('option').nth(1).waitFor();
        assert.deepEqual(await findBarriers(page), []);
        await field('User').fill('nobody');
        await page.getByRole('status').filter({ hasText: 'Nothing found.' }).waitFor();
        server.isUp = false;
        await field('User').fill('alice');
        await page.getByRole('status').filter({ hasText: 'cannot be reached' }).waitFor();
        await page.keyboard.press('Enter');
        await page.getByRole('alert').filter({ hasText: 'cannot be reached' }).waitFor();
        server.isUp = true;
        assert.equal(server.lists.staff.length, 1);
        await page.keyboard.press('Escape');
        await page.keyboard.press('Escape');
        assert.deepEqual([await field('User').inputValue(), await field('User').getAttribute('aria-invalid')], ['', null]);
        assert.equal(await page.getByRole('alert').filter({ hasText: 'cannot be reached' }).count(), 0, 'which is said of what stands there');
    });
    await t.test('nor by a number that is an id and another one’s user name', async () => {
        await begin('#/admin/staff/new?church_id=1', 'New: Staff');
        server.lists.users.push({ ...server.find('users', 3), id: 4, username: '2', display_name: 'Second' });
        await field('User').fill('2');
        await page.keyboard.press('Enter');
        await page.getByRole('alert').filter({ hasText: 'Choose one of the suggestions.' }).waitFor();
        assert.equal(server.lists.staff.length, 1);
        await option('Second').click();
        await page.keyboard.press('Enter');
        await heading('Staff 2').waitFor();
        assert.equal(server.find('staff', 2).user_id, 4);
    });
    await t.test('nor after the page was left', async () => {
        await begin('#/admin/staff/new?church_id=1', 'New: Staff');
        const release = await holdBack('GET');
        const isAsked = page.waitForRequest(/users\/\?q=bob/);

        await field('User').fill('bob');
        await page.keyboard.press('Enter');
        await isAsked;
        await page.evaluate(() => { location.hash = '#/admin/churches'; });
        await heading('Churches').waitFor();
        await release();
        await settled();
        await goTo('#/admin/staff', 'Staff');
        assert.equal(await rows().count(), 1);
        assert.equal(server.lists.staff.length, 1);
    });
    await t.test('as a filter, with the mouse, and the address keeps the id', async () => {
        await goTo('#/admin/conversations', 'Conversations');
        await field('Member').fill('bo');
        await option('<b>Bob</b>').click();
        await waitFor(() => page.url().endsWith('?member_id=3'));
        assert.ok(page.url().endsWith('?member_id=3'));
        await page.reload();
        await waitFor(async () => await field('Member').inputValue() === '<b>Bob</b> (bob)');
        assert.equal(await field('Member').inputValue(), '<b>Bob</b> (bob)');
        await page.getByLabel('Unread', { exact: true }).selectOption('Yes');
        await waitFor(() => page.url().endsWith('?member_id=3&unread=1'));
        assert.ok(page.url().endsWith('?member_id=3&unread=1'), 'beside others');
        await settled();
        await field('Member').fill('nobody');
        await page.keyboard.press('Enter');
        await page.getByRole('alert').filter({ hasText: 'No exact match' }).waitFor();
        assert.ok(page.url().endsWith('?member_id=3&unread=1'), 'not of nobody');
        await field('Member').fill('');
        await page.keyboard.press('Enter');
        await waitFor(() => page.url().endsWith('?unread=1'));
        assert.ok(page.url().endsWith('?unread=1'));
    });
    await t.test('and what is typed while a list is loaded stays', async () => {
        await begin('#/admin/conversations', 'Conversations');
        const release = await holdBack('GET');

        await page.evaluate(() => { location.hash = '#/admin/conversations?unread=1'; });
        await page.locator('chat-admin .place[aria-busy]').waitFor();
        await page.getByLabel('Search', { exact: true }).fill('left');
        await field('Member').fill('nobody');
        await release();
        await settled();
        assert.equal(await page.getByLabel('Unread', { exact: true }).inputValue(), '1');
        assert.equal(await field('Member').inputValue(), 'nobody');
        assert.equal(await page.getByLabel('Search', { exact: true }).inputValue(), '', 'in the field that has the focus');
    });
    await t.test('on a small screen, and in the dark', async () => {
        await begin('#/admin/staff/new', 'New: Staff');
        for (const [size, how] of LOOKS) {
            await look(page, how);
            await field('User').fill('');
            await field('User').fill('a');
            await page.getByRole('option').nth(1).waitFor();
            assert.deepEqual(await findBarriers(page), [], size);
            assert.ok(await fits(page), size);
            await takePicture(page, `admin-choice-${size}`);
        }
        await page.keyboard.press('Escape');
    });
});

test('a conversation has its messages, as text', async () => {
    await begin('#/admin/conversations', 'Conversations');
    server.find('messages', 1).content = '<img src=x onerror=alert(1)> **bold**';
    await goTo('#/admin/conversations/1', 'Conversation 1');
    await page.locator('chat-admin .log .content').filter({ hasText: '<img src=x onerror=alert(1)> **bold**' }).waitFor();
    assert.equal(await page.locator('chat-admin .log img').count(), 0);
    await page.locator('chat-admin .log .flag').filter({ hasText: 'Flagged: Links' }).first().waitFor();
});

test('the queue', async t => {
    const cards = page.locator('chat-admin .queue > li');

    await t.test('lets what is approved through', async () => {
        await begin('#/admin/flagged', 'Flagged messages');
        await page.getByText('3 found').waitFor();
        await button('Approve', cards.first()).click();
        await page.getByText('2 found').waitFor();
        assert.equal(server.lists.messages.filter(({ flag }) => flag).length, 2);
    });
    await t.test('keeps what was perhaps not deleted until it is had anew', async () => {
        await settled();
        server.refusals = [{ status: 500, code: 'internal' }];
        await button('Delete', cards.first()).click();
        await dialog().getByText('This is about 1 message.').waitFor();
        await dialog().getByLabel('Reason').fill('test');
        await button('Delete', dialog()).click();
        await button('Look again', dialog()).waitFor();
        const release = await holdBack('GET');

        await button('Cancel', dialog()).click();
        await dialog().waitFor({ state: 'detached' });
        await page.getByText('It is not known whether the last step was done.').waitFor();
        assert.equal(await cards.count(), 2);
        await release();
        await settled();
        assert.equal(await cards.count(), 2);
    });
    await t.test('blocks a member', async () => {
        await button('Block the member', cards.first()).click();
        await dialog().getByText('This is about 1 conversation.').waitFor();
        await button('Block the member', dialog()).click();
        await page.getByText('1 done.').waitFor();
        assert.equal(server.lists.conversations.filter(({ member_blocked: is }) => is).length, 1);
    });
    await t.test('and ends', async () => {
        for (const text of ['1 found', 'No message is flagged.']) {
            await button('Approve', cards.first()).click();
            await page.getByText(text).waitFor();
        }
    });
});

test('the audit log says what has changed', async () => {
    await begin('#/admin/audit/1', 'Entry of the audit log 1');
    assert.deepEqual(await rows().allInnerTexts(), ['Name\tSt. Mary\tSt. Mary’s Church'], 'and what has not is not there');
    await page.getByRole('link', { name: '1', exact: true }).last().waitFor();
});

test('a user is erased after the name was typed', async () => {
    await begin('#/admin/users/2', 'User 2');
    await button('Erase this user').click();
    await dialog().getByLabel('Reason').fill('asked for it');
    await dialog().getByLabel('To confirm, type alice').fill('bob');
    assert.ok(await button('Erase this user', dialog()).isDisabled());
    await dialog().getByLabel('To confirm, type alice').fill('alice');
    await button('Erase this user', dialog()).click();
    await page.getByRole('heading', { name: 'Erased' }).waitFor();
    assert.equal(server.find('users', 2), undefined);
    assert.equal(server.requests.at(-1).json.reason, 'asked for it');
    await page.locator('chat-admin dd').filter({ hasText: /^30$/ }).first().waitFor();
});

test('the keyboard', async () => {
    await begin('#/admin', 'Overview');
    await page.getByRole('link', { name: 'Users', exact: true }).focus();
    await page.keyboard.press('Enter');
    await heading('Users').waitFor();
    await waitFor(async () => await focused() === 'Users');
    assert.equal(await focused(), 'Users', 'the focus is where what is new begins');
});

test('nothing works without the server, and it says so', async () => {
    server.isUp = false;
    await page.evaluate(() => { location.hash = '#/admin/staff'; });
    await page.locator('chat-admin .sentence').filter({ hasText: 'cannot be reached' }).waitFor();
    server.isUp = true;
    await button('Try again').click();
    await rows().first().waitFor();
});

test('axe-core finds nothing, on each page, in no size, light and dark', async t => {
    const PAGES = [['#/admin', 'Overview'], ['#/admin/conversations', 'Conversations'], ['#/admin/conversations/1', 'Conversation 1'], ['#/admin/churches/1', 'Church 1'],
        ['#/admin/flagged', 'Flagged messages'], ['#/admin/audit/1', 'Entry of the audit log 1']];

    for (const [i, [hash, name]] of PAGES.entries()) {
        await begin(hash, name);
        for (const [size, how] of LOOKS.filter((_, n) => n % PAGES.length === i % PAGES.length || n === 0))
            await t.test(`${name}, ${size}`, async () => {
                await look(page, how);
                assert.deepEqual(await findBarriers(page), []);
                assert.ok(await fits(page));
                await takePicture(page, `admin-${i}-${size}`);
            });
    }
    await t.test('nor in a question', async () => {
        await goTo('#/admin/users/2', 'User 2');
        await button('Erase this user').click();
        await dialog().getByText('This is about').waitFor();
        assert.deepEqual(await findBarriers(page), []);
        await page.keyboard.press('Escape');
    });
});

test('in German', async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('link', { name: 'Deutsch' }).click();
    await page.getByRole('heading', { level: 2, name: 'Übersicht' }).waitFor();
    await page.getByText('Die letzten 30 Tage').waitFor();
    await takePicture(page, 'admin-german');
});

test('a language that is chosen while the texts of another one load is that of the page', async () => {
    await page.evaluate(() => {
        const old = document.querySelector('chat-admin');
        const admin = document.createElement('chat-admin');

        admin.lang = 'de';
        old.replaceWith(admin);
        admin.lang = 'en';
    });
    await heading('Overview').waitFor();
});

test('who logs in meanwhile sees nothing of what was there', async () => {
    tag = 'tag1';
    await begin('#/admin/conversations/1', 'Conversation 1');
    await button('Block the member').click();
    await dialog().getByText('This is about 1 conversation.').waitFor();
    tag = 'tag2';
    await button('Block the member', dialog()).click();
    await page.locator('chat-admin .sentence').filter({ hasText: /somebody else/i }).waitFor();
    await dialog().waitFor({ state: 'detached' });
    assert.equal(await page.locator('chat-admin').evaluate(({ shadowRoot }) => shadowRoot.querySelector('.admin').innerText.match(/Conversation|Overview/)), null);
    assert.deepEqual(await findBarriers(page), []);
    await page.context().close();
});

test('no page complains', () => assert.deepEqual(complaints, []));
