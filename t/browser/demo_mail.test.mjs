// The demo's page /demo/mail/: the mails and pushes that people get, while somebody looks at it; what they lead to, and
// that what people write stays text.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { TEXTS } from '../../conf/demo/htdocs/demo_texts.js';
import { launch, logIn } from './lib/browser.mjs';
import { LOOKS, findBarriers, fits, look, takePicture, watchPage } from './lib/page.mjs';
import { Site } from './lib/site.mjs';
import { makePeople } from './lib/visitor.mjs';

const EVIL = `<img src="x" onerror="top.wasRun = 1"><script>top.wasRun = 1</script> {{link}} <!--#echo var="DOCUMENT_NAME" --> & "ü 😀"`;
const PATIENCE_MS = 120000; // a mail comes ten seconds after the message
const complaints = [];
let browser;

/** Of one site: somebody who writes, staff who are away, and somebody else who looks. */
class Post {
    constructor(where, tag) {
        const site = new Site(where);
        const { church, churchName, names: [carol, alice, bob] } = makePeople(site, tag, ['carol', 'alice', 'bob']);

        Object.assign(this, { site, church, churchName, carol, alice, bob });
        site.sql(`update chat.users set email = username || '@example.org' where username in ('${carol}', '${alice}')`);
    }

    /** As the demo's own people have one. */
    subscribe(name) {
        const json = JSON.parse(readFileSync(`${this.site.state}/httpd/receiver/private/alice.json`, 'utf8'));

        json.endpoint = json.endpoint.replace(/alice$/, name);
        return this.site.ask(name, 'POST', 'push/subscriptions/', { json });
    }

    async open() {
        this.id = (await this.site.ask(this.alice, 'POST', 'conversations/', { json: { church_id: this.church } })).conversation.id;
    }

    write(name, content) {
        return this.site.ask(name, 'POST', `conversations/${this.id}/messages/`, { json: { content } });
    }

    /** Somebody on the page. */
    async look(name) {
        const { context, page } = await logIn(browser, this.site, name);

        await page.emulateMedia({ reducedMotion: 'reduce' });
        await watchPage(page, complaints, name);
        const listed = page.waitForResponse(/\/list\.json$/); // what is there at first is no news

        await page.goto(`${this.site.url}/demo/mail/`);
        await (await listed).finished();
        return { context, page };
    }
}

/** What is in the list of that kind, to that person. */
const item = (page, kind, name) => page.locator('.items > li').filter({ has: page.locator(`.kind.${kind}`) }).filter({ hasText: name });
const opens = locator => locator.locator('summary').first().click();

test.before(async () => { browser = await launch(); });
test.after(() => browser?.close());

for (const where of ['pages', 'tls'])
    test(`a message that nobody reads: ${where}`, async t => {
        const post = new Post(where, `Post${where}`);
        const { page, context } = await post.look(post.bob);
        const mail = item(page, 'mail', post.carol).first();
        const push = item(page, 'push', post.carol).first();

        await post.open();
        await post.subscribe(post.carol);
        await post.write(post.alice, EVIL);
        await t.test('its push comes by itself, and is shown as text', async () => {
            await push.waitFor({ timeout: PATIENCE_MS });
            await opens(push);
            await push.locator('.notification').filter({ hasText: EVIL }).waitFor();
            await push.locator('.notification b').filter({ hasText: 'Alice Archer' }).waitFor();
            assert.equal(await push.locator('a').getAttribute('href'), `${post.site.url}/#/conversations/${post.id}`);
            await opens(push.locator('.source'));
            await push.locator('pre').filter({ hasText: '"web_push": 8030' }).waitFor();
            await push.locator('pre').filter({ hasText: `topic: c${post.id}` }).waitFor();
        });
        await t.test('its mail comes by itself, the newest on top', async () => {
            await mail.waitFor({ timeout: PATIENCE_MS });
            await page.getByRole('status').filter({ hasText: /^New: (?:Mail|Push) for / }).waitFor(); // others get some, too
            await mail.getByText('New message from Alice Archer').first().waitFor();
            const times = await page.locator('.items time').evaluateAll(all => all.map(one => Date.parse(one.dateTime)));

            assert.deepEqual(times, [...times].sort((a, b) => b - a));
        });
        await t.test('with its text, its HTML and its source', async () => {
            await opens(mail);
            await mail.locator('dd').filter({ hasText: '<chat@example.org>' }).waitFor();
            await mail.locator('dd').filter({ hasText: `<${post.carol}@example.org>` }).waitFor();
            await mail.locator('pre').filter({ hasText: EVIL }).first().waitFor();
            const frame = mail.frameLocator('iframe');

            await frame.locator('p').filter({ hasText: EVIL }).waitFor();
            assert.equal(await frame.locator('img, script').count(), 0);
            await opens(mail.locator('.source'));
            await mail.locator('.source pre').filter({ hasText: 'List-Unsubscribe-Post: List-Unsubscribe=One-Click' }).waitFor();
        });
        await t.test('nothing of it has run', async () => {
            assert.equal(await page.evaluate(() => window.wasRun), undefined);
            assert.equal(await page.locator('.items img, .items script').count(), 0);
        });
        await t.test('its frame could run nothing, and nothing of it is for mod_include', async () => {
            const src = await mail.locator('iframe').getAttribute('src');
            const answer = await page.request.get(post.site.url + src);

            assert.match(answer.headers()['content-security-policy'], /^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';/);
            assert.equal(await mail.locator('iframe').getAttribute('sandbox'), 'allow-popups allow-popups-to-escape-sandbox');
            assert.match(await answer.text(), /&lt;!--#echo var=&quot;DOCUMENT_NAME&quot; --&gt;/);
        });
        await t.test('its link leads the one that it is for into the conversation', async () => {
            const opened = context.waitForEvent('page');

            await mail.frameLocator('iframe').getByRole('link').first().click();
            const other = await opened;

            // Bob has no part in it.
            await other.getByRole('status').filter({ hasText: TEXTS.en.loginOther }).waitFor();
            await other.fill('[name=httpd_username]', post.carol);
            await other.fill('[name=httpd_password]', post.carol);
            await other.click('form button.primary');
            await other.waitForURL(`${post.site.url}/inbox.html#/conversations/${post.id}`);
            await other.locator('chat-inbox .bubble', { hasText: 'onerror' }).waitFor();
            await other.close();
        });
        await t.test('one click ends mail', async () => {
            const opened = context.waitForEvent('page');

            await mail.getByRole('button', { name: 'Unsubscribe with one click' }).click();
            await (await opened).getByRole('heading', { name: 'Unsubscribed' }).waitFor();
            assert.equal((await post.site.ask(post.carol, 'GET', 'notifications/preferences/')).email, 'off');
        });
        await t.test('a member is led into the widget, and who is not logged in is asked to', async () => {
            await post.write(post.carol, 'An answer.');
            const answer = item(page, 'mail', post.alice).first();

            await answer.waitFor({ timeout: PATIENCE_MS });
            await opens(answer);
            const link = await answer.frameLocator('iframe').getByRole('link').first().getAttribute('href');
            const nobody = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();

            await nobody.goto(link);
            await nobody.fill('[name=httpd_username]', post.alice);
            await nobody.fill('[name=httpd_password]', post.alice);
            await nobody.click('form button.primary');
            await nobody.locator('chat-widget .bubble', { hasText: 'An answer.' }).waitFor();
            await nobody.context().close();
        });
        await t.test('axe-core finds nothing, in no size, light and dark, in both languages', async () => {
            for (const lang of ['en', 'de']) {
                await page.goto(`${post.site.url}/demo/mail/?lang=${lang}`);
                await page.getByRole('heading', { name: TEXTS[lang].mailHead }).waitFor();
                for (const one of [mail, push]) {
                    await one.waitFor();
                    await opens(one);
                    await one.locator('.source').waitFor();
                }
                for (const [size, how] of LOOKS) {
                    await look(page, how);
                    assert.deepEqual(await findBarriers(page), [], `${lang}, ${size}`);
                    assert.ok(await fits(page), `${lang}, ${size}`);
                    await takePicture(page, `demo-mail-${where}-${lang}-${size}`);
                }
            }
        });
        await context.close();
    });

test('without the receiver, the page says why', async t => {
    const site = new Site('pages');
    const { context, page } = await logIn(browser, site, 'bob');
    const says = async (state, text) => {
        await page.route('**/demo/mail/data/state.json', route => route.fulfill({ contentType: 'application/json', body: state }));
        await page.goto(`${site.url}/demo/mail/`);
        await page.getByRole('status').filter({ hasText: text }).waitFor();
        await page.unroute('**/demo/mail/data/state.json');
    };

    await watchPage(page, complaints, 'bob');
    await t.test('a package is missing', async () => {
        await says('{"state": "missing", "packages": "python3-aiosmtpd python3-cryptography"}', TEXTS.en.mailMissing);
        await page.getByText('apt-get install python3-aiosmtpd python3-cryptography').waitFor();
        await look(page, { width: 320, height: 640, colorScheme: 'dark' });
        assert.deepEqual(await findBarriers(page), []);
        assert.ok(await fits(page));
    });
    await t.test('it is not wanted', () => says('{"state": "off", "packages": ""}', TEXTS.en.mailOff));
    await t.test('it did not start', () => says('{"state": "failed", "packages": ""}', TEXTS.en.mailFailed));
    await context.close();
});

test('who logs out meanwhile is sent to the form, and comes back', async () => {
    const site = new Site('pages');
    const { context, page } = await logIn(browser, site, 'bob');

    await page.goto(`${site.url}/demo/mail/`);
    await page.evaluate(() => fetch('/logout', { redirect: 'manual' })).catch(() => {}); // the page may go before it has the answer
    await page.waitForURL(`${site.url}/login.html?to=/demo/mail/`);
    await page.getByRole('button', { name: 'bob', exact: true }).click();
    await page.waitForURL(`${site.url}/demo/mail/`);
    await context.close();
});

test('no page complains', () => assert.deepEqual(complaints, []));
