// What people expect of a conversation, in the widget and in the inbox: the day stays in sight, emoji, copying, drafts
// that outlive the tab, mail addresses.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch } from './lib/browser.mjs';
import { LOOKS, findBarriers, fits, look, takePicture } from './lib/page.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { Visitor, makePeople } from './lib/visitor.mjs';

const site = new Site('pages');
const { church, churchName, names: [ingo, jana, kurt] } = makePeople(site, 'Thread', ['ingo', 'jana', 'kurt']);
const visitors = [];
let browser, id, visitor, staff;

const post = (name, content) => site.ask(name, 'POST', `conversations/${id}/messages/`, { json: { content } });

async function arrive(name, options) {
    const one = await Visitor.arrive(browser, site, name, options);

    visitors.push(one);
    return one;
}

/** The staff's page; `get` and `sees` look into the inbox. */
class Staff extends Visitor {
    async goto(path) {
        await this.page.goto(`${this.site.url}${path}`);
        await this.page.getByRole('option').first().waitFor();
    }

    get(selector) {
        return this.page.locator(`chat-inbox ${selector}`);
    }
}

async function arriveAsStaff(name, options) {
    const one = await Staff.arrive(browser, site, name, { path: '/inbox.html', ...options });

    visitors.push(one);
    return one;
}

/** What the clipboard would have: noted down, as a browser without a screen has none for all its pages. */
function prepareClipboard({ isSecure }) {
    window.copied = [];
    Object.defineProperty(navigator, 'clipboard', { value: isSecure ? { writeText: async text => { window.copied.push(text); } } : undefined });
    const { setData } = DataTransfer.prototype;

    DataTransfer.prototype.setData = function (type, text) {
        window.copied.push(text);
        setData.call(this, type, text);
    };
}

const copied = page => page.evaluate(() => window.copied);
const value = one => one.get('textarea').inputValue();

test.before(async () => {
    browser = await launch();
    ({ conversation: { id } } = await site.ask(jana, 'POST', 'conversations/', { json: { church_id: church } }));
    for (let n = 1; n <= 45; n++)
        await post(n % 3 ? jana : ingo, `Message ${n}`);
    site.sql(`update chat.messages set created_at = created_at - interval '3 days' where conversation_id = ${id} and seq <= 30;
        update chat.messages set created_at = created_at - interval '4 days' where conversation_id = ${id} and seq <= 15`);
    await site.ask(jana, 'POST', `conversations/${id}/read/`);
    visitor = await arrive(jana, { prepare: page => page.addInitScript(prepareClipboard, { isSecure: true }) });
    await visitor.opensChurch(church);
});
test.after(() => browser?.close());

test('the day of what is in sight stays at the top', async () => {
    const days = visitor.get('.day');
    /** What is seen in the middle of the top edge. */
    const atTop = () => visitor.get('.scroller').evaluate(one => {
        const { left, width, top } = one.getBoundingClientRect();

        return one.getRootNode().elementFromPoint(left + width / 2, top + 10).closest('.day')?.textContent ?? null;
    });
    const labels = await days.allTextContents();

    assert.equal(labels.length, 3);
    assert.equal(await atTop(), 'Today');
    for (const [n, day] of [[20, labels[1]], [5, labels[0]], [40, 'Today']]) {
        await visitor.get('.bubble').getByText(`Message ${n}`, { exact: true }).evaluate(one => one.scrollIntoView({ block: 'start' }));
        await waitFor(async () => await atTop() === day);
        assert.equal(await atTop(), day);
    }
    assert.deepEqual(await findBarriers(visitor.page), []);
    await takePicture(visitor.page, 'thread-day');
});

test('emoji', async t => {
    const picker = visitor.page.getByRole('group', { name: 'Emoji' });
    const button = visitor.page.getByRole('button', { name: 'Emoji' });
    const requests = [];

    visitor.page.on('request', request => requests.push(request.url()));
    await t.test('come with the first click on the button, and are put where one writes', async () => {
        await visitor.get('textarea').fill('Thanks!');
        await visitor.get('textarea').press('Home');
        await button.click();
        await picker.waitFor();
        assert.equal(requests.filter(url => /emoji_picker\.js$/.test(url)).length, 1);
        assert.equal(await button.getAttribute('aria-expanded'), 'true');
        await picker.getByRole('button', { name: '🙏', exact: true }).click();
        assert.equal(await value(visitor), '🙏Thanks!');
    });
    await t.test('in the keyboard\'s hands', async () => {
        await visitor.page.keyboard.press('Home');
        await visitor.page.keyboard.press('ArrowRight');
        await visitor.page.keyboard.press('ArrowDown');
        await visitor.page.keyboard.press('Enter');
        const [, , , , , , , , , wanted] = await picker.getByRole('button').allTextContents();

        assert.equal(await value(visitor), `🙏${wanted}Thanks!`);
        assert.equal(await picker.locator('[tabindex="0"]').count(), 1, 'one place for Tab');
        await visitor.page.keyboard.press('Escape');
        await picker.waitFor({ state: 'detached' });
        await visitor.focuses('Write a message');
        assert.ok(await visitor.get('.panel').isVisible(), 'Escape closed no more than that');
    });
    await t.test('the button takes them away again, and so does going elsewhere', async () => {
        await button.click();
        await picker.waitFor();
        await button.click();
        await picker.waitFor({ state: 'detached' });
        await button.click();
        await picker.waitFor();
        await visitor.get('.scroller').focus();
        await picker.waitFor({ state: 'detached' });
        assert.equal(await button.getAttribute('aria-expanded'), 'false');
    });
    await t.test('everywhere they fit, and axe-core has nothing to say', async () => {
        for (const dir of ['ltr', 'rtl'])
            for (const [name, size] of LOOKS) {
                await visitor.page.evaluate(dir => { document.documentElement.dir = dir; }, dir);
                await look(visitor.page, size);
                await button.click();
                await picker.waitFor();
                assert.deepEqual(await findBarriers(visitor.page), [], `${name} ${dir}`);
                assert.ok(await fits(visitor.page));
                const [box, panel] = [await picker.boundingBox(), await visitor.get('.panel').boundingBox()];

                assert.ok(box.x >= panel.x && box.x + box.width <= panel.x + panel.width && box.y >= panel.y, `${name} ${dir}`);
                await takePicture(visitor.page, `thread-emoji-${name}-${dir}`);
                await visitor.page.keyboard.press('Escape');
            }
        await visitor.page.evaluate(() => { document.documentElement.dir = 'ltr'; });
        await look(visitor.page, LOOKS[4][1]);
    });
    await t.test('alone, a few are large', async () => {
        await visitor.writes('🙏🏽 ❤️');
        await visitor.writes('Three 🎉🎉🎉');
        await visitor.sees('.bubble.large', '🙏🏽 ❤️');
        await visitor.sees('.bubble:not(.large)', 'Three 🎉🎉🎉');
        const size = text => visitor.get('.bubble').filter({ hasText: text }).last().evaluate(one => parseFloat(getComputedStyle(one).fontSize));

        assert.ok(await waitFor(async () => await size('🙏🏽') > 2 * await size('Three'))); // one that is stored just now is another element
    });
    await t.test('a touch screen has its own', async () => {
        const context = await browser.newContext({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 },
            storageState: await visitor.context.storageState() });
        const page = await context.newPage();

        await page.goto(`${site.url}/widget.html`);
        await page.locator('.launcher').waitFor();
        await page.evaluate(church => document.querySelector('chat-widget').openConversation(church), church);
        await page.getByRole('textbox', { name: 'Write a message' }).waitFor({ timeout: 60000 });
        assert.equal(await page.getByRole('button', { name: 'Emoji' }).count(), 0);
        await context.close();
    });
});

test('copying', async t => {
    const tool = visitor.page.getByRole('button', { name: 'Copy the text' });
    const bubble = text => visitor.get('.bubble').getByText(text, { exact: true });

    await post(ingo, 'See <b>https://example.org/</b>\nor write to info@st-marys.example, please.');
    await visitor.sees('.bubble', 'info@st-marys.example');
    await t.test('with the mouse', async () => {
        await visitor.get('.bubble').filter({ hasText: 'See <b>' }).hover();
        await tool.click();
        await waitFor(async () => (await copied(visitor.page)).length === 1);
        assert.deepEqual(await copied(visitor.page), ['See <b>https://example.org/</b>\nor write to info@st-marys.example, please.']);
        await visitor.get('.copy .icon-check').waitFor();
        assert.match(await visitor.get('[role=log]').textContent(), /Copied $/);
        assert.deepEqual(await findBarriers(visitor.page), []);
        await takePicture(visitor.page, 'thread-copy');
    });
    await t.test('with keys: arrows go through the messages', async () => {
        await visitor.get('.scroller').focus();
        await visitor.page.keyboard.press('ArrowUp');
        await visitor.focuses('See <b>', 10);
        await visitor.page.keyboard.press('ArrowUp');
        await visitor.focuses('Three 🎉🎉🎉');
        await visitor.page.keyboard.press('ArrowUp');
        await visitor.page.keyboard.press('ArrowDown');
        await visitor.page.keyboard.press('Control+c');
        await waitFor(async () => (await copied(visitor.page)).at(-1) === 'Three 🎉🎉🎉');
        assert.equal((await copied(visitor.page)).at(-1), 'Three 🎉🎉🎉');
    });
    await t.test('what is selected is copied as ever', async () => {
        const before = (await copied(visitor.page)).length;

        await bubble('Message 45').evaluate(one => getSelection().selectAllChildren(one));
        await visitor.page.keyboard.press('Control+c');
        assert.ok((await copied(visitor.page)).slice(before).every(text => text !== 'Three 🎉🎉🎉'));
        await visitor.page.evaluate(() => getSelection().removeAllRanges());
    });
    await t.test('the message that has the focus keeps it while it changes', async () => {
        await visitor.get('.scroller').focus();
        await visitor.page.keyboard.press('ArrowUp');
        await visitor.page.keyboard.press('ArrowUp');
        await visitor.focuses('Three 🎉🎉🎉');
        await site.ask(ingo, 'POST', `conversations/${id}/read/`);
        await visitor.sees('.status.seen', 'Seen');
        await visitor.focuses('Three 🎉🎉🎉');
    });
    await t.test('on a page without TLS', async () => {
        const other = await arrive(jana, { prepare: page => page.addInitScript(prepareClipboard, { isSecure: false }) });

        await other.opensChurch(church);
        await other.get('.bubble').filter({ hasText: 'Three' }).hover();
        await other.page.getByRole('button', { name: 'Copy the text' }).click();
        await other.get('.copy .icon-check').waitFor();
        assert.equal((await copied(other.page)).at(-1), 'Three 🎉🎉🎉');
        await other.leave();
    });
});

test('a mail address is a link', async () => {
    const link = visitor.get('.bubble a').filter({ hasText: 'info@' });

    assert.equal(await link.getAttribute('href'), 'mailto:info@st-marys.example');
    assert.equal(await link.getAttribute('target'), null);
});

test('drafts', async t => {
    await t.test('outlive the tab, and stand in the list', async () => {
        await visitor.get('textarea').fill('Half a sentence');
        await waitFor(() => visitor.page.evaluate(() => Object.values(localStorage).join().includes('Half a sentence')));
        const page = await visitor.context.newPage();

        await page.goto(`${site.url}/widget.html`);
        await page.locator('.launcher').click();
        await page.locator('.row .said').filter({ hasText: 'Draft: Half a sentence' }).waitFor();
        assert.deepEqual(await findBarriers(page), []);
        await takePicture(page, 'thread-draft');
        await page.locator('.row').click();
        const text = page.getByRole('textbox', { name: 'Write a message' });

        assert.ok(await waitFor(async () => await text.inputValue() === 'Half a sentence', 20));
        await text.fill('Half a sentence more');
        assert.ok(await waitFor(async () => await value(visitor) === 'Half a sentence more', 20), 'and are the same in each tab');
        await text.press('Enter');
        await page.locator('.bubble').filter({ hasText: 'Half a sentence more' }).waitFor();
        assert.ok(await waitFor(async () => await value(visitor) === '', 20), 'until they are sent');
        await page.getByRole('button', { name: 'Back to the list' }).click();
        await page.locator('.row .said').filter({ hasText: 'You: Half a sentence more' }).waitFor();
        await post(ingo, 'And a whole one.');
        await page.locator('.row .said').filter({ hasText: /^And a whole one\.$/ }).waitFor(); // who said it, the row says
        await page.close();
    });
    await t.test('in the inbox as well', async () => {
        staff = await arriveAsStaff(ingo);
        const row = staff.page.getByRole('option').filter({ hasText: 'Jana Archer' });

        await site.ask(kurt, 'POST', 'conversations/', { json: { church_id: church } });
        const { conversation } = await site.ask(kurt, 'POST', 'conversations/', { json: { church_id: church } });

        await site.ask(kurt, 'POST', `conversations/${conversation.id}/messages/`, { json: { content: 'Me too' } });
        await row.click();
        await staff.get('textarea').fill('An answer that is not');
        await staff.page.getByRole('option').filter({ hasText: 'Kurt Archer' }).click();
        await row.filter({ hasText: 'Draft: An answer that is not' }).waitFor();
        assert.equal(await value(staff), '');
        assert.deepEqual(await findBarriers(staff.page), []);
        await row.click();
        assert.equal(await value(staff), 'An answer that is not');
        await staff.page.reload();
        await row.filter({ hasText: 'Draft: An answer that is not' }).or(staff.get('.title').filter({ hasText: 'Jana' })).first().waitFor();
        await row.click();
        assert.ok(await waitFor(async () => await value(staff) === 'An answer that is not', 20));
    });
    await t.test('nothing stays behind for others when nobody is signed in', async () => {
        await visitor.get('textarea').fill('Between you and me');
        await waitFor(() => visitor.page.evaluate(() => Object.values(localStorage).join().includes('Between you and me')));
        await visitor.context.clearCookies();
        await visitor.goto('/widget.html');
        assert.ok(await waitFor(() => visitor.page.evaluate(() => !Object.values(localStorage).join().includes('Between you and me')), 20));
        const other = await visitor.context.newPage();

        await other.goto(`${site.url}/widget.html`);
        await other.locator('.launcher').waitFor();
        assert.ok(!await other.evaluate(() => [...Object.values(localStorage), ...Object.values(sessionStorage)].join().includes('Between')));
        await other.close();
    });
});

test('no page complains', () => {
    for (const { complaints } of visitors)
        assert.deepEqual(complaints, []);
});
