// <chat-widget> in Chromium over the real server: two people talk, and each sees what a person would.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch } from './lib/browser.mjs';
import { LOOKS, findBarriers, fits, look, takePicture } from './lib/page.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { Visitor, makePeople } from './lib/visitor.mjs';

const site = new Site('pages');
const { church, churchName, names: [carolName, aliceName, bobName, erinName, finnName] } =
    makePeople(site, 'Widget', ['carol', 'alice', 'bob', 'erin', 'finn']);
const visitors = [];
let browser, alice, carol, id;

const post = (name, content, conversation = id) =>
    site.ask(name, 'POST', `conversations/${conversation}/messages/`, { json: { content } });

async function arrive(name, options) {
    const visitor = await Visitor.arrive(browser, site, name, options);

    visitors.push(visitor);
    return visitor;
}

test.before(async () => {
    browser = await launch();
    ({ conversation: { id } } = await site.ask(aliceName, 'POST', 'conversations/', { json: { church_id: church } }));
    await post(carolName, 'Welcome!');
    alice = await arrive(aliceName);
    carol = await arrive(carolName, { path: '/inbox.html', element: 'chat-inbox' });
});
test.after(() => browser?.close());

test('the launcher', async t => {
    const requests = [];
    const page = await alice.context.newPage();

    page.on('request', request => requests.push(new URL(request.url()).pathname));
    await page.goto(`${site.url}/widget.html`);
    const launcher = page.locator('.launcher');

    await t.test('tells how much is unread', async () => {
        await page.locator('.badge:visible').waitFor();
        assert.equal(await page.locator('.badge').textContent(), '1');
        assert.equal(await launcher.getAttribute('aria-label'), 'Open messages, 1 unread message');
        assert.equal(await launcher.getAttribute('aria-expanded'), 'false');
    });
    await t.test('the rest is fetched when the page is idle, and connects at the first use', async () => {
        const isOfPanel = path => /panel\.js$/.test(path);

        assert.ok(await waitFor(() => requests.some(isOfPanel)));
        assert.ok(requests.includes('/api/conversations/unread/'));
        assert.deepEqual(requests.filter(path => /conversations\/$/.test(path)), []);
        await launcher.click();
        await page.locator('.row').waitFor();
        assert.equal(requests.filter(isOfPanel).length, 1);
    });
    await page.close();
});

test('two people talk', async t => {
    await t.test('the page\'s button opens the conversation', async () => {
        await alice.opensChurch(church);
        assert.equal(await alice.get('h2').textContent(), churchName);
        await alice.sees('.bubble', 'Welcome!');
        await alice.focuses('Write a message');
    });
    await t.test('what is read is not unread any more', async () => {
        await waitFor(async () => await alice.page.evaluate(() => document.querySelector('chat-widget').unreadCount) === 0);
        assert.deepEqual((await alice.heard('chat-unread')).map(({ count }) => count), [1, 0]);
    });
    await t.test('the other side\'s list has it, and opens it', async () => {
        await carol.get(`.row[data-id="${id}"]`).click();
        await carol.sees('.bubble', 'Welcome!');
        assert.equal(await carol.get('.title').textContent(), 'Alice Archer');
    });
    await t.test('both see typing', async () => {
        // At once, as it ends by itself.
        await Promise.all([alice.get('textarea').pressSequentially('Good mor'), carol.sees('.typing', 'Alice Archer is typing…')]);
        await Promise.all([carol.get('textarea').pressSequentially('Yes'), alice.sees('.typing', `${churchName} is typing…`)]);
        await carol.get('textarea').fill('');
        await alice.misses('.typing');
    });
    await t.test('a message is there at once, and seen when it was seen', async () => {
        await alice.writes('Good morning!');
        await alice.sees('.line.own .bubble', 'Good morning!');
        assert.equal(await alice.get('textarea').inputValue(), '');
        await carol.sees('.line.theirs .bubble', 'Good morning!');
        await carol.misses('.typing');
        await alice.sees('.status.seen', 'Seen');
    });
    await t.test('what comes while one looks elsewhere is counted', async () => {
        await alice.get('header .tool').first().click();
        await alice.get('.row').first().waitFor();
        await carol.writes('Shall we see you on Sunday?');
        await alice.sees('.row.is-unread .pill', '1');
        await alice.sees('.row .said', 'Shall we see you on Sunday?');
        await alice.focuses(churchName); // the row it came from, though rows moved
        await carol.sees('.status.sent', 'Sent');
        await alice.page.keyboard.press('Escape');
        await alice.misses('.panel');
        await alice.sees('.badge', '1');
        assert.equal(await alice.get('.launcher').getAttribute('aria-label'), 'Open messages, 1 unread message');
        await alice.opens();
        await alice.get(`.row[data-id="${id}"]`).click();
        await alice.sees('.day.unread', '1 new message');
        await carol.sees('.status.seen', 'Seen');
        await alice.misses('.badge');
    });
    await t.test('those who listen hear what comes', async () => {
        await carol.writes('At six, every week.');
        await alice.sees('.bubble', 'At six, every week.');
        assert.match(await alice.get('[role=log]').textContent(), /St. Widget’s Church: At six, every week\./);
    });
    await t.test('the page is told', async () => {
        const messages = await alice.heard('chat-message');

        assert.deepEqual(messages.map(({ message }) => message.content).slice(-3),
            ['Good morning!', 'Shall we see you on Sunday?', 'At six, every week.']);
        assert.equal(messages.at(-1).conversation.id, id);
        assert.deepEqual((await alice.heard('chat-open')).length, 2);
        assert.ok((await alice.heard('chat-state')).some(({ state }) => state === 'online'));
    });
    await t.test('groups: what one says at once stands together', async () => {
        await carol.writes('The choir sings Byrd.');
        await carol.writes('Come early!');
        await alice.sees('.line.last .bubble', 'Come early!');
        assert.equal(await alice.get('.line.theirs.first').last().locator('.bubble').textContent(), 'Shall we see you on Sunday?');
    });
});

test('what people type is text', async t => {
    const harm = '<img src=x onerror="window.harm=1"> <b>bold</b> javascript:alert(1)';

    await t.test('and never HTML', async () => {
        await carol.writes(harm);
        await alice.sees('.bubble', harm);
        assert.equal(await alice.get('.bubble img, .bubble b').count(), 0);
        assert.equal(await alice.page.evaluate(() => window.harm), undefined);
    });
    await t.test('links of the web can be followed', async () => {
        await carol.writes('See https://example.org/a?b=1&c=(2), or www.example.com!');
        await alice.sees('.bubble', 'See https');
        const links = alice.get('.bubble').filter({ hasText: 'See https' }).locator('a');

        assert.deepEqual(await links.evaluateAll(all => all.map(one => [one.textContent, one.href, one.rel, one.target])), [
            ['https://example.org/a?b=1&c=(2)', 'https://example.org/a?b=1&c=(2)', 'noopener noreferrer nofollow ugc', '_blank'],
            ['www.example.com', 'https://www.example.com/', 'noopener noreferrer nofollow ugc', '_blank'],
        ]);
    });
});

test('a long conversation', async t => {
    const { conversation } = await site.ask(bobName, 'POST', 'conversations/', { json: { church_id: church } });
    const bob = await arrive(bobName);

    for (let i = 1; i <= 130; i++)
        await post(i % 3 ? bobName : carolName, `Message ${i}`, conversation.id);
    site.sql(`update chat.messages set created_at = created_at - interval '3 days'
        where conversation_id = ${conversation.id} and seq <= 100;
        update chat.messages set created_at = created_at - interval '400 days' where conversation_id = ${conversation.id} and seq <= 40`);
    await site.ask(bobName, 'POST', `conversations/${conversation.id}/read/`);
    await bob.opensChurch(church);
    await t.test('begins at its end', async () => {
        await bob.sees('.line .bubble', 'Message 130');
        assert.ok(await bob.get('.line').count() <= 50);
    });
    await t.test('earlier messages come, and what one looks at stays', async () => {
        const anchor = bob.get('.bubble').filter({ hasText: 'Message 95' });

        await bob.get('.scroller').evaluate(one => { one.scrollTop = 300; });
        await bob.sees('.bubble', 'Message 40');
        const [before, after] = [await anchor.boundingBox(), await waitFor(() => anchor.boundingBox(), 1)];

        assert.ok(Math.abs(before.y - after.y) < 2);
        for (let i = 0; i < 20 && !(await bob.get('.top[data-kind="beginning"]').count()); i++) {
            await bob.get('.scroller').evaluate(one => { one.scrollTop = 0; });
            await bob.page.evaluate(() => new Promise(requestAnimationFrame));
        }
        await bob.sees('.top', 'This is where the conversation begins');
        assert.deepEqual((await bob.bubbles()).map(text => Number(text.slice(8))), Array.from({ length: 130 }, (_, i) => i + 1));
    });
    await t.test('its days are told', async () => {
        const days = await bob.get('.day:not(.unread)').allTextContents();

        assert.equal(days.length, 3, String(days));
        assert.match(days[0], /\w+ \d+, 20\d\d|\d+ \w+ 20\d\d/);
        assert.equal(days[2], 'Today');
    });
    await t.test('what comes meanwhile is told, and does not move it', async () => {
        await bob.get('.scroller').evaluate(one => { one.scrollTop = 0; });
        await post(carolName, 'Down here', conversation.id);
        await bob.sees('.newest', '1 new message');
        assert.equal(await bob.get('.scroller').evaluate(one => one.scrollTop), 0);
        await bob.get('.newest').click();
        await bob.misses('.newest');
        await bob.focuses(`Messages with ${churchName}`);
    });
    await bob.leave();
});

test('drafts', async t => {
    await t.test('survive a reload', async () => {
        await alice.get('textarea').fill('Not yet sen');
        await waitFor(() => alice.page.evaluate(() => Object.values(localStorage).join().includes('Not yet sen')));
        await alice.goto('/widget.html');
        await alice.opensChurch(church);
        assert.equal(await alice.get('textarea').inputValue(), 'Not yet sen');
    });
    await t.test('and go when they are sent', async () => {
        await alice.get('textarea').press('Enter');
        await alice.sees('.line.own:not(.pending) .bubble', 'Not yet sen');
        await alice.goto('/widget.html');
        await alice.opensChurch(church);
        assert.equal(await alice.get('textarea').inputValue(), '');
    });
});

test('a page greets those who have not written, and says how soon it answers', async () => {
    const finn = await arrive(finnName);
    const set = (name, value) => finn.page.evaluate(([name, value]) =>
        document.querySelector('chat-widget')[value === null ? 'removeAttribute' : 'setAttribute'](name, value), [name, value]);

    await set('greeting', 'Good to see you!');
    await set('answer-time', '2h');
    await finn.opens();
    await finn.sees('.empty', 'Good to see you!');
    await finn.sees('.answers', 'We usually answer within 2 hours');
    await set('greeting', '<b>Shalom</b>'); // while it is open; a text, whatever it looks like
    await set('answer-time', '1d');
    await finn.sees('.list .empty strong', '<b>Shalom</b>');
    await finn.sees('.answers', 'We usually answer within 1 day');
    await finn.opensChurch(church);
    await finn.sees('.log .empty', '<b>Shalom</b>');
    assert.deepEqual(await findBarriers(finn.page), []);
    await finn.writes('Shalom.');
    await finn.misses('.log .empty');
    await set('answer-time', 'soon');
    await finn.misses('.answers');
    await set('greeting', null);
    await finn.leave();
});

test('in the keyboard\'s hands alone', async () => {
    const erin = await arrive(erinName);
    const { page } = erin;
    const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };

    await page.evaluate(church => document.querySelector('#message').addEventListener('click',
        () => document.querySelector('chat-widget').openConversation(church)), church);
    await press('Tab', 'Tab');
    await erin.focuses('Message');
    await press('Enter');
    await erin.focuses('Write a message');
    await erin.sees('.empty', 'Write the first message');
    await page.keyboard.type('Hello');
    await press('Shift+Enter');
    await page.keyboard.type('there');
    await press('Enter');
    await erin.sees('.status.sent', 'Sent');
    assert.deepEqual(await erin.bubbles(), ['Hello\nthere']);
    await press('Shift+Tab');
    await erin.focuses(`Messages with ${churchName}`);
    await press('Shift+Tab', 'Shift+Tab');
    await erin.focuses('Search in this conversation');
    await press('Shift+Tab');
    await erin.focuses('Back to the list');
    await press('Enter');
    await erin.focuses(churchName); // its row
    await press('Enter');
    await erin.focuses('Write a message');
    await press('Escape');
    await erin.misses('.panel');
    await erin.focuses('Message'); // where it began
    await press('Tab');
    await erin.focuses('Open messages');
    await press('Enter');
    await erin.focuses('Write a message'); // what was shown last
    await press('Escape');
    await erin.focuses('Open messages');
    await erin.leave();
});

test('how it looks', async t => {
    const view = { list: async () => {
        if (await alice.get('textarea').isVisible())
            await alice.get('header .tool').first().click();
        await alice.get('.row').first().waitFor();
    }, thread: () => alice.opensChurch(church) };

    for (const dir of ['ltr', 'rtl'])
        for (const [name, size] of LOOKS)
            await t.test(`${name}, ${dir}: fits, and axe-core has nothing to say`, async () => {
                await alice.page.evaluate(dir => { document.documentElement.dir = dir; }, dir);
                await look(alice.page, size);
                for (const [what, show] of Object.entries(view)) {
                    await show();
                    await takePicture(alice.page, `widget-${what}-${name}-${dir}`);
                    assert.deepEqual(await findBarriers(alice.page), [], what);
                    assert.ok(await fits(alice.page), what);
                    assert.ok(await alice.get('.panel').evaluate(one => [...one.querySelectorAll('header, .scroller, .composer, .list')]
                        .every(part => part.scrollWidth <= part.clientWidth)), `${what} is too wide`);
                }
            });
    await t.test('on a small window it fills it, and the page behind is out of reach', async () => {
        await look(alice.page, LOOKS[0][1]);
        const { width, height } = await alice.get('.panel').boundingBox();

        assert.deepEqual([width, height], [320, 640]);
        for (let i = 0; i < 12; i++) {
            await alice.page.keyboard.press('Tab');
            assert.ok(!(await alice.focused()).includes('a link'));
        }
        await alice.page.keyboard.press('Escape');
        await alice.misses('.panel');
    });
    await t.test('at twice the size nothing is lost', async () => {
        await alice.page.setViewportSize({ width: 640, height: 400 }); // 1280 × 800 at 200 %
        await alice.opensChurch(church);
        for (const part of ['.scroller', 'textarea', '.send', 'h2']) {
            const box = await alice.get(part).first().boundingBox();

            assert.ok(box.y >= 0 && box.y + box.height <= 400 && box.height > 20, part);
        }
        await takePicture(alice.page, 'widget-thread-zoomed');
    });
    await t.test('the theme can be said', async () => {
        const colour = () => alice.get('.panel').evaluate(one => getComputedStyle(one).backgroundColor);
        const set = theme => alice.page.evaluate(theme => document.querySelector('chat-widget').setAttribute('theme', theme), theme);

        await look(alice.page, LOOKS[4][1]);
        const light = await colour();

        await set('dark');
        assert.notEqual(await colour(), light);
        await look(alice.page, LOOKS[5][1]);
        await set('light');
        assert.equal(await colour(), light);
        await alice.page.evaluate(() => document.querySelector('chat-widget').removeAttribute('theme'));
    });
});

test('on a telephone', async () => {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true,
        storageState: await alice.context.storageState() });
    const phone = new Visitor(site, aliceName, context, await context.newPage());

    context.setDefaultTimeout(30000);
    await phone.goto('/widget.html');
    await phone.get('.launcher').tap();
    await phone.focuses('Messages'); // not a field: no keyboard comes up over what one wants to read
    await phone.get('.row').first().tap();
    await phone.get('.bubble').first().waitFor();
    await phone.focuses(`Conversation with ${churchName}`);
    assert.deepEqual(await phone.get('.panel').boundingBox(), { x: 0, y: 0, width: 360, height: 740 });
    await phone.get('textarea').tap();
    await phone.page.keyboard.type('One');
    await phone.page.keyboard.press('Enter');
    await phone.page.keyboard.type('Two');
    assert.equal(await phone.get('textarea').inputValue(), 'One\nTwo'); // Enter begins a line there
    await phone.get('.send').tap();
    await phone.sees('.line.own:not(.pending) .bubble', 'One\nTwo');
    await takePicture(phone.page, 'widget-phone');
    assert.deepEqual(await findBarriers(phone.page), []);
    await phone.leave();
});

test('several elements on a page', async t => {
    const page = await alice.context.newPage();
    const sockets = [];

    page.on('websocket', socket => sockets.push(socket));
    await page.goto(`${site.url}/widget.html`);
    await t.test('share one connection', async () => {
        await page.evaluate(() => {
            const other = document.createElement('chat-widget');

            other.toggleAttribute('live', true);
            other.toggleAttribute('no-launcher', true);
            document.querySelector('main').append(other);
        });
        await page.locator('main chat-widget .panel').waitFor({ state: 'attached' });
        assert.equal(await page.locator('main chat-widget .launcher').isVisible(), false);
        await page.locator('body > chat-widget .launcher').click();
        await page.locator('body > chat-widget .row').first().click();
        await page.locator('body > chat-widget .bubble').first().waitFor();
        assert.equal(sockets.length, 1);
    });
    await t.test('one that is moved begins anew and keeps the connection', async () => {
        await page.evaluate(() => {
            const one = document.querySelector('body > chat-widget');

            document.querySelector('h1').after(one);
            one.openConversation(Number(document.documentElement.dataset.church));
        });
        await page.locator('h1 + chat-widget .opening').getByText('not available').waitFor();
        await page.evaluate(id => document.querySelector('h1 + chat-widget').showConversation(id), id);
        await page.locator('h1 + chat-widget .bubble').first().waitFor();
        assert.equal(sockets.length, 1);
    });
    await t.test('when the last has gone, so has the connection', async () => {
        await page.evaluate(() => document.querySelectorAll('chat-widget').forEach(one => one.remove()));
        await waitFor(() => sockets[0].isClosed());
        assert.ok(sockets[0].isClosed());
    });
    await page.close();
});

test('what other pages than Latin ones need', async () => {
    const said = ['مرحبا بكم في الكنيسة', 'שלום, see https://example.org/שלום', '今日は。https://example.org/。'];

    for (const text of said)
        await post(carolName, text);
    await look(alice.page, LOOKS[4][1]);
    await alice.page.evaluate(() => { document.documentElement.dir = 'rtl'; });
    await alice.opensChurch(church);
    for (const text of said)
        await alice.sees('.bubble', text);
    const directions = await alice.get('.bubble').evaluateAll(all => all.slice(-3).map(one => one.matches(':dir(rtl)')));

    assert.deepEqual(directions, [true, true, false]);
    assert.equal(await alice.get('.badge').evaluate(one => getComputedStyle(one).direction), 'ltr', '99+ keeps its order');
    await takePicture(alice.page, 'widget-arabic');
});

test('in German', async () => {
    await look(alice.page, LOOKS[4][1]);
    await alice.page.evaluate(() => { document.documentElement.dir = 'ltr'; document.querySelector('chat-widget').lang = 'de'; });
    await alice.page.locator('.launcher[aria-label^="Nachrichten öffnen"]').waitFor();
    await alice.opensChurch(church);
    await alice.sees('.day', 'Heute');
    assert.equal(await alice.get('textarea').getAttribute('placeholder'), 'Nachricht schreiben');
    assert.deepEqual(await findBarriers(alice.page), []);
});

test('no page complains', () => {
    for (const { complaints, refusals } of visitors)
        assert.deepEqual([...complaints, ...refusals], []);
});
