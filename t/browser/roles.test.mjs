// Who is staff of one church and a member of another: <chat-widget> is for what one writes as a member, <chat-inbox> for
// what one answers as staff; and what a role that ended leaves on the screen: nothing.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch } from './lib/browser.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { Visitor, makePeople } from './lib/visitor.mjs';

const site = new Site('pages');
const { church, names: [carol, alice] } = makePeople(site, 'Home', ['carol', 'alice']);
const { church: away, churchName: awayName, names: [dora] } = makePeople(site, 'Away', ['dora']);
const MANY = 60; // more than a page of the list
const visitors = [];
let browser, own;

const open = async (name, to) => (await site.ask(name, 'POST', 'conversations/', { json: { church_id: to } })).conversation.id;
const write = (name, id, content) => site.ask(name, 'POST', `conversations/${id}/messages/`, { json: { content } });

async function arrive(name, options) {
    const visitor = await Visitor.arrive(browser, site, name, options);

    visitors.push(visitor);
    return visitor;
}

/* However slow the machine is. */
const keepToasts = page => page.addInitScript(() => {
    const { setTimeout: start } = window;

    window.setTimeout = (run, ms, ...rest) => start(run, ms === 8000 ? 600000 : ms, ...rest);
});
const inbox = { path: '/inbox.html', element: 'chat-inbox' };

test.before(async () => {
    browser = await launch();
    own = await open(carol, away);
    await write(carol, own, 'Do you lend hymnals?');
    await write(dora, own, 'We do.');
    site.sql(`with people as (insert into chat.users (username, display_name)
            select 'home${church}-' || n, 'Visitor ' || n from generate_series(1, ${MANY}) n returning id)
        select chat.send_message(p.id, (chat.open_conversation(p.id, ${church})).conversation.id, 'hello') from people p`);
});
test.after(() => browser?.close());

test('the widget of staff has what they write as members', async t => {
    const page = await arrive(carol);

    await t.test('its badge counts nothing else', async () => {
        await page.sees('.badge', '1'); // of 61 that are unread
    });
    await t.test('at once, however much they answer', async () => {
        await page.opens();
        await page.sees('.row', awayName);
        assert.deepEqual(await page.get('.row .name').allTextContents(), [awayName]);
        assert.equal(await page.get('.more:visible').count(), 0);
    });
    await t.test('and what comes for their church is not shown in it', async () => {
        await page.is('online');
        const id = await open(alice, church);

        await write(alice, id, 'Is there evensong?');
        await write(dora, own, 'In the vestry.'); // comes after it
        await page.sees('.row .said', 'In the vestry.');
        await waitFor(() => page.page.evaluate(() => document.querySelector('chat-widget').unreadCount === 2), 60);
        assert.equal(await page.page.evaluate(() => document.querySelector('chat-widget').unreadCount), 2);
        assert.deepEqual(await page.get('.row .name').allTextContents(), [awayName]);
        assert.deepEqual((await page.heard('chat-message')).map(({ message }) => message.content), ['In the vestry.']);
    });
    await t.test('nor by its id', async () => {
        const id = Number(site.sql(`select max(id) from chat.conversations where church_id = ${church}`));

        await page.page.evaluate(id => document.querySelector('chat-widget').showConversation(id), id);
        await page.sees('.opening [role=alert]', 'This conversation is not available.');
    });
    await t.test('their own church is not theirs to write to', async () => {
        await page.page.evaluate(church => document.querySelector('chat-widget').openConversation(church), church);
        await page.sees('.opening [role=alert]', 'You answer for this church yourself');
        assert.equal(await page.get('.opening button').count(), 0, 'trying again is of no use');
        assert.equal((await page.heard('chat-error')).at(-1).status, 403);
    });
    await page.leave();
});

test('the inbox has what they answer', async t => {
    const page = await arrive(carol, { ...inbox, prepare: keepToasts });
    const counted = async () => (await page.heard('chat-unread')).at(-1);
    const counts = async (count, conversations) => {
        await waitFor(async () => (await counted())?.count === count, 60);
        assert.deepEqual([(await counted()).count, (await counted()).conversations], [count, conversations]);
        await page.page.waitForFunction(title => document.title === title, `(${conversations}) Inbox - mod_chat`);
        await page.sees('.chip .pill', String(conversations));
    };

    await page.sees('.row', 'Visitor');
    await page.get('.row').first().focus();
    await waitFor(async () => {
        await page.page.keyboard.press('End');
        return await page.get('.row').count() === MANY + 1;
    }, 60);
    assert.equal(await page.get('.row').count(), MANY + 1);
    assert.equal(await page.get('.row').filter({ hasText: awayName }).count(), 0);
    await t.test('and counts nothing else', () => counts(MANY + 1, MANY + 1));
    await t.test('nor tells of it', async () => {
        const id = await open(alice, church);

        await write(dora, own, 'Or in the tower.');
        await write(alice, id, 'At six?'); // comes after it
        await page.sees('.toast', 'At six?');
        await counts(MANY + 2, MANY + 1);
        assert.equal(await page.get('.toast').count(), 1);
    });
    await t.test('of what is unread, too', async () => {
        await page.get('.chip').click();
        await page.sees('.chip[aria-pressed=true]', '');
        await page.sees('.row', 'At six?');
        assert.equal(await page.get('.row').filter({ hasText: awayName }).count(), 0);
    });
    await t.test('what they read as a member changes nothing here', async () => {
        const before = (await page.heard('chat-unread')).length;

        await site.ask(carol, 'POST', `conversations/${own}/read/`);
        await write(alice, await open(alice, church), 'Or seven?');
        await counts(MANY + 3, MANY + 1);
        assert.equal((await page.heard('chat-unread')).length, before + 1);
    });
    await page.leave();
});

test('a role that ends leaves nothing on the screen', async t => {
    const page = await arrive(carol, inbox);

    await page.get('.row').filter({ hasText: 'Alice Archer' }).click();
    await page.sees('.bubble', 'Is there evensong?');
    await t.test('neither what was open, nor the list', async () => {
        site.sql(`delete from chat.church_staff where church_id = ${church}`);
        await page.misses('.bubble');
        await page.misses('.row');
        await page.sees('.list', 'No conversations yet');
        assert.doesNotMatch(await page.page.locator('chat-inbox').innerText(), /Alice Archer|evensong|Visitor/);
        await waitFor(async () => await page.page.title() === 'Inbox - mod_chat', 60);
        assert.equal(await page.page.title(), 'Inbox - mod_chat');
    });
    await t.test('and one that begins brings it', async () => {
        site.sql(`insert into chat.church_staff (church_id, user_id)
            select ${church}, id from chat.users where username = '${carol}'`);
        await page.sees('.row', 'Alice Archer');
    });
    await page.leave();
});

test('both on one page', async () => {
    const page = await arrive(carol, { path: '/plain_inbox.html' });

    await page.opens();
    await page.sees('.row', awayName);
    assert.deepEqual(await page.get('.row .name').allTextContents(), [awayName]);
    await page.page.locator('chat-inbox .row').filter({ hasText: 'Alice Archer' }).waitFor();
    await write(dora, own, 'Bring it back.');
    const unread = () => page.page.evaluate(() => document.querySelector('chat-widget').unreadCount);

    await waitFor(async () => await unread() === 1, 60);
    assert.equal(await unread(), 1, 'of which one reads as a member');
    const { count } = (await page.heard('chat-unread')).findLast(one => 'conversations' in one);
    const { unread_count: answered } = await site.ask(carol, 'GET', 'conversations/unread/?role=staff');

    assert.equal(count, answered, 'the inbox counts what they answer');
    assert.match(await page.page.title(), /^\(\d+\) An inbox/);
    await page.leave();
});

test('no page complains', () => {
    for (const { complaints } of visitors)
        assert.deepEqual(complaints, []);
});
