// conf/tls.conf, as the browser takes it: pages work, and what is not allowed does not.
import assert from 'node:assert/strict';
import test from 'node:test';
import { startAttacker } from './lib/attacker.mjs';
import { fetchInPage, launch, logIn } from './lib/browser.mjs';
import { Site } from './lib/site.mjs';

const site = new Site('tls');
let browser;
test.before(async () => { browser = await launch(); });
test.after(() => browser?.close());

/* Each field once, whoever sent it. */
const expected = {
    'strict-transport-security': /^max-age=\d{8,}$/,
    'content-security-policy': /^default-src 'self';.*frame-ancestors 'none'/,
    'x-frame-options': /^DENY$/,
    'x-content-type-options': /^nosniff$/,
    'referrer-policy': /^same-origin$/,
    'cross-origin-opener-policy': /^same-origin$/,
    'cross-origin-resource-policy': /^same-origin$/,
};

test('every answer has the headers', async t => {
    const Authorization = `Basic ${btoa('alice:alice')}`;
    const answers = {
        'a page': ['/login.html', {}, 200],
        'a page that is not there': ['/nowhere', {}, 404],
        'the API': ['/api/conversations/', { headers: { Authorization } }, 200],
        'the API without a login': ['/api/conversations/', {}, 401],
        'a refusal of the API': ['/api/conversations/999999999/', { headers: { Authorization } }, 404],
        'a refused foreign page': ['/api/conversations/',
            { method: 'POST', headers: { Authorization, Origin: 'https://evil.example' } }, 403],
    };

    for (const [what, [path, options, status]] of Object.entries(answers)) {
        await t.test(what, async () => {
            const answer = await fetch(site.url + path, options);

            assert.equal(answer.status, status);
            for (const [name, value] of Object.entries(expected))
                assert.match(answer.headers.get(name) ?? 'missing', value, name);
        });
    }
});

test('files as large as the module takes', async () => {
    const { conversation } = await site.ask('alice', 'POST', 'conversations/', { json: { church_id: 1 } });
    const form = new FormData();

    form.append('attachment', new Blob(['a line\n'.repeat(1_400_000)]), 'large.txt');
    const answer = await fetch(`${site.url}/api/conversations/${conversation.id}/messages/`,
        { method: 'POST', headers: { Authorization: `Basic ${btoa('alice:alice')}` }, body: form });

    assert.equal(answer.status, 201, await answer.text());
});

test('the cookies go by TLS only, and to the host that set them', async () => {
    const { context, page } = await logIn(browser, site, 'alice');

    await fetchInPage(page, 'GET', 'conversations/');
    const cookies = Object.fromEntries((await context.cookies(site.url)).map(c => [c.name, c]));

    assert.deepEqual(Object.keys(cookies).sort(), ['__Host-chat_session', 'chat_csrf']);
    assert.ok(Object.values(cookies).every(c => c.secure && c.sameSite === 'Lax' && c.path === '/'));
    assert.equal(cookies['__Host-chat_session'].httpOnly, true);
    await context.close();
});

test('the pages of the demo break no rule of the policy', async () => {
    const { context, page } = await logIn(browser, site, 'alice');
    const complaints = [];

    page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()); });
    for (const path of ['/', '/login.html'])
        await page.goto(site.url + path, { waitUntil: 'networkidle' });
    assert.deepEqual(complaints.filter(text => !text.includes('favicon')), []);
    await context.close();
});

test('what somebody got into a page does not run there', async () => {
    const { context, page } = await logIn(browser, site, 'alice');
    const violated = await page.evaluate(async () => {
        const violations = [];

        document.addEventListener('securitypolicyviolation', event => violations.push(event.effectiveDirective));
        window.harmed = 0;
        document.body.insertAdjacentHTML('beforeend', '<img src="/none" onerror="harmed++"><base href="https://evil.example/">');
        document.body.append(Object.assign(document.createElement('script'), { textContent: 'harmed++' }));
        document.body.append(Object.assign(document.createElement('script'), { src: 'https://evil.example/x.js' }));
        await fetch('https://evil.example/').catch(() => {});
        await new Promise(resolve => setTimeout(resolve, 200));
        return { harmed: window.harmed, violations: [...new Set(violations)].sort() };
    });

    assert.deepEqual(violated, {
        harmed: 0,
        violations: ['base-uri', 'connect-src', 'script-src-attr', 'script-src-elem'],
    });
    await context.close();
});

test('nobody frames a page', async t => {
    const attacker = await startAttacker(site);

    t.after(() => attacker.stop());
    const { context } = await logIn(browser, site, 'alice');
    const page = await context.newPage();

    await page.goto(`${attacker.sameSite}/page`);
    await page.evaluate(url => new Promise(resolve => {
        const frame = Object.assign(document.createElement('iframe'), { src: url, onload: resolve });

        document.body.append(frame);
    }), `${site.url}/`);
    assert.match(page.frames()[1].url(), /^chrome-error:/);
    await context.close();
});
