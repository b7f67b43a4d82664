// Back to a page that Chromium has kept, with all its scripts (the back/forward cache). It was still meanwhile: nothing
// that it shows may be out of date, or somebody else's.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch } from './lib/browser.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { Visitor, makePeople } from './lib/visitor.mjs';

const TRIES = 5;
const site = new Site('pages');
const { church, names: [carol, alice, bob] } = makePeople(site, 'Back', ['carol', 'alice', 'bob']);
let browser, id;

const write = (name, content) => site.ask(name, 'POST', `conversations/${id}/messages/`, { json: { content } });

test.before(async () => {
    browser = await launch({ keepsPages: true });
    ({ conversation: { id } } = await site.ask(alice, 'POST', 'conversations/', { json: { church_id: church } }));
    await write(alice, 'Good morning!');
});
test.after(() => browser?.close());

/* What a page says of itself, as soon as it can be asked: it is another one for a moment. */
const ask = (page, question) => waitFor(() => page.evaluate(question).catch(() => null), 30);

/** To another page, and after `meanwhile` back; whether the page was kept. */
async function leaveAndReturn(page, meanwhile) {
    await page.evaluate(() => {
        window.wasShown = 'before';
        addEventListener('pageshow', ({ persisted }) => { window.wasShown = persisted ? 'kept' : 'anew'; });
    });
    await page.goto(`${site.url}/blank.html`);
    await meanwhile();
    await page.evaluate(() => { setTimeout(() => history.back()); });
    return await ask(page, () => {
        const isThere = location.pathname !== '/blank.html' && document.readyState === 'complete' && window.wasShown !== 'before';

        return isThere && (window.wasShown ?? 'anew');
    }) === 'kept';
}

/** Chromium may keep no pages where memory is short: then it keeps none at all. */
async function keepsPages() {
    const page = await browser.newPage();

    await page.goto(`${site.url}/naive.html`);
    const isKept = await leaveAndReturn(page, () => {});

    await page.close();
    return isKept;
}

/** `run(visitor)` after alice was at a page with her conversation, left it, and came back to it. */
async function comesBack(t, meanwhile, run) {
    for (let tries = 1; tries <= TRIES; tries++) {
        const visitor = await Visitor.arrive(browser, site, alice);

        await visitor.opensChurch(church);
        await visitor.sees('.bubble', 'Good morning!');
        const isKept = await leaveAndReturn(visitor.page, () => meanwhile(visitor, tries));

        if (isKept)
            await run(visitor, tries);
        await visitor.leave();
        if (isKept)
            return;
    }
    if (await keepsPages())
        assert.fail('Chromium keeps pages, but none with the widget');
    t.skip('Chromium keeps no pages here');
}

test('what was written meanwhile is there, and what is written then comes', t => comesBack(t,
    (_, tries) => write(carol, `while you were away ${tries}`),
    async (visitor, tries) => {
        await visitor.sees('.bubble', `while you were away ${tries}`);
        await visitor.is('online');
        await write(carol, `now ${tries}`);
        await visitor.sees('.bubble', `now ${tries}`);
        await visitor.writes(`thank you ${tries}`);
        await visitor.sees('.line:not(.pending) .bubble', `thank you ${tries}`);
        assert.deepEqual(visitor.complaints, []);
    }));

test('when somebody else has signed in meanwhile, nothing is sent as theirs, or shown to them as it comes', t => comesBack(t,
    async ({ context }) => {
        const page = await context.newPage();

        await context.clearCookies();
        await page.goto(`${site.url}/login.html`);
        await page.getByLabel('Name').fill(bob);
        await page.getByLabel('Password').fill(bob);
        await page.getByRole('button', { name: 'Log in' }).click();
        await page.waitForURL(`${site.url}/`);
        await page.close();
    },
    async (visitor, tries) => {
        await visitor.sees('.notice', 'Somebody else has signed in here.');
        await write(carol, `for alice ${tries}`);
        await visitor.writes('of alice');
        await visitor.sees('.line.failed .bubble', 'of alice');
        assert.equal(await visitor.get('.bubble').filter({ hasText: `for alice ${tries}` }).count(), 0);
        assert.equal(Number(site.sql(`
            select count(*) from chat.messages m join chat.users u on u.id = m.sender_id where u.username = '${bob}'`)), 0);
    }));
