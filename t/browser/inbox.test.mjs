// <chat-inbox> on the staff page of the demo: two colleagues at work in their churches' inbox, with the mouse, with
// the keyboard, on a telephone; what one does the other sees. Nothing is waited for but what is to happen.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch, logIn } from './lib/browser.mjs';
import { LOOKS, findBarriers, fits, look, takePicture, watchPage } from './lib/page.mjs';
import { Site, waitFor } from './lib/site.mjs';

const site = new Site('pages');
const complaints = [];
const churches = {}; // name -> id
let browser, cleo, drew, mona, noah, otto;

/** Church and staff, members and what they wrote; others use the same site. */
function makePeople() {
    for (const name of ['cleo', 'drew', 'mona', 'noah', 'otto', 'paul'])
        site.addLogin(name);
    const rows = site.sql(`
        insert into chat.users (username, display_name) values ('cleo', 'Cleo Clark'), ('drew', 'Drew Dale'),
            ('mona', 'Mona Miller'), ('noah', 'Noah North'), ('otto', 'Otto Östlund'), ('paul', 'Paul Price');
        insert into chat.churches (name) values ('Chapel'), ('Minster'), ('Cathedral');
        insert into chat.church_staff (church_id, user_id)
            select h.id, u.id from chat.churches h, chat.users u
            where (h.name, u.username) in (('Chapel', 'cleo'), ('Chapel', 'drew'), ('Minster', 'drew'), ('Cathedral', 'paul'));
        select name || '=' || id from chat.churches;`);

    for (const row of rows.split('\n'))
        churches[row.split('=')[0]] = Number(row.split('=')[1]);
}

async function open(name, church) {
    return (await site.ask(name, 'POST', 'conversations/', { json: { church_id: churches[church] } })).conversation.id;
}

async function say(name, id, content) {
    return (await site.ask(name, 'POST', `conversations/${id}/messages/`, { json: { content } })).message;
}

/** Somebody at the staff page. */
async function arrive(name, { path = '/inbox.html' } = {}) {
    const { context, page } = await logIn(browser, site, name);

    context.setDefaultTimeout(30000);
    await page.emulateMedia({ reducedMotion: 'reduce' }); // half visible, things have no contrast
    await watchPage(page, complaints, name);
    await page.goto(site.url + path);
    await page.getByRole('searchbox').waitFor();
    return page;
}

const rows = page => page.getByRole('option');
const row = (page, name) => rows(page).filter({ hasText: name });
const text = page => page.getByRole('textbox', { name: 'Write a message' });
const bubble = (page, content) => page.locator('.bubble', { hasText: content });
const names = page => page.locator('chat-inbox [role=option] .name').allTextContents();
const unreadOf = (page, name) => row(page, name).locator('.pill');

/** Until the list is this, in this order. */
async function lists(page, wanted) {
    await waitFor(async () => (await names(page)).join() === wanted.join(), 20);
    assert.deepEqual(await names(page), wanted);
}

/** Where the keyboard is: the row's or the field's name. */
function focus(page) {
    return page.evaluate(() => {
        let { activeElement: active } = document;

        while (active?.shadowRoot?.activeElement)
            active = active.shadowRoot.activeElement;
        if (active === document.body)
            return null;
        return active.querySelector('.name')?.textContent ?? active.getAttribute('aria-label') ?? (active.id || active.textContent);
    });
}

async function comes(page, wanted) {
    await waitFor(async () => await focus(page) === wanted, 10);
    assert.equal(await focus(page), wanted);
}

async function close(page) {
    await page.context().close();
}

test.before(async () => {
    browser = await launch();
    makePeople();
    mona = await open('mona', 'Chapel');
    noah = await open('noah', 'Chapel');
    otto = await open('otto', 'Minster');
    await open('cleo', 'Cathedral'); // who is a member there, and no staff
    await say('mona', mona, 'Is there a service on Friday?');
    await say('noah', noah, 'Where is the organ from?');
    await say('otto', otto, 'May I bring my dog?');
    cleo = await arrive('cleo');
    drew = await arrive('drew');
});
test.after(() => browser?.close());

test('the conversations of one\'s churches, and no others', async () => {
    await lists(cleo, ['Noah North', 'Mona Miller']);
    await lists(drew, ['Otto Östlund', 'Noah North', 'Mona Miller']);
    assert.equal(await cleo.getByRole('combobox', { name: 'Church' }).count(), 0, 'with one church there is nothing to choose');
    assert.equal(await unreadOf(cleo, 'Mona').textContent(), '1');
});

test('filters', async t => {
    const church = drew.getByRole('combobox', { name: 'Church' });
    const unread = drew.getByRole('button', { name: /^Unread/ });
    const search = drew.getByRole('searchbox');

    await t.test('by church', async () => {
        await church.selectOption('Minster');
        await lists(drew, ['Otto Östlund']);
        await church.selectOption('Chapel');
        await lists(drew, ['Noah North', 'Mona Miller']);
        await church.selectOption('All churches');
        await lists(drew, ['Otto Östlund', 'Noah North', 'Mona Miller']);
    });
    await t.test('by what is unread', async () => {
        await site.ask('drew', 'POST', `conversations/${noah}/read/`);
        await unread.click();
        assert.equal(await unread.getAttribute('aria-pressed'), 'true');
        await lists(drew, ['Otto Östlund', 'Mona Miller']);
    });
    await t.test('what is written meanwhile comes in', async () => {
        await say('noah', noah, 'And how old is it?');
        await lists(drew, ['Noah North', 'Otto Östlund', 'Mona Miller']);
    });
    await t.test('the open one stays while it is open', async () => {
        await row(drew, 'Mona').click();
        await waitFor(() => site.sql(`select church_unread from chat.conversations where id = ${mona}`) === '0', 20);
        await row(drew, 'Mona').locator('.pill').waitFor({ state: 'detached' });
        await lists(drew, ['Noah North', 'Otto Östlund', 'Mona Miller']);
        await unread.click();
    });
    await t.test('by name, as the server knows letters', async () => {
        await search.fill('ÖST');
        await lists(drew, ['Otto Östlund']);
        await drew.getByRole('status').filter({ hasText: '1 conversation' }).waitFor();
        await search.fill('no');
        await lists(drew, ['Noah North']);
    });
    await t.test('two at once, and nothing', async () => {
        await church.selectOption('Minster');
        await drew.getByText('Nobody of that name').waitFor();
        assert.deepEqual(await names(drew), []);
        assert.deepEqual(await findBarriers(drew), []);
        await drew.getByRole('button', { name: 'Show all conversations' }).click();
        await lists(drew, ['Noah North', 'Otto Östlund', 'Mona Miller']);
        await comes(drew, 'Search names and messages');
        assert.equal(await church.inputValue(), '');
    });
});

test('two colleagues in one conversation', async t => {
    await row(cleo, 'Mona').click();
    await row(drew, 'Mona').click();
    await text(cleo).waitFor();
    await text(drew).waitFor();

    await t.test('see who types, in it and in the list', async () => {
        await Promise.all([ // at once, as it ends by itself
            text(drew).pressSequentially('On Fri'),
            cleo.locator('.typing').filter({ hasText: 'Drew Dale is answering' }).waitFor(),
            row(cleo, 'Mona').filter({ hasText: 'Drew Dale is answering' }).waitFor(),
            cleo.getByRole('log').filter({ hasText: 'Drew Dale is answering' }).waitFor()]); // and is read out, once
        assert.equal((await cleo.getByRole('log').textContent()).match(/is answering/g).length, 1);
    });
    await t.test('see each other\'s answers, by name', async () => {
        await text(drew).fill('On Friday at six.');
        await text(drew).press('Enter');
        await bubble(cleo, 'On Friday at six.').waitFor();
        await cleo.getByText('Drew Dale', { exact: true }).first().waitFor();
        await row(cleo, 'Drew Dale is answering').waitFor({ state: 'detached' });
        await text(cleo).fill('With the choir.');
        await text(cleo).press('Enter');
        await bubble(drew, 'With the choir.').waitFor();
        await drew.getByText('Cleo Clark', { exact: true }).first().waitFor();
        await row(drew, 'Mona').filter({ hasText: 'Cleo Clark: With the choir.' }).waitFor();
        await row(cleo, 'Mona').filter({ hasText: 'You: With the choir.' }).waitFor();
    });
    await t.test('and the member\'s', async () => {
        await Promise.all([cleo, drew].map(page => row(page, 'Mona').filter({ hasText: 'Mona Miller is typing' }).waitFor())
            .concat(site.ask('mona', 'POST', `conversations/${mona}/typing/`, { json: { is_typing: true } })));
        await say('mona', mona, 'Thank you both!');
        for (const page of [cleo, drew]) {
            await bubble(page, 'Thank you both!').waitFor();
            await lists(page, (await names(page)).sort((a, b) => (b === 'Mona Miller') - (a === 'Mona Miller')));
        }
    });
    await t.test('what one has read, the other need not', async () => {
        await say('noah', noah, 'Hello?');
        for (const page of [cleo, drew])
            await waitFor(async () => Number(await unreadOf(page, 'Noah').textContent()) > 0, 20);
        await row(drew, 'Noah').click();
        await unreadOf(cleo, 'Noah').waitFor({ state: 'detached' });
    });
    await t.test('a message elsewhere is said to who does not see it', async () => {
        await row(cleo, 'Mona').click();
        await say('noah', noah, 'Is anybody there?');
        await cleo.getByRole('status').filter({ hasText: 'New message from Noah North: Is anybody there?' }).waitFor();
    });
});

test('the keyboard alone', async t => {
    await t.test('from the search into the list', async () => {
        await drew.getByRole('searchbox').focus();
        await drew.keyboard.press('ArrowDown');
        await waitFor(async () => (await names(drew)).includes(await focus(drew)), 10);
        assert.ok((await names(drew)).includes(await focus(drew)));
    });
    await t.test('arrows, Home and End move, and open nothing', async () => {
        const opened = await drew.locator('.title').textContent();
        const all = await names(drew);

        await drew.keyboard.press('Home');
        await comes(drew, all[0]);
        await drew.keyboard.press('ArrowDown');
        await comes(drew, all[1]);
        await drew.keyboard.press('End');
        await comes(drew, all.at(-1));
        await drew.keyboard.press('ArrowDown');
        await comes(drew, all.at(-1));
        await drew.keyboard.press('ArrowUp');
        await comes(drew, all.at(-2));
        assert.equal(await drew.locator('.title').textContent(), opened);
        assert.equal(await drew.locator('chat-inbox [role=option][tabindex="0"]').count(), 1, 'one place for Tab');
    });
    await t.test('the place is kept while the list moves', async () => {
        await drew.keyboard.press('Home');
        const first = await focus(drew);
        const [, , last] = await names(drew);

        await say({ 'Mona Miller': 'mona', 'Noah North': 'noah', 'Otto Östlund': 'otto' }[last],
            { 'Mona Miller': mona, 'Noah North': noah, 'Otto Östlund': otto }[last], 'Up!');
        await waitFor(async () => (await names(drew))[0] === last, 20);
        assert.equal((await names(drew))[0], last);
        assert.equal(await focus(drew), first);
    });
    await t.test('Enter opens, and one writes', async () => {
        await drew.keyboard.press('Home');
        const name = await focus(drew);

        await drew.keyboard.press('Enter');
        await comes(drew, 'text');
        assert.equal(await drew.locator('.title').textContent(), name);
        assert.equal(await row(drew, name).getAttribute('aria-selected'), 'true');
        await drew.keyboard.type('By keys.');
        await drew.keyboard.press('Enter');
        await bubble(drew, 'By keys.').waitFor();
    });
    await t.test('Alt and an arrow go to the next, Escape to the list, / to the search', async () => {
        const all = await names(drew);
        const at = all.indexOf(await drew.locator('.title').textContent());

        await drew.keyboard.press('Alt+ArrowDown');
        await waitFor(async () => await drew.locator('.title').textContent() === all[at + 1], 10);
        assert.equal(await drew.locator('.title').textContent(), all[at + 1]);
        await comes(drew, 'text');
        await drew.keyboard.press('Alt+ArrowUp');
        await waitFor(async () => await drew.locator('.title').textContent() === all[at], 10);
        await drew.keyboard.press('Escape');
        await comes(drew, all[at]);
        await drew.keyboard.press('/');
        await comes(drew, 'Search names and messages');
        assert.equal(await drew.getByRole('searchbox').inputValue(), '');
    });
    await t.test('Tab goes through everything, and out again', async () => {
        const seen = [];

        await drew.getByRole('searchbox').focus();
        for (let i = 0; i < 12 && seen.at(-1) !== null; i++) {
            seen.push(await focus(drew));
            await drew.keyboard.press('Tab');
        }
        for (const name of ['Church', 'text'])
            assert.ok(seen.includes(name), `${name} of ${seen}`);
        assert.ok(seen.some(name => /^Block /.test(name)), String(seen));
        assert.equal(seen.filter(name => /Miller|North|Östlund/.test(name) && !/^Block|^Messages|^Conversation/.test(name)).length, 1, String(seen));
    });
});

test('blocking', async t => {
    const strip = page => page.getByText('Mona Miller is blocked and cannot write to Chapel.');
    const button = (page, verb) => page.getByRole('button', { name: `${verb} Mona Miller` });
    const writes = () => say('mona', mona, 'Am I heard?').then(() => 201, problem => Number(/: (\d+) /.exec(problem.message)[1]));

    await row(cleo, 'Mona').click();
    await row(drew, 'Mona').click();
    await t.test('is asked about, and one may think better of it', async () => {
        await button(cleo, 'Block').click();
        const dialog = cleo.getByRole('dialog', { name: 'Block Mona Miller?' });

        await dialog.waitFor();
        await dialog.getByText('not write to Chapel').waitFor();
        assert.deepEqual(await findBarriers(cleo), []);
        await takePicture(cleo, 'inbox-dialog');
        await cleo.keyboard.press('Escape');
        await dialog.waitFor({ state: 'hidden' });
        await comes(cleo, 'Block Mona Miller');
        assert.equal(await cleo.locator('.title').textContent(), 'Mona Miller', 'Escape closed no more than that');
        assert.equal(await writes(), 201);
    });
    await t.test('keeps the member from writing, and colleagues see it', async () => {
        await button(cleo, 'Block').click();
        await cleo.getByRole('dialog').getByRole('button', { name: 'Block' }).click();
        for (const page of [cleo, drew]) {
            await strip(page).first().waitFor();
            await button(page, 'Unblock').waitFor();
            await row(page, 'Mona').filter({ hasText: 'Blocked' }).waitFor();
        }
        assert.equal(await writes(), 403);
        await takePicture(drew, 'inbox-blocked');
        assert.deepEqual(await findBarriers(drew), []);
    });
    await t.test('is known after a reload', async () => {
        await cleo.reload();
        await row(cleo, 'Mona').filter({ hasText: 'Blocked' }).click();
        await strip(cleo).waitFor();
    });
    await t.test('staff may still write', async () => {
        await text(cleo).fill('Please call us.');
        await text(cleo).press('Enter');
        await bubble(drew, 'Please call us.').waitFor();
    });
    await t.test('is taken back by a colleague, at once', async () => {
        await button(drew, 'Unblock').click();
        for (const page of [cleo, drew]) {
            await button(page, 'Block').waitFor();
            await strip(page).waitFor({ state: 'hidden' });
        }
        assert.equal(await writes(), 201);
        await bubble(drew, 'Am I heard?').last().waitFor();
    });
    await t.test('what fails is told', async () => {
        await drew.route('**/block/', route => route.fulfill({ status: 503, headers: { 'Retry-After': '3' },
            contentType: 'application/problem+json', body: '{"status":503,"code":"busy","detail":"busy"}' }));
        await button(drew, 'Block').click();
        await drew.getByRole('dialog').getByRole('button', { name: 'Block' }).click();
        await drew.getByRole('dialog').getByRole('alert').filter({ hasText: /busy/ }).waitFor();
        await drew.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
        await drew.unroute('**/block/');
        assert.equal(await writes(), 201);
    });
});

test('many conversations come page by page', async () => {
    site.sql(`with people as (insert into chat.users (username, display_name)
            select 'many' || n, 'Person ' || to_char(n, 'FM000') from generate_series(1, 130) n returning id, username)
        insert into chat.conversations (member_id, church_id, created_at, updated_at, last_seq)
        select id, ${churches.Cathedral}, m, m, 1 from (select p.*, now() - interval '1 minute' * (200 - substr(username, 5)::int) m from people p) p`);
    const paul = await arrive('paul');

    await waitFor(async () => (await names(paul)).length >= 50, 20);
    assert.ok((await names(paul)).length < 130, 'not all at once');
    await rows(paul).first().focus();
    await waitFor(async () => {
        await paul.keyboard.press('End');
        return (await names(paul)).length === 130;
    }, 30);
    const all = await names(paul);

    assert.equal(all.length, 130);
    assert.equal(new Set(all).size, 130);
    assert.equal(all.at(-1), 'Person 001');
    await paul.getByRole('searchbox').fill('person 00');
    await lists(paul, Array.from({ length: 9 }, (_, i) => `Person 00${9 - i}`));
    await close(paul);
});

test('on a telephone one is over the other', async t => {
    const page = await arrive('cleo');

    await look(page, { width: 320, height: 568, colorScheme: 'light' });
    await row(page, 'Mona').waitFor();
    await t.test('the list, and then the conversation', async () => {
        assert.ok(await row(page, 'Mona').isVisible());
        await row(page, 'Mona').click();
        await text(page).waitFor();
        await row(page, 'Mona').waitFor({ state: 'hidden' });
        await comes(page, 'Mona Miller'); // the head: text would bring the keys of the telephone up
        assert.ok(await fits(page));
        const { width, y, height } = await page.locator('chat-inbox').boundingBox();

        assert.equal(width, 320);
        assert.ok(y + height <= 568 + 1, 'all of it is on the screen');
    });
    await t.test('and back to where one was', async () => {
        await page.getByRole('button', { name: 'Back to the list' }).click();
        await row(page, 'Mona').waitFor();
        await comes(page, 'Mona Miller');
        assert.equal(await text(page).isVisible(), false);
    });
    await close(page);
});

test('at twice the size everything is within reach', async () => {
    await look(drew, { width: 640, height: 400, colorScheme: 'light' }); // 1280 x 800 at 200 %
    await row(drew, 'Mona').or(drew.getByRole('button', { name: 'Back to the list' })).first().waitFor();
    assert.ok(await fits(drew));
    await text(drew).scrollIntoViewIfNeeded();
    await text(drew).fill('Large letters.');
    await text(drew).press('Enter');
    await bubble(drew, 'Large letters.').waitFor();
    await look(drew, { width: 1280, height: 800, colorScheme: 'light' });
});

test('from right to left everything is turned round', async () => {
    await drew.evaluate(() => { document.documentElement.dir = 'rtl'; });
    await row(drew, 'Mona').click();
    const list = await drew.getByRole('searchbox').boundingBox();
    const box = await text(drew).boundingBox();

    assert.ok(list.x > box.x + box.width, 'the list is at the right');
    assert.ok(await fits(drew));
    assert.deepEqual(await findBarriers(drew), []);
    // What is English keeps its beginning, and 99+ its order.
    assert.deepEqual(await row(drew, 'Mona').locator('.said').evaluate(one => getComputedStyle(one).direction), 'ltr');
    assert.deepEqual(await drew.locator('.chip .pill').evaluate(one => getComputedStyle(one).direction), 'ltr');
    await takePicture(drew, 'inbox-rtl');
    await drew.evaluate(() => { document.documentElement.dir = 'ltr'; });
});

test('in German', async () => {
    const page = await arrive('drew', { path: '/inbox.html?lang=de' });

    await page.getByPlaceholder('Namen und Nachrichten suchen').waitFor();
    await row(page, 'Mona').click();
    await page.getByRole('button', { name: 'Mona Miller sperren' }).waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await takePicture(page, 'inbox-german');
    await close(page);
});

test('in a language that the page brings', async () => {
    const { context, page } = await logIn(browser, site, 'drew');

    await watchPage(page, complaints, 'drew');
    await page.goto(`${site.url}/blank.html`);
    await page.evaluate(async () => {
        const { addLanguage } = await import('/chat/texts.js');

        addLanguage('fr', { inboxSearch: 'Chercher par nom' });
        document.documentElement.lang = 'fr';
        await import('/chat/inbox.js');
        document.body.append(document.createElement('chat-inbox'));
    });
    await page.getByPlaceholder('Chercher par nom').waitFor({ timeout: 60000 });
    await page.getByRole('button', { name: /^Unread/ }).waitFor(); // what it lacks is English
    await context.close();
});

test('a page says which one to open', async () => {
    const { context, page } = await logIn(browser, site, 'drew'); // not watched: Chromium complains of each 404
    const inbox = page.locator('chat-inbox');

    context.setDefaultTimeout(30000);
    await page.goto(`${site.url}/inbox.html`);
    await row(page, 'Mona').waitFor();

    await inbox.evaluate((element, id) => element.setAttribute('conversation', id), noah);
    await page.locator('.title').filter({ hasText: 'Noah North' }).waitFor();
    await inbox.evaluate(element => element.setAttribute('conversation', '999999999'));
    await inbox.evaluate(element => element.setAttribute('lang', 'de')); // and it begins anew
    await page.getByPlaceholder('Namen und Nachrichten suchen').waitFor();
    await page.locator('.notice', { hasText: 'Diese Unterhaltung ist nicht verfügbar.' }).waitFor();
    await inbox.evaluate((element, id) => element.setAttribute('conversation', id), mona);
    await page.locator('.title').filter({ hasText: 'Mona Miller' }).waitFor();
    await context.close();
});

test('no movement for who wants none', async () => {
    await site.ask('mona', 'POST', `conversations/${mona}/typing/`, { json: { is_typing: true } });
    await row(drew, 'Mona').filter({ hasText: 'is typing' }).waitFor();
    const moving = await drew.evaluate(() => document.querySelector('chat-inbox').shadowRoot.getAnimations()
        .filter(({ effect }) => effect.getComputedTiming().activeDuration > 1).length);

    assert.equal(moving, 0);
});

test('axe-core finds nothing, in no size, light and dark', async t => {
    const page = await arrive('drew');

    await row(page, 'Mona').waitFor();
    for (const [name, how] of LOOKS)
        await t.test(`the list, ${name}`, async () => {
            await look(page, how);
            assert.deepEqual(await findBarriers(page), []);
            assert.ok(await fits(page));
            await takePicture(page, `inbox-list-${name}`);
        });
    await look(page, LOOKS.at(-1)[1]);
    await row(page, 'Mona').click();
    await bubble(page, 'Thank you both!').waitFor();
    for (const [name, how] of LOOKS)
        await t.test(`a conversation, ${name}`, async () => {
            await look(page, how);
            assert.deepEqual(await findBarriers(page), []);
            assert.ok(await fits(page));
            await takePicture(page, `inbox-talk-${name}`);
        });
    await close(page);
});

test('the open conversation has an address', async t => {
    const { context, page } = await logIn(browser, site, 'drew');
    const opened = name => page.locator('.title').filter({ hasText: name }).waitFor();
    const hash = () => page.evaluate(() => location.hash);

    context.setDefaultTimeout(30000);
    await page.goto(`${site.url}/inbox.html`);
    await t.test('which changes with it', async () => {
        await row(page, 'Mona').click();
        await opened('Mona');
        assert.match(await hash(), /^#\/conversations\/\d+$/);
        await row(page, 'Noah').click();
        await opened('Noah');
    });
    await t.test('a reload keeps it', async () => {
        const before = await hash();

        await page.reload();
        await opened('Noah');
        assert.equal(await hash(), before);
    });
    await t.test('Back leads to the one before, then to none, and not off the page', async () => {
        await page.goBack();
        await opened('Mona');
        await page.goBack();
        await page.locator('.choose').waitFor();
        assert.equal(await hash(), '');
        await page.goForward();
        await opened('Mona');
    });
    await t.test('on a telephone, the way back to the list is Back', async () => {
        await page.setViewportSize({ width: 390, height: 844 });
        await page.goto(`${site.url}/inbox.html`);
        const length = await page.evaluate(() => history.length);

        await row(page, 'Mona').click();
        await page.locator('.head .back').click();
        await row(page, 'Noah').waitFor();
        await waitFor(async () => await hash() === '');
        await row(page, 'Noah').click();
        await page.goBack();
        await row(page, 'Mona').waitFor();
        assert.ok(await page.evaluate(() => history.length) <= length + 1);
    });
    await t.test('one that cannot be seen is told, over the list', async () => {
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.goto(`${site.url}/inbox.html#/conversations/999999999`);
        await page.reload();
        await page.locator('.list .notice').filter({ hasText: 'not available' }).waitFor();
        await row(page, 'Mona').waitFor();
    });
    await t.test('what the page uses itself is left to it', async () => {
        await page.goto(`${site.url}/blank.html`);
        await page.goto(`${site.url}/inbox.html#help`);
        await row(page, 'Mona').click();
        await opened('Mona');
        assert.equal(await hash(), '#help');
    });
    await context.close();
});

test('what failed to load is asked for again', async t => {
    await t.test('the texts of the element', async () => {
        const { context, page } = await logIn(browser, site, 'drew');
        let failed = 0;

        context.setDefaultTimeout(30000);
        await page.route('**/inbox_en.js', route => failed++ > 0 ? route.continue() : route.abort());
        await page.goto(`${site.url}/inbox.html`);
        await page.getByText('The inbox could not be loaded.').waitFor();
        await page.getByRole('button', { name: 'Try again' }).click();
        await page.getByRole('searchbox').waitFor();
        await row(page, 'Mona').waitFor();
        await context.close();
    });
    await t.test('a search, when the connection is back', async () => {
        const { context, page } = await logIn(browser, site, 'drew');

        context.setDefaultTimeout(60000);
        await page.goto(`${site.url}/inbox.html`);
        await row(page, 'Mona').waitFor();
        await context.setOffline(true);
        await page.getByRole('searchbox').fill('Noah');
        await page.locator('.list [role=alert]').waitFor();
        await context.setOffline(false);
        await lists(page, ['Noah North']);
        await page.locator('.list [role=alert]').waitFor({ state: 'detached' });
        await context.close();
    });
});

test('the line before what is unread', async t => {
    const many = await open('paul', 'Chapel');
    const line = page => page.locator('.day.unread');

    site.sql(`select chat.send_message((select id from chat.users where username = 'paul'), ${many}, 'number ' || n)
        from generate_series(1, 70) n`);
    await t.test('is before the first of them, also where they are more than a page', async () => {
        const page = await arrive('cleo');

        await row(page, 'Paul Price').click();
        await line(page).waitFor();
        assert.equal(await line(page).locator('+ .line .bubble').textContent({ timeout: 60000 }), 'number 1');
        await text(page).fill('All read.');
        await text(page).press('Enter');
        await line(page).waitFor({ state: 'detached' }); // goes with one's answer
        await close(page);
    });
    await t.test('waits for older messages where no page holds them all', async () => {
        const page = await arrive('cleo');

        await row(page, 'Mona').click();
        site.sql(`select chat.send_message((select id from chat.users where username = 'paul'), ${many}, 'further ' || n)
            from generate_series(1, 230) n`);
        await waitFor(async () => await unreadOf(page, 'Paul Price').textContent().catch(() => '') === '99+', 20);
        await row(page, 'Paul Price').click();
        await bubble(page, 'further 230').waitFor();
        assert.equal(await line(page).count(), 0);
        await waitFor(async () => { // as the reader scrolls, who is still being brought to the end at first
            await page.locator('.scroller').evaluate(element => { element.scrollTop = 0; });
            return await line(page).count() > 0;
        }, 30);
        assert.equal(await line(page).locator('+ .line .bubble').textContent(), 'further 1');
        await close(page);
    });
});

test('who answers for no church is told so', async () => {
    const page = await arrive('noah');

    await page.getByText('No conversations yet').waitFor();
    assert.deepEqual(await names(page), []);
    assert.deepEqual(await findBarriers(page), []);
    await close(page);
});

// But for the answer 503 that a test gave.
test('no page complains', () => assert.deepEqual(complaints.filter(line => !/status of 503/.test(line)), []));
