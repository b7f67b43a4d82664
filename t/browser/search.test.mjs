// The search of messages in the inbox and in the widget, with the keyboard and without; and a conversation that is opened in
// its middle: paging both ways, what comes meanwhile, the way to the newest and back to what was found.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch } from './lib/browser.mjs';
import { findBarriers, fits, look, takePicture } from './lib/page.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { Visitor, makePeople } from './lib/visitor.mjs';

const COUNT = 300;
const FOUND = 120; // the number of the message that tests open
const HOSTILE = 'lanterns <img src=x onerror=window.pwned=1> &lt;mark&gt; & "more"';
const site = new Site('pages');
const { church, churchName, names: [sina, milo, nora] } = makePeople(site, 'Search', ['sina', 'milo', 'nora']);
const visitors = [];
let browser, staff, member, long, short;

const post = (name, id, content) => site.ask(name, 'POST', `conversations/${id}/messages/`, { json: { content } });
const unreadOf = id => Number(site.sql(`select church_unread from chat.conversations where id = ${id}`));
const idOf = n => Number(site.sql(`select id from chat.messages where conversation_id = ${long} and seq = ${n}`));

/** Until all that was written can be found; whoever adds words does so once. */
async function indexed() {
    const missing = () => {
        site.sql(`select outcome from chat.index_messages('simple', '-infinity', 500)`);
        return Number(site.sql(`select count(*) from chat.messages m where m.conversation_id in (${long}, ${short})
            and not exists (select from chat.message_words w where w.conversation_id = m.conversation_id and w.id = m.id)`));
    };

    assert.ok(await waitFor(() => missing() === 0, 30), 'the messages are indexed');
}

async function open(name) {
    return (await site.ask(name, 'POST', 'conversations/', { json: { church_id: church } })).conversation.id;
}

class Searcher extends Visitor {
    get hits() {
        return this.get('.hit');
    }

    get marked() {
        return this.get('.line[aria-current] .bubble');
    }

    async searches(words) {
        await this.page.getByRole('searchbox').fill(words);
    }

    /** Until the results are these many, or more of them. */
    async finds(n, text = '') {
        await waitFor(async () => await this.hits.filter({ hasText: text }).count() >= n, 30);
        assert.ok(await this.hits.filter({ hasText: text }).count() >= n, `${n} results with “${text}”: ${await this.hits.allTextContents()}`);
    }

    /** Until this message is marked, in sight, and has the focus. */
    async isAt(text) {
        await this.marked.filter({ hasText: text }).waitFor();
        const where = () => this.get('.line[aria-current]').evaluate(line => {
            const box = line.getBoundingClientRect();
            const view = line.closest('.scroller').getBoundingClientRect();

            return { off: (box.top + box.bottom) / 2 - (view.top + view.bottom) / 2, hasFocus: line.getRootNode().activeElement === line };
        });

        await waitFor(async () => Math.abs((await where()).off) < 30, 10);
        const { off, hasFocus } = await where();

        assert.ok(Math.abs(off) < 30, `it is ${off} px off the middle`);
        return hasFocus;
    }

    /** The numbers of the messages that are shown. */
    async numbers() {
        return (await this.bubbles()).map(text => /^Message (\d+) /.exec(text)).filter(Boolean).map(([, n]) => Number(n));
    }

    /** Scrolls until there is this message. */
    async scrollsTo(n, edge) {
        await waitFor(async () => {
            await this.get('.scroller').evaluate((one, edge) => { one.scrollTop = edge === 'top' ? 0 : one.scrollHeight; }, edge);
            return (await this.numbers()).includes(n);
        }, 30);
        assert.ok((await this.numbers()).includes(n), `message ${n} is there`);
    }

    /** Until the newest is in sight. */
    async isAtEnd() {
        const below_px = () => this.get('.scroller').evaluate(one => one.scrollHeight - one.scrollTop - one.clientHeight);

        await waitFor(async () => await below_px() < 30, 10);
        assert.ok(await below_px() < 30, `${await below_px()} px are below`);
        await this.get('.newest').waitFor({ state: 'hidden' });
    }

    hash() {
        return this.page.evaluate(() => location.hash);
    }
}

async function arrive(name, options = {}) {
    const one = await Searcher.arrive(browser, site, name, options);

    visitors.push(one);
    return one;
}

const arriveAtInbox = (name, options) => arrive(name, { path: '/inbox.html', element: 'chat-inbox', ...options });
const isGapless = numbers => numbers.every((n, i) => i === 0 || n === numbers[i - 1] + 1);

test.before(async () => {
    browser = await launch();
    [long, short] = [await open(milo), await open(nora)];
    site.sql(`do $$ begin
        for n in 1 .. ${COUNT} loop
            perform chat.send_message(u.id, ${long}, format('Message %s of ${COUNT}%s%s', n, case when n = ${FOUND} then ', the lantern' end,
                case when n % 6 = 0 then ' by candlelight' end))
            from chat.users u where u.username = case when n % 4 = 0 then '${sina}' else '${milo}' end;
        end loop;
    end $$`);
    await post(nora, short, HOSTILE);
    await site.ask(sina, 'POST', `conversations/${long}/read/`);
    await site.ask(milo, 'POST', `conversations/${long}/read/`);
    await indexed();
    [staff, member] = await Promise.all([arriveAtInbox(sina), arrive(milo)]);
});
test.after(() => browser?.close());

test('names and messages, with the keyboard alone', async t => {
    const { page } = staff;

    await staff.sees('.row', 'Milo');
    await t.test('/ leads to the search', async () => {
        await page.keyboard.press('/');
        await staff.focuses('Search names and messages');
        await page.keyboard.type('mil');
        await staff.sees('.section', 'Conversations');
        await staff.sees('.row', 'Milo Archer');
        await staff.sees('.found .empty', 'No message has these words');
        await staff.get('.found [role=status]').filter({ hasText: 'No message has these words' }).waitFor({ state: 'attached' });
    });
    await t.test('a message is found by the beginning of a word, with its sender, its time and what is around it', async () => {
        await page.keyboard.press('ControlOrMeta+a');
        await page.keyboard.type('lante');
        await staff.finds(2);
        const hit = staff.hits.filter({ hasText: `Message ${FOUND} of` });

        assert.equal(await hit.locator('mark').textContent(), 'lante');
        assert.equal(await hit.locator('.name').textContent(), 'Milo Archer');
        assert.match(await hit.locator('.by').textContent(), /^You:/);
        assert.match(await hit.locator('time').textContent(), /\d/);
        await staff.get('.found [role=status]').filter({ hasText: '2 messages found' }).waitFor({ state: 'attached' });
    });
    await t.test('what people write is text, whatever it looks like', async () => {
        const snippet = staff.hits.first().locator('.snippet');

        assert.ok((await snippet.textContent()).includes(HOSTILE), await snippet.textContent());
        assert.deepEqual(await snippet.locator('*').evaluateAll(all => all.map(one => one.localName)), ['mark']);
        assert.equal(await page.evaluate(() => window.pwned), undefined);
        await takePicture(page, 'search-inbox');
        assert.deepEqual(await findBarriers(page), []);
    });
    await t.test('Enter leads to the results, arrows through them, Enter opens at the message', async () => {
        await page.keyboard.press('Enter');
        await staff.focuses('Nora');
        await page.keyboard.press('ArrowDown');
        await staff.focuses('Milo');
        assert.equal(await staff.get('.hit[tabindex="0"]').count(), 1, 'one place for Tab');
        await page.keyboard.press('Enter');
        assert.ok(await staff.isAt(`Message ${FOUND} of`), 'which has the focus');
        assert.equal(await staff.get('.hit[aria-current]').count(), 1);
        assert.equal(await staff.hash(), `#/conversations/${long}/messages/${idOf(FOUND)}`);
    });
    await t.test('Escape leads back to the result, to the words, and takes them away', async () => {
        await page.keyboard.press('Escape');
        await staff.focuses('Milo');
        await page.keyboard.press('ArrowUp');
        await page.keyboard.press('ArrowUp');
        await staff.focuses('Search names and messages');
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Escape');
        await staff.focuses('Search names and messages');
        assert.equal(await page.getByRole('searchbox').inputValue(), 'lante');
        await page.keyboard.press('Escape');
        assert.equal(await page.getByRole('searchbox').inputValue(), '');
        await staff.misses('.found');
        await staff.sees('.row', 'Nora');
    });
});

test('in the middle of a long conversation', async t => {
    const { page } = staff;

    await t.test('the key for copying copies what is there', async () => {
        const copied = page.evaluate(() => new Promise(resolve => document.addEventListener('copy', event =>
            resolve(event.clipboardData.getData('text/plain')), { once: true })));

        await staff.get('.line[aria-current]').focus();
        await page.keyboard.press('Control+c');
        assert.match(await copied, /the lantern/);
    });
    await t.test('what comes meanwhile is told, is not put after what is shown, and is not read', async () => {
        await post(milo, long, 'Message 301 has just come');
        await staff.sees('.newest', '1 new message');
        const numbers = await staff.numbers();

        assert.ok(isGapless(numbers) && numbers.at(-1) < 200, String(numbers));
        assert.equal(unreadOf(long), 1);
        assert.equal(await staff.get('.status').count(), 0, 'what the newest of one\'s own became is not told of one in the middle');
    });
    await t.test('up to the beginning, and what one looks at does not move', async () => {
        await staff.scrollsTo(1, 'top');
        await staff.sees('.top', 'This is where the conversation begins');
    });
    await t.test('and down to the newest, without a gap', async () => {
        await staff.scrollsTo(301, 'bottom');
        const numbers = await staff.numbers();

        assert.deepEqual([numbers[0], numbers.at(-1), numbers.length, isGapless(numbers)], [1, 301, 301, true]);
    });
    await t.test('where it is read, and the line is before the first that was not', async () => {
        await waitFor(async () => {
            await staff.get('.scroller').evaluate(one => { one.scrollTop = one.scrollHeight; });
            return unreadOf(long) === 0;
        }, 20);
        assert.equal(unreadOf(long), 0);
        assert.ok(await staff.get('.newest').isHidden());
    });
    await t.test('what comes now is put at the end', async () => {
        await post(milo, long, 'Message 302 comes to the end');
        await staff.sees('.bubble', 'Message 302 comes');
        assert.ok(isGapless(await staff.numbers()));
    });
    await t.test('a reload keeps the message, Back leads to where one was', async () => {
        await page.reload();
        await staff.isAt(`Message ${FOUND} of`);
        await staff.get('.row').filter({ hasText: 'Nora' }).click();
        await staff.sees('.title', 'Nora');
        await page.goBack();
        await staff.isAt(`Message ${FOUND} of`);
    });
    await t.test('a button leads to the newest', async () => {
        await staff.get('.newest').click();
        await staff.sees('.bubble', 'Message 302 comes');
        await waitFor(async () => !(await staff.numbers()).includes(FOUND), 10);
        const numbers = await staff.numbers();

        assert.ok(isGapless(numbers) && numbers[0] > FOUND && numbers.at(-1) === 302, String(numbers));
        assert.equal(await staff.marked.count(), 0);
        assert.equal(await staff.hash(), `#/conversations/${long}`);
    });
    await t.test('who writes is at the newest as well', async () => {
        await page.evaluate(([id, at]) => { location.hash = `#/conversations/${id}/messages/${at}`; }, [long, idOf(60)]);
        await staff.isAt('Message 60 of');
        await staff.writes('Message 303 is an answer');
        await staff.sees('.bubble', 'Message 303 is');
        await waitFor(async () => !(await staff.numbers()).includes(60), 10);
        assert.ok(isGapless(await staff.numbers()), String(await staff.numbers()));
    });
    await t.test('a message that was deleted is told, and the newest is shown', async () => {
        const id = idOf(50);

        site.sql(`delete from chat.messages where id = ${id}`);
        await page.evaluate(([id, at]) => { location.hash = `#/conversations/${id}/messages/${at}`; }, [long, id]);
        await staff.sees('.notice', 'This message is not there any more.');
        await staff.sees('.bubble', 'Message 303 is');
        await staff.isAtEnd();
    });
    await t.test('and where it was among the newest: which go on as ever', async () => {
        await post(milo, long, 'One that will be deleted');
        await staff.sees('.bubble', 'One that will be deleted');
        const id = site.sql(`delete from chat.messages where conversation_id = ${long} and content = 'One that will be deleted' returning id`);

        await page.evaluate(([id, at]) => { location.hash = `#/conversations/${id}/messages/${at}`; }, [long, Number.parseInt(id)]);
        await page.reload();
        await staff.sees('.notice', 'This message is not there any more.');
        await staff.isAtEnd();
        await post(milo, long, 'Message 304 is followed');
        await staff.sees('.bubble', 'Message 304 is followed');
        await staff.isAtEnd();
        await waitFor(() => unreadOf(long) === 0, 20);
        assert.equal(unreadOf(long), 0, 'it was read');
        await staff.scrollsTo(200, 'top');
    });
    await t.test('a conversation that could not be loaded at first is, with another message of it', async () => {
        await page.route(/\/messages\/\?/, route => route.fulfill({
            status: 503, headers: { 'Content-Type': 'application/problem+json' }, body: JSON.stringify({ status: 503, code: 'busy', detail: 'Busy.' }),
        }));
        await page.reload();
        await staff.sees('.thread .notice', 'busy');
        await page.unroute(/\/messages\/\?/);
        await page.evaluate(([id, at]) => { location.hash = `#/conversations/${id}/messages/${at}`; }, [long, idOf(230)]);
        await staff.isAt('Message 230 of');
        await staff.scrollsTo(304, 'bottom');
        await staff.isAtEnd();
    });
});

test('what a search may run into', async t => {
    const { page } = staff;
    const path = /\/api\/conversations\/search\//;
    const empty = { results: [], next: null, up_to_date: true };

    await t.test('an answer that is slow, and one that overtakes it', async () => {
        let release;
        const held = new Promise(resolve => { release = resolve; });

        await page.route(path, async (route, request) => {
            if (/q=lante/.test(request.url()))
                await held;
            await route.continue().catch(() => {}); // it was aborted
        });
        await staff.searches('lante');
        await staff.sees('.section .spinner', '');
        await staff.searches('candlelight');
        await staff.finds(20, 'candlelight');
        release();
        await page.unroute(path);
        assert.equal(await staff.hits.filter({ hasText: 'lantern' }).count(), await staff.hits.filter({ hasText: `Message ${FOUND} of` }).count());
        assert.ok(await staff.get('.section .spinner').isHidden());
    });
    await t.test('further pages come as one scrolls', async () => {
        const all = Math.floor(COUNT / 6);

        await waitFor(async () => {
            await staff.hits.last().scrollIntoViewIfNeeded();
            return await staff.hits.count() === all;
        }, 30);
        assert.equal(await staff.hits.count(), all);
        await staff.get('.found .more').waitFor({ state: 'hidden' });
    });
    await t.test('a server that asks to wait is waited for', async () => {
        let refused = 0;

        await page.evaluate(() => { // it is on the screen for a second only
            const { shadowRoot } = document.querySelector('chat-inbox');

            window.told = [];
            new MutationObserver(() => window.told.push(shadowRoot.querySelector('.found .empty:not([hidden])')?.textContent))
                .observe(shadowRoot, { subtree: true, childList: true, attributes: true });
        });
        await page.route(path, route => refused++ ? route.continue() : route.fulfill({
            status: 429, headers: { 'Retry-After': '1', 'Content-Type': 'application/problem+json' },
            body: JSON.stringify({ status: 429, code: 'rate_limited', detail: 'Later.' }),
        }));
        await staff.searches('lanterns');
        await page.waitForFunction(() => window.told.some(text => text?.includes('That was a lot at once.')));
        await staff.finds(1, 'lanterns');
        await staff.misses('.found .empty');
        assert.equal(refused, 2);
        await page.unroute(path);
    });
    await t.test('an index that is behind', async () => {
        await page.route(path, route => route.fulfill({ json: { ...empty, up_to_date: false } }));
        await staff.searches('nothing');
        await staff.sees('.late', 'The newest messages may be missing.');
        await staff.sees('.found .empty', 'No message has these words');
        await page.unroute(path);
    });
    await t.test('no connection, and it is back', async () => {
        await staff.context.setOffline(true);
        await staff.searches('lant');
        await staff.sees('.found .empty', 'The server cannot be reached.');
        await staff.context.setOffline(false);
        await staff.finds(2);
    });
    await t.test('who writes while the message that was opened is on its way, goes on writing', async () => {
        let release;
        const held = new Promise(resolve => { release = resolve; });
        const messages = /\/messages\/\?/;

        await page.route(messages, async route => {
            await held;
            await route.continue();
        });
        await staff.hits.filter({ hasText: `Message ${FOUND} of` }).click();
        await staff.get('textarea').click();
        await page.keyboard.type('I am ');
        release();
        assert.equal(await staff.isAt(`Message ${FOUND} of`), false);
        await page.keyboard.type('writing');
        assert.equal(await staff.get('textarea').inputValue(), 'I am writing');
        await page.unroute(messages);
        await staff.get('textarea').fill('');
    });
});

test('only in the conversation that is open', async () => {
    const { page } = staff;

    await staff.get('.row').or(staff.hits).first().waitFor();
    await staff.searches('');
    await staff.get('.row').filter({ hasText: 'Milo' }).click();
    await page.getByRole('button', { name: 'Search in this conversation' }).click();
    await staff.sees('.scope', 'With Milo Archer');
    await page.keyboard.type('lante');
    await staff.finds(1);
    await waitFor(async () => await staff.hits.count() === 1, 10);
    assert.equal(await staff.hits.count(), 1);
    assert.equal(await staff.get('.row').count(), 0, 'names are none of it');
    await staff.get('.scope').click();
    await staff.finds(2);
    await staff.focuses('Search names and messages');
});

test('Ctrl and F are the browser\'s, and it is said what they find', async () => {
    const { page } = staff;

    await staff.searches('');
    await page.evaluate(() => addEventListener('keydown', event => { window.pressed = event; }));
    await staff.get('textarea').focus();
    await page.keyboard.press('Control+f');
    await staff.sees('.find-hint', 'Ctrl+F finds only the messages that are loaded here.');
    assert.deepEqual(await page.evaluate(() => [window.pressed.key, window.pressed.defaultPrevented]), ['f', false]);
    await page.getByRole('button', { name: 'Search all messages' }).click();
    await staff.focuses('Search names and messages');
    await staff.misses('.find-hint');
    await staff.sees('.scope', 'With Milo Archer');
    await staff.get('textarea').focus();
    await page.keyboard.press('Control+f');
    await staff.get('.find-hint').getByRole('button', { name: 'Close this notice' }).click();
    await staff.get('textarea').focus();
    await page.keyboard.press('Control+f');
    assert.ok(await staff.get('.find-hint').isHidden(), 'who has dismissed it is left alone');
    await staff.get('.scope').click();
});

test('the inbox at 320 px', async t => {
    const { page } = staff;

    await look(page, { width: 320, height: 568, colorScheme: 'light' });
    await page.getByRole('button', { name: 'Back to the list' }).click();
    await staff.searches('candlelight');
    await staff.finds(20);
    const hit = staff.hits.filter({ hasText: 'Message 222 of' });

    await waitFor(async () => { // further pages come as one scrolls
        await staff.hits.last().scrollIntoViewIfNeeded();
        return await hit.count() > 0;
    }, 20);
    await hit.click();
    await staff.isAt('Message 222 of');
    await t.test('all is on the screen', async () => {
        assert.ok(await fits(page));
        assert.deepEqual(await findBarriers(page), []);
    });
    await t.test('Back leads to the results as they were', async () => {
        await page.getByRole('button', { name: 'Back to the list' }).click();
        await staff.focuses('Milo');
        assert.equal(await page.getByRole('searchbox').inputValue(), 'candlelight');
        await waitFor(() => hit.evaluate(one => one === one.getRootNode().activeElement), 10);
        assert.ok(await hit.evaluate(one => one === one.getRootNode().activeElement));
        await look(page, { width: 320, height: 568, colorScheme: 'dark' });
        assert.ok(await fits(page));
        assert.deepEqual(await findBarriers(page), []);
        await takePicture(page, 'search-inbox-320');
    });
});

test('a member\'s widget', async t => {
    const { page } = member;

    await member.opens();
    await member.sees('.row', churchName);
    await t.test('has a search beside its list, loaded when it is wanted', async () => {
        const requests = [];

        page.on('request', request => requests.push(new URL(request.url()).pathname));
        await page.getByRole('button', { name: 'Search messages' }).click();
        await member.focuses('Search messages');
        assert.equal(requests.filter(one => /search_view\.js$/.test(one)).length, 1);
        await member.sees('.searching .empty', 'All words must be in a message');
    });
    await t.test('finds what was said to oneself, and to nobody else', async () => {
        await page.keyboard.type('lante');
        await member.finds(1);
        await page.waitForFunction(() => document.querySelector('chat-widget').shadowRoot.querySelector('.found [role=status]').textContent);
        assert.equal(await member.hits.count(), 1, 'not what Nora has written');
        assert.deepEqual(await findBarriers(page), []);
        await takePicture(page, 'search-widget');
    });
    await t.test('does not go through pages of another role by itself, and says that there are more', async () => {
        const path = /\/api\/conversations\/search\//;
        const more = page.getByRole('button', { name: 'Show more messages' });
        const frames = () => page.evaluate(() => new Promise(resolve => // in which it is seen that the button is in sight
            requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))))));
        let asked = 0;

        await page.route(path, route => route.fulfill({
            json: { results: [], next: ++asked < 40 ? `/api/conversations/search/?q=elsewhere&page=${asked}` : null, up_to_date: true },
        }));
        await member.searches('elsewhere');
        for (const n of [5, 10]) {
            await waitFor(() => asked >= n, 30);
            await member.sees('.found .empty', 'No message with these words so far');
            await more.waitFor();
            await frames();
            assert.equal(asked, n);
            await more.press('Enter');
        }
        await waitFor(() => asked === 15, 30);
        await member.focuses('Show more messages');
        assert.deepEqual(await findBarriers(page), []);
        await page.unroute(path);
        await member.searches('lante');
        await member.finds(1);
    });
    await t.test('opens at the message with the keyboard', async () => {
        await page.keyboard.press('ArrowDown');
        await member.focuses(churchName);
        await page.keyboard.press('Enter');
        assert.ok(await member.isAt(`Message ${FOUND} of`));
    });
    await t.test('and keeps what came meanwhile for the end', async () => {
        await post(sina, long, 'Message 305 for the member');
        await member.sees('.newest', '1 new message');
        assert.ok((await member.numbers()).at(-1) < 200);
        await member.scrollsTo(305, 'bottom');
        assert.ok(isGapless((await member.numbers()).filter(n => n !== 50)), String(await member.numbers()));
    });
    await t.test('Back leads to the result, Escape to the words, which it takes away, and to the list', async () => {
        await page.getByRole('button', { name: 'Back to the list' }).click();
        await member.focuses(churchName);
        assert.equal(await page.getByRole('searchbox').inputValue(), 'lante');
        await page.keyboard.press('Escape');
        await member.focuses('Search messages');
        await page.keyboard.press('Escape');
        assert.equal(await page.getByRole('searchbox').inputValue(), '');
        await page.keyboard.press('Escape');
        await member.sees('.row', churchName);
        assert.ok(await member.get('.panel').isVisible(), 'Escape closed no more than that');
    });
    await t.test('searches the conversation that is shown, by its button and by what is said of Ctrl and F', async () => {
        await member.get('.row').click();
        await member.sees('.bubble', 'Message 305');
        await member.get('textarea').press('Control+f');
        await member.sees('.find-hint', 'Ctrl+F finds only');
        await member.get('.find-hint').getByRole('button', { name: 'Search all messages' }).click();
        await member.focuses('Search messages');
        await member.sees('.scope', `With ${churchName}`);
        await page.keyboard.type('candlelight');
        await member.finds(20);
        await page.keyboard.press('Escape');
        await page.keyboard.press('Escape');
        await member.sees('.bubble', 'Message 305');
    });
    await t.test('at 320 px, from right to left', async () => {
        await look(page, { width: 320, height: 568, colorScheme: 'dark' });
        await page.evaluate(() => { document.documentElement.dir = 'rtl'; });
        await page.getByRole('button', { name: 'Search in this conversation' }).click();
        await member.searches('candlelight');
        await member.finds(20);
        assert.ok(await fits(page));
        assert.deepEqual(await findBarriers(page), []);
        await takePicture(page, 'search-widget-320');
        await member.hits.nth(3).click();
        await member.isAt('by candlelight');
        assert.ok(await fits(page));
        await page.reload();
    });
});

test('in German', async t => {
    let socket;
    const one = await arriveAtInbox(sina, { path: '/inbox.html?lang=de', prepare: page => page.routeWebSocket(/\/ws\//, ws => {
        socket = ws;
        ws.connectToServer();
    }) });

    await one.page.getByRole('searchbox', { name: 'Namen und Nachrichten suchen' }).fill('lanterns');
    await one.finds(1);
    await one.sees('.section', 'Nachrichten');
    await t.test('a server that is set back while a message is on its way: the newest', async () => {
        const messages = /\/messages\/\?limit=25&/;
        const asked = [];

        await one.searches('');
        await one.get('.row').filter({ hasText: 'Milo' }).click();
        await one.sees('.bubble', 'Message 305');
        await one.page.route(messages, route => asked.push(route));
        await one.page.evaluate(([id, at]) => { location.hash = `#/conversations/${id}/messages/${at}`; }, [long, idOf(60)]);
        await waitFor(() => asked.length === 2, 30);
        socket.send(JSON.stringify({ type: 'resync', epoch: 'another' }));
        await one.sees('.bubble', 'Message 305');
        await Promise.all(asked.map(route => route.continue()));
        await one.isAtEnd();
        assert.equal(await one.marked.count(), 0);
    });
    await one.leave();
});

test('no page complains', () => assert.deepEqual(visitors.flatMap(({ complaints }) => complaints), []));
