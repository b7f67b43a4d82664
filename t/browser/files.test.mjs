// Files in a conversation, in the widget and in the inbox: pictures that have their place before they come, cards that
// save documents, what does not load, what a hostile answer names; and pictures in full.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { launch } from './lib/browser.mjs';
import { LOOKS, findBarriers, fits, look, takePicture } from './lib/page.mjs';
import { png } from './lib/png.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { Visitor, makePeople } from './lib/visitor.mjs';

const site = new Site('pages');
const { church, names: [ingo, jana] } = makePeople(site, 'Files', ['ingo', 'jana']);
const LONG = `תוכנית השבוע ${'של הקהילה '.repeat(9)}2026.txt`;
const visitors = [];
let browser, id, visitor;

const send = (who, name, bytes, content) => site.upload(who, id, { name, bytes, content });
const picture = (one, name) => one.get(`.picture img[alt="${name}"]`);
const card = (one, name) => one.get(`.file[title="${name}"]`);
const viewer = one => one.get('.viewer');
const shown = one => one.get('.viewer .stage > img').getAttribute('alt');

async function arrive(name, options) {
    const one = await Visitor.arrive(browser, site, name, options);

    visitors.push(one);
    return one;
}

async function arriveInInbox(options) {
    const one = await arrive(ingo, { path: '/inbox.html', element: 'chat-inbox', ...options });

    await one.page.getByRole('option').filter({ hasText: 'Jana' }).click();
    await one.sees('.title', 'Jana');
    return one;
}

/** Until all pictures in sight are there. */
const loaded = one => one.page.waitForFunction(element => [...document.querySelector(element).shadowRoot.querySelectorAll('.picture img')]
    .filter(image => image.checkVisibility()).every(image => image.complete && image.naturalWidth > 0), one.element);

/** Where each message is among the others, and how large. */
const boxes = one => one.get('.line').evaluateAll(lines => lines.map(({ offsetLeft, offsetTop, offsetWidth, offsetHeight }) =>
    [offsetLeft, offsetTop, offsetWidth, offsetHeight].join(' ')));

test.before(async () => {
    browser = await launch();
    ({ conversation: { id } } = await site.ask(jana, 'POST', 'conversations/', { json: { church_id: church } }));
    await send(jana, 'wide.png', png(1200, 500));
    await send(ingo, 'tall.png', png(30, 2000, [160, 40, 40]), 'The tower, from below.');
    await send(jana, 'dot.png', png(6, 4, [20, 130, 80]));
    await send(ingo, 'Minutes of March.txt', 'We have met.', 'See https://example.org/');
    await send(jana, LONG, 'x'.repeat(12_345));
});
test.after(() => browser?.close());

test('pictures have their place before they come', async () => {
    let release;
    const gate = new Promise(resolve => { release = resolve; });

    visitor = await arrive(jana, { prepare: async page => {
        await page.route('**/api/attachments/**', async route => { await gate; await route.continue(); });
        await page.addInitScript(() => {
            window.shift = 0;
            new PerformanceObserver(list => list.getEntries().forEach(({ value }) => { window.shift += value; })).observe({ type: 'layout-shift', buffered: true });
        });
    } });
    await visitor.opensChurch(church);
    await picture(visitor, 'dot.png').waitFor();
    const before = await boxes(visitor);
    const states = (await visitor.heard('chat-state')).length;

    await visitor.page.evaluate(() => { window.shift = 0; });
    release();
    await loaded(visitor);
    assert.deepEqual(await boxes(visitor), before);
    const shift = await visitor.page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => setTimeout(() => resolve(window.shift)))));

    if ((await visitor.heard('chat-state')).length === states) // otherwise there may be a line over the composer now
        assert.equal(shift, 0);
});

test('they are as large as they may be', async () => {
    const sizes = await visitor.get('.picture').evaluateAll(all => all.map(one => [one.offsetWidth, one.offsetHeight]));
    const room = await visitor.get('.items').evaluate(one => one.clientWidth);
    const attributes = await visitor.get('.picture img').evaluateAll(all => all.map(one =>
        ['width', 'height', 'loading', 'alt'].map(name => one.getAttribute(name))));

    assert.deepEqual(attributes, [['1200', '500', 'lazy', 'wide.png'], ['30', '2000', 'lazy', 'tall.png'], ['6', '4', 'lazy', 'dot.png']]);
    assert.ok(sizes[0][0] > room / 2 && sizes[0][0] <= room, `${sizes[0]} of ${room}`);
    assert.ok(Math.abs(sizes[0][0] / sizes[0][1] - 1200 / 500) < 0.05, `${sizes[0]}`);
    assert.deepEqual(sizes[1], [44, 260]);
    assert.deepEqual(sizes[2], [44, 44], 'a finger finds it');
    assert.equal(await picture(visitor, 'dot.png').evaluate(one => getComputedStyle(one).objectFit), 'scale-down', 'and is not blown up');
});

test('a document is a card, which saves it', async () => {
    const link = card(visitor, 'Minutes of March.txt');
    const coming = visitor.page.waitForEvent('download');

    assert.match(await link.innerText(), /Minutes of March\.txt\s+12 bytes/);
    assert.equal(await visitor.page.getByRole('link', { name: /^Minutes of March\.txt\s*12 bytes$/ }).count(), 1);
    assert.match(await link.getAttribute('href'), /^\/api\/attachments\/\d+\/Minutes%20of%20March\.txt$/);
    await link.click();
    const download = await coming;

    assert.equal(download.suggestedFilename(), 'Minutes of March.txt');
    assert.equal(readFileSync(await download.path(), 'utf8'), 'We have met.');
    assert.equal(await link.locator('xpath=..').locator('.bubble').textContent(), 'See https://example.org/', 'below its text');
    assert.equal(await card(visitor, LONG).locator('xpath=..').locator('.bubble').count(), 0, 'and without one it is alone');
    const name = card(visitor, LONG).locator('bdi');

    assert.equal((await name.textContent()).length, 61);
    assert.match(await name.textContent(), /^תוכנית השבוע .*….*2026\.txt$/);
    assert.equal(await name.evaluate(one => getComputedStyle(one).direction), 'rtl');
    assert.match(await card(visitor, LONG).innerText(), /12 kB/);
    await takePicture(visitor.page, 'files-cards');
});

test('who listens hears of the file, and the list has its name', async () => {
    await send(ingo, 'Plan.txt', 'one');
    await visitor.sees('.file', 'Plan.txt');
    await waitFor(async () => /Plan/.test(await visitor.get('[role=log]').textContent()));
    assert.match(await visitor.get('[role=log]').textContent(), /: File Plan\.txt, 3 bytes/);
    await send(ingo, 'Plan 2.txt', 'two', 'Or rather this');
    await visitor.sees('.file', 'Plan 2.txt');
    await waitFor(async () => /Plan 2/.test(await visitor.get('[role=log]').textContent()));
    assert.match(await visitor.get('[role=log]').textContent(), /: Or rather this File Plan 2\.txt, 3 bytes/);
    await send(jana, 'My plan.txt', 'three');
    await visitor.sees('.file', 'My plan.txt');
    await visitor.page.getByRole('button', { name: 'Back to the list' }).click();
    await visitor.sees('.row .said', 'You: My plan.txt');
    await visitor.get('.row').click();
    await visitor.sees('.file', 'My plan.txt');
});

test('the key for copying takes the name where there is no text', async () => {
    const pasted = visitor.page.evaluate(() => new Promise(resolve => document.addEventListener('copy', event =>
        resolve(event.clipboardData.getData('text/plain')))));

    await visitor.get('.scroller').focus();
    await visitor.page.keyboard.press('ArrowUp');
    await visitor.focuses('My plan.txt');
    await visitor.page.keyboard.press('Control+c');
    assert.equal(await pasted, 'My plan.txt');
});

test('a picture in full', async t => {
    await t.test('opens with a click, above the panel', async () => {
        await picture(visitor, 'wide.png').click();
        await viewer(visitor).waitFor();
        assert.equal(await shown(visitor), 'wide.png');
        assert.equal(await visitor.get('.viewer .at').textContent(), '1 of 3');
        const { width, height } = visitor.page.viewportSize();
        const box = await viewer(visitor).boundingBox();

        assert.deepEqual([box.x, box.y, box.width, box.height], [0, 0, width, height]);
        assert.ok(await viewer(visitor).evaluate(one => parseFloat(getComputedStyle(one).animationDuration)) < 0.001, 'who wants no motion gets none');
        assert.deepEqual(await findBarriers(visitor.page), []);
    });
    await t.test('arrows lead to the others, and not beyond', async () => {
        for (const [key, name] of [['ArrowRight', 'tall.png'], ['ArrowRight', 'dot.png'], ['ArrowRight', 'dot.png'], ['ArrowLeft', 'tall.png'],
            ['Home', 'wide.png'], ['ArrowLeft', 'wide.png'], ['End', 'dot.png']]) {
            await visitor.page.keyboard.press(key);
            assert.equal(await shown(visitor), name, key);
        }
        assert.equal(await visitor.get('.viewer [role=status]').textContent(), 'Picture 3 of 3: dot.png');
        await visitor.page.getByRole('button', { name: 'Previous picture' }).click();
        assert.equal(await shown(visitor), 'tall.png');
    });
    await t.test('it can be saved', async () => {
        const coming = visitor.page.waitForEvent('download');

        await visitor.page.getByRole('link', { name: 'Download tall.png' }).click();
        assert.equal((await coming).suggestedFilename(), 'tall.png');
    });
    await t.test('Escape closes it, and nothing else; the focus is where it was', async () => {
        await visitor.page.keyboard.press('Escape');
        await viewer(visitor).waitFor({ state: 'hidden' });
        assert.ok(await visitor.get('.panel').isVisible());
        assert.equal(await visitor.get('.picture:focus img').getAttribute('alt'), 'wide.png');
    });
    await t.test('Enter opens it again, its button and a click beside it close it', async () => {
        for (const close of [() => visitor.page.getByRole('button', { name: 'Close the picture' }).click(),
            () => visitor.get('.stage').click({ position: { x: 100, y: 5 } })]) {
            await visitor.page.keyboard.press('Enter');
            await viewer(visitor).waitFor();
            assert.equal(await shown(visitor), 'wide.png');
            await close();
            await viewer(visitor).waitFor({ state: 'hidden' });
            assert.equal(await visitor.get('.picture:focus img').getAttribute('alt'), 'wide.png');
        }
    });
    await t.test('with Ctrl it is a link like any other', async () => {
        const coming = visitor.context.waitForEvent('page');

        await picture(visitor, 'wide.png').click({ modifiers: ['Control'] });
        const page = await coming;

        await page.waitForURL(/\/api\/attachments\/\d+\/wide\.png$/); // about:blank at first
        assert.equal(await viewer(visitor).isVisible(), false);
        await page.close();
    });
    await t.test('the focus on it stays when its message changes', async () => {
        const last = await send(jana, 'last.png', png(40, 30));

        await picture(visitor, 'last.png').waitFor();
        await visitor.get('.picture').last().focus();
        await site.ask(ingo, 'POST', `conversations/${id}/read/`, { json: { up_to: last.id } });
        await visitor.sees('.status.seen', 'Seen');
        assert.equal(await visitor.get('.picture:focus img').getAttribute('alt'), 'last.png');
    });
});

test('everywhere all of it fits, light and dark, right to left, and lying on its side', async () => {
    const sizes = [...LOOKS.filter(([name]) => !name.startsWith('768')), ['landscape', { width: 640, height: 320, colorScheme: 'light' }]];

    for (const dir of ['ltr', 'rtl'])
        for (const [name, size] of sizes) {
            if (dir === 'rtl' && name.startsWith('1280'))
                continue;
            await visitor.page.evaluate(dir => { document.documentElement.dir = dir; }, dir);
            await look(visitor.page, size);
            await picture(visitor, 'wide.png').scrollIntoViewIfNeeded();
            await loaded(visitor);
            assert.deepEqual(await findBarriers(visitor.page), [], `${name} ${dir}`);
            assert.ok(await fits(visitor.page));
            const out = await visitor.get('.scroller').evaluate(one => one.scrollWidth - one.clientWidth);

            assert.equal(out, 0, `${name} ${dir}`);
            await takePicture(visitor.page, `files-${name}-${dir}`);
            await picture(visitor, 'wide.png').click();
            await viewer(visitor).waitFor();
            await visitor.page.keyboard.press(dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight');
            assert.equal(await shown(visitor), 'tall.png');
            await visitor.page.waitForFunction(() => document.querySelector('chat-widget').shadowRoot.querySelector('.stage > img').naturalWidth > 0);
            const [box, stage] = await visitor.get('.stage > img').evaluate(one => [one, one.parentNode].map(it => {
                const { x, y, width, height } = it.getBoundingClientRect();

                return { x, y, width, height };
            }));

            assert.ok(box.x >= stage.x && box.y >= stage.y && box.x + box.width <= stage.x + stage.width + 1 &&
                box.y + box.height <= stage.y + stage.height + 1, `${name} ${dir}: ${JSON.stringify([box, stage])}`);
            assert.deepEqual(await findBarriers(visitor.page), [], `${name} ${dir}`);
            await takePicture(visitor.page, `files-full-${name}-${dir}`);
            await visitor.page.keyboard.press('Escape');
            await viewer(visitor).waitFor({ state: 'hidden' });
        }
    await visitor.page.evaluate(() => { document.documentElement.dir = 'ltr'; });
    await look(visitor.page, LOOKS[4][1]);
});

test('what does not load says so, and is tried again with a click', async () => {
    const { attachment } = await send(ingo, 'gone.png', png(400, 300));
    let isThere = false;

    const other = await arrive(jana, { prepare: page => page.route(`**${attachment.url}`, route => isThere ? route.continue() : route.fulfill({ status: 404 })) });

    await other.opensChurch(church);
    const link = other.get('.picture.broken');

    await link.waitFor();
    assert.match(await link.innerText(), /gone\.png\s+This picture cannot be shown\./);
    assert.deepEqual(await findBarriers(other.page), []);
    await picture(other, 'wide.png').click();
    await viewer(other).waitFor();
    await other.page.keyboard.press('End');
    await other.sees('.viewer .why', 'This picture cannot be shown.');
    assert.deepEqual(await findBarriers(other.page), []);
    await other.page.keyboard.press('Escape');
    isThere = true;
    await link.click();
    await link.waitFor({ state: 'detached' });
    assert.equal(await other.get('.why').count(), 0);
    await other.leave();
});

test('a file that was taken away', async () => {
    const { attachment } = await send(ingo, 'removed.png', png(400, 300));

    site.sql(`delete from chat.attachments where id = ${attachment.id}; select chat.refresh_conversations(array[${id}])`);
    const other = await arrive(jana);

    await other.opens();
    await other.sees('.row .said', 'This file was removed.');
    await other.get('.row').click();
    await other.sees('.line', 'This file was removed.');
    await other.leave();
});

test('a hostile address is no link', async () => {
    const other = await arrive(jana, { prepare: page => page.route('**/messages/?**', async route => {
        const answer = await route.fetch();
        const body = await answer.json();

        for (const { attachment } of body.messages)
            if (attachment)
                attachment.url = ['javascript:alert(1)', 'https://other.example/x.png', '//other.example/attachments/1/x.png'][attachment.id % 3];
        await route.fulfill({ response: answer, json: body });
    }) });
    const asked = [];

    other.page.on('request', request => asked.push(new URL(request.url()).origin));
    await other.opensChurch(church);
    await other.get('.file').first().waitFor();
    const hrefs = await other.get('.line a').evaluateAll(all => all.map(one => one.getAttribute('href')).filter(href => href !== 'https://example.org/'));

    assert.ok(hrefs.some(href => href === null), 'those have none');
    for (const href of hrefs.filter(Boolean))
        assert.equal(href, '/api/attachments/1/x.png');
    await other.get('.file').first().click();
    assert.deepEqual(asked.filter(origin => origin !== site.url), []);
    await other.leave();
});

test('the inbox', async t => {
    const staff = await arriveInInbox();

    await t.test('shows the same', async () => {
        await picture(staff, 'wide.png').click();
        await viewer(staff).waitFor();
        assert.equal(await shown(staff), 'wide.png');
        assert.deepEqual(await findBarriers(staff.page), []);
        await staff.page.keyboard.press('?'); // a key of the inbox
        assert.equal(await staff.get('.preferences').count(), 0);
        await staff.page.keyboard.press('Escape');
        await viewer(staff).waitFor({ state: 'hidden' });
        assert.equal(await staff.get('.title').filter({ hasText: 'Jana' }).count(), 1, 'the conversation is open yet');
        assert.equal(await staff.get('.picture:focus').count(), 1);
    });
    await t.test('a picture that is removed goes with its message, also in full', async () => {
        const { id: message } = await send(jana, 'secret.png', png(50, 50));

        await picture(staff, 'secret.png').click();
        await viewer(staff).waitFor();
        await send(jana, 'later.png', png(50, 50)); // what comes meanwhile changes nothing
        await picture(staff, 'later.png').waitFor({ state: 'attached' });
        assert.equal(await shown(staff), 'secret.png');
        assert.match(await staff.get('.viewer .at').textContent(), /^(\d+) of (?!\1)\d+$/);
        assert.ok(message);
        site.sql(`delete from chat.church_staff where church_id = ${church}`);
        await viewer(staff).waitFor({ state: 'hidden', timeout: 60000 });
        assert.equal(await staff.get('.viewer img').count(), 0);
        await staff.misses('.picture');
    });
});

test('no page complains', () => {
    for (const { complaints } of visitors)
        assert.deepEqual(complaints, []);
});
