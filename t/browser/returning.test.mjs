// Where one was: <chat-widget> goes along from page to page, and who has to sign in comes back.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch } from './lib/browser.mjs';
import { watchPage } from './lib/page.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { Visitor, makePeople } from './lib/visitor.mjs';

const site = new Site('pages');
const { church, churchName, names: [carol, alice, bob, erin, fay] } =
    makePeople(site, 'Return', ['carol', 'alice', 'bob', 'erin', 'fay']);
const complaints = [];
let browser;

const text = page => page.locator('chat-widget textarea');

async function arrive(name, options) {
    const visitor = await Visitor.arrive(browser, site, name, options);

    visitor.complaints = complaints;
    return visitor;
}

async function signIn(page, name) {
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password').fill(name);
    await page.getByRole('button', { name: 'Log in' }).click();
}

/* What the form would send as httpd_location; undefined: nothing, and httpd decides. */
const destination = page => page.evaluate(() => {
    const form = document.querySelector('form');

    form.dispatchEvent(new Event('submit', { bubbles: true }));
    return form.elements.httpd_location?.value;
});

async function stranger() {
    const context = await browser.newContext();
    const page = await context.newPage();

    context.setDefaultTimeout(60000);
    await watchPage(page, complaints, 'a stranger');
    return page;
}

test.before(async () => { browser = await launch(); });
test.after(() => browser?.close());

test('from page to page', async t => {
    const visitor = await arrive(alice);
    const { page } = visitor;

    await t.test('the open conversation stays open, with what one was writing', async () => {
        await visitor.opensChurch(church);
        await visitor.writes('Good morning!');
        await visitor.sees('.line:not(.pending) .bubble', 'Good morning!');
        await text(page).fill('And what I');
        await page.goto(`${site.url}/widget.html?other`);
        await visitor.sees('.bubble', 'Good morning!');
        assert.equal(await visitor.get('h2').textContent(), churchName);
        assert.equal(await text(page).inputValue(), 'And what I');
    });
    await t.test('and takes the focus from nothing', async () =>
        assert.equal(await page.evaluate(() => document.activeElement.localName), 'body'));
    await t.test('the list, too', async () => {
        await visitor.get('header .tool').first().click();
        await visitor.sees('.row', churchName);
        await page.reload();
        await visitor.sees('.row', churchName);
        assert.equal(await visitor.get('.panel').getAttribute('data-view'), 'list');
    });
    await t.test('what was closed stays closed', async () => {
        await page.keyboard.press('Tab');
        await visitor.get('.row').first().focus();
        await page.keyboard.press('Escape');
        await visitor.misses('.panel');
        await page.reload();
        await visitor.get('.launcher').waitFor();
        await page.waitForLoadState('load');
        assert.equal(await visitor.get('.launcher').getAttribute('aria-expanded'), 'false');
    });
    await t.test('where it fills the window, one wants to see the page', async () => {
        await page.setViewportSize({ width: 390, height: 800 });
        await visitor.opensChurch(church);
        await page.reload();
        await visitor.get('.launcher').waitFor();
        assert.equal(await visitor.get('.panel[open]').count(), 0);
        await page.setViewportSize({ width: 1280, height: 800 });
    });
    await t.test('what belonged to somebody else is not shown to the next', async () => {
        await visitor.opensChurch(church);
        await visitor.context.clearCookies();
        await page.goto(`${site.url}/login.html`);
        await signIn(page, bob);
        await page.waitForURL(`${site.url}/`);
        await visitor.goto('/widget.html');
        await visitor.sees('.list .empty', 'No messages yet');
        assert.equal(await visitor.get('.bubble').count(), 0);
        assert.equal(await visitor.get('textarea:visible').count(), 0);
    });
    await visitor.leave();
});

test('a thread that was scrolled up is where it was on the next page', async t => {
    const { conversation: { id } } = await site.ask(fay, 'POST', 'conversations/', { json: { church_id: church } });
    const visitor = await arrive(fay);
    const { page } = visitor;
    const scroller = visitor.get('.scroller');
    const isAtEnd = () => scroller.evaluate(one => one.scrollHeight - one.scrollTop - one.clientHeight < 2);
    /* The first message in sight, and how far below the edge it begins. */
    const inSight = () => scroller.evaluate(one => {
        const { top } = one.getBoundingClientRect();
        const line = [...one.querySelectorAll('.line')].find(line => line.getBoundingClientRect().bottom > top + 1);

        return line ? [line.querySelector('.bubble').textContent, line.getBoundingClientRect().top - top] : ['', 0];
    });
    const isThere = async ([text, px]) => {
        const [now, now_px] = await inSight();

        return now === text && Math.abs(now_px - px) < 2;
    };
    const comesBackTo = async place => {
        await waitFor(() => isThere(place), 60);
        assert.ok(await isThere(place), `was at ${place}, is at ${await inSight()}`);
    };
    const goTo = async path => {
        await page.goto(site.url + path);
        await visitor.sees('.top:not([data-kind="loading"])', '');
    };
    let place;

    site.sql(`do $$ begin
        for n in 1 .. 180 loop
            perform chat.send_message(u.id, ${id}, format('Message %s of 180', n))
            from chat.users u where u.username = case when n % 3 = 0 then '${fay}' else '${carol}' end;
        end loop;
    end $$`);
    await site.ask(fay, 'POST', `conversations/${id}/read/`);
    await visitor.opensChurch(church);
    await visitor.sees('.bubble', 'Message 180 of 180');
    await t.test('further up than a page of the list reaches', async () => {
        await waitFor(async () => {
            await scroller.evaluate(one => { one.scrollTop = 0; });
            return await visitor.get('.bubble').filter({ hasText: 'Message 60 of' }).count() > 0;
        }, 60);
        await visitor.get('.bubble').filter({ hasText: 'Message 60 of' }).evaluate(one => one.scrollIntoView({ block: 'center' }));
        await page.evaluate(() => new Promise(requestAnimationFrame));
        place = await inSight();
        await goTo('/widget.html?next');
        await comesBackTo(place);
    });
    await t.test('also while others write, which is not seen then', async () => {
        await page.goto(`${site.url}/blank.html`);
        for (const text of ['One', 'Two', 'Three'])
            await site.ask(carol, 'POST', `conversations/${id}/messages/`, { json: { content: text } });
        await goTo('/widget.html?after');
        await comesBackTo(place);
        await visitor.get('.newest').waitFor();
        assert.equal((await site.ask(fay, 'GET', 'conversations/unread/')).unread_count, 3);
    });
    await t.test('who was at its end is at its end', async () => {
        await visitor.get('.newest').click();
        await visitor.sees('.bubble', 'Three');
        await goTo('/widget.html?end');
        await visitor.sees('.bubble', 'Three');
        await waitFor(isAtEnd, 60);
        assert.ok(await isAtEnd());
    });
    await t.test('and where it is opened anew', async () => {
        await scroller.evaluate(one => { one.scrollTop -= 600; });
        await visitor.get('.newest').waitFor();
        await visitor.get('header .tool').first().click();
        await visitor.get('.row').click();
        await waitFor(isAtEnd, 60);
        assert.ok(await isAtEnd());
    });
    await visitor.leave();
});

test('who signs in comes back', async t => {
    await t.test('from the button of a church, to the conversation with it', async () => {
        const page = await stranger();

        await page.goto(`${site.url}/widget.html`);
        await page.evaluate(async church => {
            await customElements.whenDefined('chat-widget');
            document.querySelector('chat-widget').openConversation(church);
        }, church);
        await page.getByRole('link', { name: 'Sign in' }).click();
        await page.waitForURL(`${site.url}/login.html?to=%2Fwidget.html`);
        await signIn(page, 'nobody of the kind');
        await page.getByRole('alert').filter({ hasText: 'do not belong together' }).waitFor();
        await signIn(page, erin);
        await page.waitForURL(`${site.url}/widget.html`);
        await text(page).waitFor();
        assert.equal(await page.locator('chat-widget h2').textContent(), churchName);
        await page.context().close();
    });
    await t.test('on a telephone as well', async () => {
        const page = await stranger();

        await page.setViewportSize({ width: 390, height: 800 });
        await page.goto(`${site.url}/widget.html`);
        await page.locator('chat-widget .launcher').click();
        await page.getByRole('link', { name: 'Sign in' }).click();
        await signIn(page, erin);
        await page.waitForURL(`${site.url}/widget.html`);
        await page.locator('chat-widget .row').filter({ hasText: churchName }).waitFor();
        await page.context().close();
    });
    await t.test('who is quicker than the rest of the page', async () => {
        const page = await stranger();

        await page.route('**/login.js', async route => {
            await new Promise(resolve => setTimeout(resolve, 1000));
            await route.continue();
        });
        await page.route('**/demo.js', () => {}); // never comes
        await page.goto(`${site.url}/login.html?to=/widget.html`, { waitUntil: 'commit' });
        await signIn(page, erin);
        await page.waitForURL(`${site.url}/widget.html`, { waitUntil: 'commit' });
        await page.context().close();
    });
    await t.test('by the form of chat-login.conf as well', async () => {
        const page = await stranger();

        for (const [name, contentType] of [['login.html', 'text/html'], ['login.js', 'text/javascript']])
            await page.route(({ pathname }) => pathname === `/${name}`, route => route.fulfill({ contentType, path: `conf/${name}` }));
        await page.goto(`${site.url}/widget.html`);
        await page.locator('chat-widget .launcher').click();
        await page.getByRole('link', { name: 'Sign in' }).click();
        assert.equal(await page.locator('form').getAttribute('action'), '/login', 'it is that form');
        await signIn(page, erin);
        await page.waitForURL(`${site.url}/widget.html`);
        await page.locator('chat-widget .row').filter({ hasText: churchName }).waitFor();
        await page.goto(`${site.url}/login.html?to=%2F.%2F%2Fevil.example`);
        assert.equal(await destination(page), undefined, 'to this site only');
        await page.context().close();
    });
    await t.test('never to another site, whose address looks like a path', async () => {
        const page = await stranger();

        for (const to of ['//evil.example', '/.//evil.example', '/\\evil.example']) {
            await page.goto(`${site.url}/login.html?to=${encodeURIComponent(to)}`);
            assert.equal(await destination(page), undefined, to);
        }
        await page.goto(`${site.url}/login.html?to=/inbox.html`);
        assert.equal(await destination(page), '/inbox.html');
        await page.context().close();
    });
    await t.test('to the conversation in the address of the inbox', async () => {
        const { conversation: { id } } = await site.ask(erin, 'POST', 'conversations/', { json: { church_id: church } });

        await site.ask(erin, 'POST', `conversations/${id}/messages/`, { json: { content: 'Shalom' } });
        const page = await stranger();

        await page.goto(`${site.url}/inbox.html#/conversations/${id}`);
        await signIn(page, carol);
        await page.waitForURL(`${site.url}/inbox.html#/conversations/${id}`);
        await page.locator('chat-inbox .bubble').filter({ hasText: 'Shalom' }).waitFor();
        await page.context().close();
    });
    await t.test('and to no other site', async () => {
        for (const to of ['https://example.org/', '//example.org/', '/\\example.org/', 'javascript:alert(1)']) {
            const page = await stranger();

            await page.goto(`${site.url}/login.html?to=${encodeURIComponent(to)}`);
            await signIn(page, erin);
            await page.waitForURL(`${site.url}/`);
            await page.context().close();
        }
    });
});

// But for the answers to those who have not signed in.
test('no page complains', () => assert.deepEqual(complaints.filter(line => !/status of 401|no valid credentials/.test(line)), []));
