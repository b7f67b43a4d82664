// What a thread shows and says while time passes, while nobody looks, and while much is pasted.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch } from './lib/browser.mjs';
import { Site } from './lib/site.mjs';
import { Visitor, makePeople } from './lib/visitor.mjs';

const site = new Site('pages');
const { church, names: [carol, alice] } = makePeople(site, 'Look', ['carol', 'alice']);
const PASTED = 200004;
const visitors = [];
let browser, id;

const write = (name, content) => site.ask(name, 'POST', `conversations/${id}/messages/`, { json: { content } });
const unread = () => Number(site.sql(`select member_unread from chat.conversations where id = ${id}`));

async function arrive(name, options) {
    const visitor = await Visitor.arrive(browser, site, name, options);

    visitors.push(visitor);
    return visitor;
}

test.before(async () => {
    browser = await launch();
    ({ conversation: { id } } = await site.ask(alice, 'POST', 'conversations/', { json: { church_id: church } }));
    await write(alice, 'Good morning!');
});
test.after(() => browser?.close());

test('at midnight Today is Yesterday', async () => {
    const visitor = await arrive(alice, { prepare: page => page.clock.install() });
    const { page } = visitor;

    await visitor.opensChurch(church);
    await visitor.sees('.day', 'Today');
    const left_ms = await page.evaluate(() => {
        const now = new Date();

        return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1) - now;
    });

    await page.clock.fastForward(left_ms + 5000);
    await visitor.sees('.day', 'Yesterday');
    await visitor.get('header .tool').first().click();
    await visitor.sees('.row .when', /^\w{3}$/); // the day, not the time
    await visitor.leave();
});

test('a window that is visible and has not the focus has seen nothing', async () => {
    const visitor = await arrive(alice, { prepare: page => page.addInitScript(() => {
        window.isFocused = true;
        Document.prototype.hasFocus = () => window.isFocused;
    }) });
    const { page } = visitor;

    await visitor.opensChurch(church);
    await page.evaluate(() => { window.isFocused = false; });
    await write(carol, 'one');
    await visitor.sees('.bubble', 'one');
    await write(carol, 'two'); // a receipt for the first would have been said before this is shown
    await visitor.sees('.bubble', 'two');
    assert.equal(unread(), 2);
    await page.evaluate(() => {
        window.isFocused = true;
        window.dispatchEvent(new Event('focus'));
    });
    await page.waitForFunction(() => document.querySelector('chat-widget').unreadCount === 0);
    for (let tries = 0; unread() > 0 && tries < 300; tries++)
        await new Promise(resolve => setTimeout(resolve, 100));
    assert.equal(unread(), 0);
    await visitor.leave();
});

test('200,000 characters that are pasted do not keep the page busy', async () => {
    const visitor = await arrive(alice);
    const { context, page } = visitor;
    const textarea = visitor.get('textarea');

    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await visitor.opensChurch(church);
    await textarea.fill('So far.');
    await page.evaluate(length => navigator.clipboard.writeText('Lorem ipsum '.repeat(length / 12)), PASTED);
    await textarea.press('Control+V');
    await visitor.sees('.count.over', 'too many');
    assert.equal(await textarea.inputValue(), 'So far.', 'it is not put in, and what was there stays');
    await page.keyboard.type(' And on.');
    assert.equal(await textarea.inputValue(), 'So far. And on.');
    await visitor.misses('.count');
    await page.evaluate(() => navigator.clipboard.writeText('Lorem ipsum '.repeat(120)));
    await textarea.press('Control+V'); // too long to be sent, and here to be shortened
    await visitor.sees('.count.over', 'too many');
    assert.ok((await textarea.inputValue()).length > 1400);
    assert.equal(await visitor.get('.send').getAttribute('aria-disabled'), 'true');
    await textarea.fill('');
    await visitor.leave();
});

test('no page complains', () => {
    for (const { complaints } of visitors)
        assert.deepEqual(complaints, []);
});
