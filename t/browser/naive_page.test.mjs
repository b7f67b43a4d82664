// A page that puts names into HTML as they come, and JSON into a script: whatever people call themselves
// and whatever they write, it shows them and runs nothing of theirs.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch, logIn } from './lib/browser.mjs';
import { Site } from './lib/site.mjs';

const attacks = [
    '<script>harm()</script>',
    '<img src=x onerror=harm()>',
    '"><img src=x onerror=harm()>',
    '" onmouseover="harm()" onfocus="harm()" autofocus x="',
    '\'"--></title></textarea></style></script><svg onload=harm()>',
    '<svg><animate onbegin=harm() attributeName=x dur=1s>',
    '&lt;img src=x onerror=harm()&gt;',
    '&quot; onmouseover=&quot;harm()',
    '&#60;script&#62;harm()&#60;/script&#62;',
    '\\u003cscript\\u003eharm()\\u003c/script\\u003e',
    '\u{ff1c}script\u{ff1e}harm()\u{ff1c}/script\u{ff1e}',
    '${harm()}{{harm()}}',
    'javascript:harm()',
    '<!--<script>',
    '<base href=//evil.example/>',
    '<meta http-equiv=refresh content="0;url=//evil.example/">',
    '<iframe srcdoc="<script>parent.harm()</script>">',
    '<\u0001script>harm()</\u0007script>',
    'evil\u{202e}gpj.exe\u{2066}',
    'x";\u{2028}harm();//\u{2029}y',
    'O\'Brien & Søn',
];
const pictures = ['javascript:harm()', 'x" onerror="harm()', '"><script>harm()</script>',
    'data:text/html,<script>harm()</script>', 'https://evil.example/" onload="harm()', '/picture.png'];

let browser;
const site = new Site('plain');
test.before(async () => { browser = await launch(); });
test.after(() => browser?.close());

/* One member for each attack, whose name and picture come with the request. */
async function makeMembers() {
    for (const [i, attack] of attacks.entries()) {
        const name = `naive${i}`;
        // A header carries no control characters; these come as a program would send them, in UTF-8.
        const headers = {
            'X-Name': Buffer.from(attack.replace(/[\0-\x1f]/g, '')).toString('latin1'),
            'X-Avatar': pictures[i % pictures.length],
        };

        site.addLogin(name);
        const { conversation } = await site.ask(name, 'POST', 'conversations/', { json: { church_id: 1 }, headers });

        await site.ask(name, 'POST', `conversations/${conversation.id}/messages/`, { json: { content: attack }, headers });
    }
}

/* Where anything runs that should not, or anything is asked for that should not: what it was. */
async function watch(context, page) {
    const seen = [];

    page.on('dialog', dialog => { seen.push(`dialog ${dialog.message()}`); return dialog.dismiss(); });
    page.on('pageerror', error => seen.push(`error ${error.message}`));
    page.on('framenavigated', frame => { if (frame !== page.mainFrame()) seen.push(`frame ${frame.url()}`); });
    context.on('page', other => seen.push(`window ${other.url()}`));
    await context.route(url => url.origin !== site.url, route => {
        if (!['image'].includes(route.request().resourceType()))
            seen.push(`request ${route.request().url()}`);
        return route.abort();
    });
    return seen;
}

/* Elements and attributes on the page, without their values. */
function shape(page, selector) {
    return page.$$eval(selector, elements => [...new Set(elements.map(element =>
        [element, ...element.querySelectorAll('*')].map(one =>
            `${one.localName}[${[...one.attributes].map(a => a.name).sort()}]`).join(' ')))]);
}

test('names in HTML', async t => {
    const { context, page } = await logIn(browser, site, 'carol');
    const seen = await watch(context, page);

    await makeMembers();
    await page.goto(`${site.url}/naive.html`);
    await page.waitForFunction(() => document.title === 'shown');

    await t.test('all of them are shown', async () => {
        assert.ok(await page.locator('.conversation').count() >= attacks.length);
        const quotes = await page.$$eval('.message q', list => list.map(q => q.textContent));

        for (const attack of attacks) // what people write comes back as it was, but for control characters
            assert.ok(quotes.includes(attack.replace(/[\0-\x1f]/g, '')), JSON.stringify(attack));
    });
    await t.test('they make no element and no attribute', async () => {
        assert.deepEqual(await shape(page, '#list > *'),
            ['li[class,data-name,title] img[alt,src] a[aria-label,href] input[name,type,value]']);
        assert.deepEqual(await shape(page, '#messages > *'), ['li[class,title] img[alt,src] b[] q[]']);
    });
    await t.test('they do not turn the text around', async () =>
        assert.doesNotMatch(await page.locator('#list').innerText(), /[\u202a-\u202e\u2066-\u2069]/));
    await t.test('pictures are pictures', async () => {
        for (const src of await page.$$eval('img', list => list.map(img => img.getAttribute('src'))))
            assert.match(src, /^(\/|https:\/\/)[^"<>]*$/);
    });
    await t.test('a name keeps all its letters, an apostrophe as the typographic one', async () =>
        assert.equal(await page.locator('.conversation[title="O’Brien & Søn"]').count(), 1));
    await t.test('nothing runs, also under the mouse and in the focus', async () => {
        for (const element of await page.$$('#list a, #list img, #messages b')) {
            await element.dispatchEvent('mouseover');
            await element.dispatchEvent('focus');
        }
        assert.deepEqual(await page.evaluate(() => window.harmed), []);
        assert.deepEqual(seen, []);
    });
    await context.close();
});

test('answers in a script', async t => {
    const { context, page } = await logIn(browser, site, 'carol');
    const seen = await watch(context, page);
    const answer = await page.request.get(`${site.url}/api/conversations/?limit=200`);
    const body = await answer.text();

    await page.route(`${site.url}/embedded.html`, route => route.fulfill({
        contentType: 'text/html; charset=utf-8',
        body: `<!DOCTYPE html><title>embedded</title><script>
            window.harmed = []; window.harm = () => window.harmed.push('called');
            window.data = ${body};</script><p>the end</p>`,
    }));
    await page.goto(`${site.url}/embedded.html`);
    await t.test('they are what they are outside', async () => {
        assert.deepEqual(await page.evaluate(() => window.data), JSON.parse(body));
        assert.deepEqual(await page.$$eval('body > *', list => list.map(e => e.localName)), ['p']);
    });
    await t.test('and nothing runs', async () => {
        assert.deepEqual(await page.evaluate(() => window.harmed), []);
        assert.deepEqual(seen, []);
    });
    await t.test('opened as a page, they are text', async () => {
        await page.goto(`${site.url}/api/conversations/`);
        assert.equal(await page.locator('script, img, svg').count(), 0);
    });
    await context.close();
});
