// A page that puts names into HTML as they come, and JSON into a script: whatever people call themselves
// and whatever they write, it shows them and runs nothing of theirs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { launch, logIn } from './lib/browser.mjs';
import { png } from './lib/png.mjs';
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
            ['li[class,data-name,title] img[alt,src] a[aria-label,href] input[name,type,value] i[]']);
        assert.deepEqual(await shape(page, '#messages > *'), ['li[class,title] img[alt,src] b[] q[]']);
    });
    await t.test('they do not turn the text around', async () =>
        assert.doesNotMatch((await page.locator('#list a').allInnerTexts()).join(), /[\u202a-\u202e\u2066-\u2069]/));
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

/* What people do with files on a page that was written from the API's description alone. */
test('files, by a form', async t => {
    site.addLogin('naive-files');
    const { conversation } = await site.ask('naive-files', 'POST', 'conversations/', { json: { church_id: 2 } });
    const people = {};

    for (const [who, name] of [['member', 'naive-files'], ['staff', 'dave']]) {
        const { context, page } = await logIn(browser, site, name);

        people[who] = { context, page, seen: await watch(context, page) };
    }
    const open = async ({ page }) => {
        await page.goto('about:blank');
        await page.goto(`${site.url}/naive.html#${conversation.id}`);
        await page.waitForFunction(() => document.title === 'shown');
    };
    const send = async ({ page }, content, file) => {
        await page.fill('[name=content]', content);
        await page.setInputFiles('[name=attachment]', file ?? []);
        await page.click('#upload button');
        await page.waitForFunction(() => document.title === 'shown');
        return page.textContent('#problem');
    };
    const last = ({ page }) => page.textContent(`#list li:has(a[href="#${conversation.id}"]) i`);
    const picture = ({ page }, name) => page.waitForFunction(name => [...document.querySelectorAll('.picture')]
        .some(image => image.alt === name && image.complete && image.naturalWidth === image.width && image.naturalHeight === image.height), name);
    const { member, staff } = people;

    await open(member);
    for (const [who, writer, reader] of [['a member', member, staff], ['staff', staff, member]])
        await t.test(`of ${who}`, async () => {
            await open(writer);
            assert.equal(await send(writer, '', { name: `Plan of ${who}.png`, mimeType: 'image/png', buffer: png(30, 20) }), '');
            await picture(writer, `Plan of ${who}.png`);
            assert.equal(await last(writer), `Plan of ${who}.png`);
            await open(reader);
            await picture(reader, `Plan of ${who}.png`);
            assert.equal(await last(reader), `Plan of ${who}.png`, 'its name stands in lists');
            assert.equal(await send(writer, 'With words', { name: 'Müller & תמונה.txt', mimeType: 'text/html', buffer: Buffer.from(`Of ${who}.`) }), '');
            await open(reader);
            assert.equal(await last(reader), 'With words');
            const coming = reader.page.waitForEvent('download');

            await reader.page.locator('.file').last().click();
            const download = await coming;

            assert.equal(download.suggestedFilename(), 'Müller & תמונה.txt');
            assert.equal(readFileSync(await download.path(), 'utf8'), `Of ${who}.`);
        });
    await t.test('a form without a file is a message', async () => {
        assert.equal(await send(member, 'Only words'), '');
        assert.equal(await last(member), 'Only words');
    });
    await t.test('what is refused says why', async () =>
        assert.match(await send(member, 'A page', { name: 'page.txt', mimeType: 'text/plain', buffer: Buffer.from('<!DOCTYPE html><html><script>harm()</script></html>') }), /\w{3}/));
    await t.test('names of files do no harm in HTML', async () => {
        for (const [i, attack] of attacks.entries()) {
            const name = attack.replace(/[\0-\x1f\x7f]/g, ''); // no header carries them

            await site.upload('naive-files', conversation.id, { name: `${name}.txt`, bytes: `number ${i}` });
            await site.upload('naive-files', conversation.id, { name: `${name}.png`, bytes: png(3, 2) });
        }
        await open(staff);
        assert.deepEqual((await shape(staff.page, '#messages > li:has(.file, .picture)')).sort(), [
            'li[class,title] img[alt,src] b[] q[] a[class,download,href]',
            'li[class,title] img[alt,src] b[] q[] img[alt,class,height,src,width]']);
        for (const element of await staff.page.$$('.file, .picture')) {
            await element.dispatchEvent('mouseover');
            await element.dispatchEvent('focus');
        }
        const urls = await staff.page.$$eval('.file, .picture', all => all.map(one => one.getAttribute('href') ?? one.getAttribute('src')));

        for (const url of urls)
            assert.equal((await staff.page.request.get(site.url + url)).status(), 200, url);
    });
    for (const { context, page, seen } of Object.values(people)) {
        assert.deepEqual(await page.evaluate(() => window.harmed), []);
        assert.deepEqual(seen, []);
        await context.close();
    }
});
