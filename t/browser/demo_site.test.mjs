// The demo of make run as its visitors find it: strangers log in, a member writes from the page of a church, its staff
// answer from the inbox. Under a policy without anything inline and with Trusted Types; and fetched once, not again.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { TEXTS } from '../../conf/demo/htdocs/demo_texts.js';
import { launch, logIn } from './lib/browser.mjs';
import { LOOKS, findBarriers, fits, look, takePicture, typeUntil, watchPage } from './lib/page.mjs';
import { Site, waitFor } from './lib/site.mjs';

const PAGES = 'conf/demo/htdocs';
const FOR_MEMBERS = ['/', '/st-marys.html', '/holy-trinity.html', '/demo/mail/', '/admin.html', '/inbox.html'];
const site = new Site('pages');
const complaints = [];
let browser;

/** Logged in, on a page that is watched. */
async function arrive(name, path = '/', at = site) {
    const { context, page } = await logIn(browser, at, name);

    context.setDefaultTimeout(30000);
    await page.emulateMedia({ reducedMotion: 'reduce' }); // half visible, things have no contrast
    await watchPage(page, complaints, name);
    await page.goto(at.url + path);
    return page;
}

async function stranger() {
    const context = await browser.newContext();
    const page = await context.newPage();

    context.setDefaultTimeout(30000);
    await watchPage(page, complaints, 'a stranger');
    return page;
}

const message = page => page.getByRole('button', { name: 'Message', exact: true });
const text = page => page.getByRole('textbox', { name: 'Write a message' });
const bubble = (page, content) => page.locator('.bubble', { hasText: content });

async function write(page, content) {
    await text(page).fill(content);
    await text(page).press('Enter');
    await bubble(page, content).waitFor();
}

test.before(async () => { browser = await launch(); });
test.after(() => browser?.close());

test('strangers', async t => {
    const page = await stranger();

    for (const path of FOR_MEMBERS)
        await t.test(`${path} sends them to the form`, async () => {
            await page.goto(site.url + path);
            assert.equal(page.url(), `${site.url}/login.html?to=${path}`);
        });
    await t.test('and is no place to log somebody in', async () => {
        for (const path of FOR_MEMBERS) {
            const answer = await fetch(site.url + path, { method: 'POST', body: new URLSearchParams({ httpd_username: 'alice', httpd_password: 'alice' }) });

            assert.equal(answer.status, 413, path);
            assert.equal(answer.headers.get('set-cookie'), null, path);
        }
    });
    await t.test('a wrong password is told', async () => {
        assert.equal(await page.getByRole('alert').count(), 0);
        await page.getByLabel('Name').fill('alice');
        await page.getByLabel('Password').fill('bob');
        await page.getByRole('button', { name: 'Log in' }).click();
        await page.getByRole('alert').filter({ hasText: 'do not belong together' }).waitFor();
    });
    await t.test('the right one leads to where they wanted to go', async () => {
        await page.getByLabel('Name').fill('alice');
        await page.getByLabel('Password').fill('alice');
        await page.keyboard.press('Enter');
        await page.waitForURL(`${site.url}/inbox.html`);
    });
    await t.test('the links of the front page all lead somewhere', async () => {
        await page.goto(site.url);
        await page.getByRole('heading', { name: 'Welcome, alice' }).waitFor();
        const links = await page.locator('a[href]').evaluateAll(all => [...new Set(all.map(({ href }) => href))]);

        assert.ok(links.length >= 8, String(links));
        for (const link of links.filter(url => !url.includes('/logout')))
            assert.equal((await page.request.get(link)).status(), 200, link);
    });
    await page.context().close();
});

test('a message from the page of a church is answered in the inbox', async t => {
    const alice = await arrive('alice', '/');
    const carol = await arrive('carol', '/inbox.html');
    const dave = await arrive('dave', '/inbox.html');
    const row = page => page.getByRole('option').filter({ hasText: 'Alice Archer' });

    await t.test('the member writes', async () => {
        await alice.getByRole('link', { name: /^Visit the page St\. Mary/ }).click();
        await alice.waitForURL(`${site.url}/st-marys.html`); // with its scripts, which the button needs
        await message(alice).click();
        await write(alice, 'Is there evensong on Sunday?');
    });
    await t.test('the staff see it', async () => {
        await row(carol).click();
        await bubble(carol, 'Is there evensong on Sunday?').waitFor();
        await row(dave).filter({ hasText: 'evensong' }).click();
        await bubble(dave, 'Is there evensong on Sunday?').waitFor();
    });
    await t.test('one answers, and everybody has it', async () => {
        await typeUntil(text(carol), 'At half', Promise.all([
            alice.locator('.typing').filter({ hasText: 'St. Mary’s Church' }).waitFor(),
            dave.locator('.typing').filter({ hasText: 'Carol Carter' }).waitFor()]));
        await write(carol, 'At half past five.');
        await bubble(alice, 'At half past five.').waitFor();
        await bubble(dave, 'At half past five.').waitFor();
        await dave.getByText('Carol Carter', { exact: true }).first().waitFor();
        await takePicture(alice, 'demo-message');
        await takePicture(dave, 'demo-answer');
    });
    await t.test('another church is another conversation, for its own staff', async () => {
        await alice.goto(`${site.url}/holy-trinity.html`);
        await message(alice).click();
        await write(alice, 'When is the tower open?');
        await dave.getByRole('option').filter({ hasText: 'When is the tower open?' }).click();
        await write(dave, 'On Saturdays at four.');
        await bubble(alice, 'On Saturdays at four.').waitFor();
        assert.equal(await carol.getByRole('option').filter({ hasText: 'tower' }).count(), 0);
    });
    for (const page of [alice, carol, dave])
        await page.context().close();
});

test('a page whose launcher nobody has opened is connected, and hears of an answer at once', async () => {
    const page = await arrive('alice');
    const { conversations, unread_count: unread } = await site.ask('alice', 'GET', 'conversations/');
    const { id } = conversations.find(one => one.church_id === 1);

    // The bell connects by itself, and the launcher would hear of it by polling, later.
    await page.route('**/chat/bell.js', route => route.fulfill({ contentType: 'text/javascript', body: '' }));
    await page.route(/\/conversations\/unread\//, route => route.fulfill({ json: { unread_count: 0 } }));
    const connected = page.waitForEvent('websocket');

    await page.goto(`${site.url}/st-marys.html`);
    await connected;
    await site.ask('carol', 'POST', `conversations/${id}/messages/`, { json: { content: 'And there is cake.' } });
    await page.locator('chat-widget .badge').filter({ hasText: String(unread + 1) }).waitFor();
    await site.ask('alice', 'POST', `conversations/${id}/read/`);
    await page.context().close();
});

test('one click logs in', async () => {
    const page = await stranger();

    await page.goto(`${site.url}/login.html`);
    await page.getByRole('button', { name: 'dave' }).click();
    await page.getByRole('heading', { name: 'Welcome, dave' }).waitFor();
    await page.context().close();
});

for (const where of ['pages', 'tls'])
    test(`a member and the staff side by side, in one browser: ${where}`, async t => {
        const at = new Site(where);
        const context = await browser.newContext({ ignoreHTTPSErrors: true, reducedMotion: 'reduce' });
        const page = await context.newPage();
        const member = page.frameLocator('[name=member]');
        const staff = page.frameLocator('[name=staff]');
        // The page says who somebody is before its scripts have come, which the buttons need.
        const shows = async (name, who) => {
            await page.frameLocator(`[name=${name}]`).locator('.who b').filter({ hasText: who }).waitFor();
            await page.frame({ name }).waitForLoadState('load');
        };
        const press = name => page.getByRole('button', { name, exact: true }).click();

        context.setDefaultTimeout(30000);
        page.on('pageerror', error => complaints.push(error.message));
        await page.goto(`${at.url}/side-by-side.html`);
        await t.test('each side is somebody else', async () => {
            await shows('member', 'alice');
            await shows('staff', 'carol');
        });
        await t.test('what one writes the other reads', async () => {
            await message(member).click();
            await write(member, `Is tea at four? (${where})`);
            // Not before it is where the message moves it to.
            await staff.getByRole('option').filter({ hasText: 'Alice Archer' }).filter({ hasText: `Is tea at four? (${where})` }).click();
            await bubble(staff, `Is tea at four? (${where})`).waitFor();
            await write(staff, 'It is.');
            await bubble(member, 'It is.').waitFor();
        });
        await t.test('one click makes a side another person, and not the other side', async () => {
            await press('bob');
            await shows('member', 'bob');
            await press('dave');
            await shows('staff', 'dave');
            await message(member).click();
            await write(member, `From bob (${where})`);
            await staff.getByRole('option').filter({ hasText: `From bob (${where})` }).waitFor();
        });
        await t.test('and the site itself knows neither', async () => {
            assert.equal((await page.request.get(`${at.url}/api/conversations/`)).status(), 401);
            const paths = (await context.cookies()).map(({ path }) => path);

            assert.deepEqual([...new Set(paths)].sort(), ['/member', '/staff']);
            assert.ok((await context.cookies()).every(({ secure }) => secure === at.isTls));
        });
        await t.test('in German, and axe-core finds nothing', async () => {
            await page.getByRole('link', { name: 'Deutsch' }).click();
            await page.getByRole('heading', { name: 'Ein Mitglied' }).waitFor();
            await message(member).waitFor({ state: 'detached' });
            await member.getByRole('button', { name: 'Nachricht schreiben' }).waitFor();
            assert.equal(await page.locator('iframe').first().getAttribute('title'), TEXTS.de.memberFrame);
            assert.deepEqual(await findBarriers(page), []);
            await takePicture(page, `demo-sides-${where}`);
        });
        await context.close();
    });

test('who logs out is out', async () => {
    const page = await arrive('bob');

    await page.getByRole('link', { name: 'Log out' }).click();
    await page.waitForURL(`${site.url}/login.html`);
    await page.goto(`${site.url}/inbox.html`);
    assert.equal(page.url(), `${site.url}/login.html?to=/inbox.html`);
    await page.context().close();
});

test('two languages', async t => {
    await t.test('the pages have the English of the table in them', () => {
        for (const file of [...readdirSync(PAGES).filter(name => name.endsWith('.html')), 'demo/mail/index.html']) {
            const html = readFileSync(`${PAGES}/${file}`, 'utf8');
            const said = [...html.matchAll(/<\w+[^>]* data-text="(\w+)"[^>]*>([^<]*)</g)];

            assert.equal(said.length, html.split('data-text=').length - 1, file);
            assert.ok(said.length >= 5, file);
            for (const [, key, english] of said)
                assert.equal(english, TEXTS.en[key], `${file}: ${key}`);
            for (const [, english, key] of html.matchAll(/ (?:title|greeting)="([^"]*)" data-(?:title|greeting)="(\w+)"/g))
                assert.equal(english, TEXTS.en[key], `${file}: ${key}`);
        }
    });
    await t.test('German stays German from page to page', async () => {
        const page = await arrive('erin');

        await page.getByRole('link', { name: 'Deutsch' }).click();
        await page.getByRole('heading', { name: 'Willkommen, erin' }).waitFor();
        await page.getByRole('link', { name: /^Zur Seite St\. Mary/ }).click();
        await page.getByRole('button', { name: 'Nachricht schreiben' }).click();
        await page.getByRole('textbox', { name: 'Nachricht schreiben' }).waitFor();
        await page.getByText('Schön, dass Sie da sind!').waitFor();
        await page.getByText('Wir antworten meist innerhalb von 2 Stunden').waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
        await takePicture(page, 'demo-german');
        assert.deepEqual(await findBarriers(page), []);
        await page.keyboard.press('Escape'); // what is open covers the link
        await page.getByRole('link', { name: 'English' }).click();
        await message(page).waitFor();
        await page.context().close();
    });
});

test('a language that nobody speaks is none', async () => {
    const page = await arrive('alice', '/st-marys.html');

    for (const lang of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'xx', '']) {
        await page.goto(`${site.url}/st-marys.html?lang=${lang}`);
        assert.equal(await page.evaluate(() => document.documentElement.lang), 'en', lang);
        assert.notEqual(await page.locator('h1').textContent(), '', lang);
    }
    // Nor one that an older page has kept.
    await page.evaluate(() => localStorage.setItem('lang', 'constructor'));
    await page.goto(`${site.url}/st-marys.html`);
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
    await page.context().close();
});

test('the policy is strict, on each page', async () => {
    const { context, page } = await logIn(browser, site, 'bob'); // not watched: here it is to complain

    for (const path of [...FOR_MEMBERS, '/login.html', '/demo.js']) {
        const headers = (await page.request.get(site.url + path)).headers();

        assert.match(headers['content-security-policy'], /^default-src 'self';.* require-trusted-types-for 'script'; trusted-types chat-worker$/, path);
        assert.equal(headers['x-content-type-options'], 'nosniff', path);
    }
    assert.equal(await page.evaluate(() => {
        try {
            document.createElement('p').innerHTML = '<b>x</b>';
            return 'a string became HTML';
        } catch ({ name }) {
            return name;
        }
    }), 'TypeError');
    await context.close();
});

test('modules are fetched once, and the small file that names them costs a 304', async () => {
    const page = await arrive('carol', '/inbox.html');
    const isModule = ({ path }) => /^\/chat\/[0-9a-f]{12}\//.test(path);
    const isEntry = ({ path }) => path === '/chat/inbox.js';
    const allHaveCome = () => page.waitForFunction(() => performance.getEntriesByType('resource') // the last when the page is idle
        .some(({ name, responseEnd }) => name.endsWith('/bell_panel.js') && responseEnd > 0));

    await page.getByRole('option').first().waitFor();
    await allHaveCome();
    await page.goto(`${site.url}/login.html`);
    const mark = site.mark();

    await page.goto(`${site.url}/inbox.html`);
    await page.getByRole('option').first().waitFor();
    await allHaveCome();
    const entry = await waitFor(() => site.requestsSince(mark).find(one => isEntry(one) && one.status === 304));

    assert.ok(entry, 'a 304');
    assert.deepEqual(site.requestsSince(mark).filter(isModule).filter(({ status }) => status !== 200), []);
    const ours = await page.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => /\/chat\/[0-9a-f]{12}\//.test(name))
        .map(({ name, transferSize }) => [name.split('/').at(-1), transferSize]));

    assert.ok(ours.length >= 3);
    assert.deepEqual(ours.filter(([, bytes]) => bytes > 0), [], 'all of them from the cache');
    await page.context().close();
});

test('axe-core finds nothing, in no size, light and dark', async t => {
    const member = await arrive('bob');
    const newcomer = await stranger();

    for (const [page, path, name] of [[newcomer, '/login.html#failed', 'login'], [member, '/', 'home'],
        [member, '/st-marys.html', 'church'], [member, '/holy-trinity.html', 'other-church']]) {
        await page.goto(site.url + path);
        for (const [size, how] of LOOKS)
            await t.test(`${name}, ${size}`, async () => {
                await look(page, how);
                assert.deepEqual(await findBarriers(page), []);
                assert.ok(await fits(page));
                await takePicture(page, `demo-${name}-${size}`);
            });
    }
    await member.context().close();
    await newcomer.context().close();
});

test('with TLS and the policy of conf/tls.conf, too', async () => {
    const page = await arrive('carol', '/inbox.html', new Site('tls'));

    await page.getByRole('searchbox').waitFor();
    await page.getByRole('option').first().waitFor();
    await page.goto(`${new Site('tls').url}/st-marys.html`);
    await page.getByRole('button', { name: /^Open messages/ }).waitFor();
    await page.context().close();
});

test('no page complains', () => assert.deepEqual(complaints, []));
