// Both elements in Firefox: what a member and the staff do all day. Everything else is tested in Chromium; here it
// is to be seen that nothing of it is Chromium's alone.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launchFirefox, logIn } from './lib/browser.mjs';
import { findBarriers, fits, typeUntil } from './lib/page.mjs';
import { png } from './lib/png.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { makePeople } from './lib/visitor.mjs';

const TIMEOUT_MS = 60000;
const site = new Site('pages');
const { church, churchName, names: [carolName, aliceName] } = makePeople(site, 'Firefox', ['carol', 'alice']);
const complaints = [];
let browser, alice, carol;

/** Logged in, on a page of the site. */
async function arrive(name, path) {
    const { context, page } = await logIn(browser, site, name, TIMEOUT_MS);

    page.on('pageerror', error => complaints.push(`${name}: ${error.message}`));
    await page.addInitScript(() => {
        window.violations = [];
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
            window.violations.push(`${effectiveDirective} forbade ${blockedURI}`));
    });
    await page.goto(site.url + path);
    assert.match(await page.evaluate(() => navigator.userAgent), /Firefox/);
    return { context, page };
}

const widget = selector => alice.page.locator(`chat-widget ${selector}`);
const row = () => carol.page.getByRole('option').filter({ hasText: 'Alice Archer' });
const text = ({ page }) => page.getByRole('textbox', { name: 'Write a message' });
const bubble = ({ page }, content) => page.locator('.bubble', { hasText: content });

async function write(person, content) {
    await text(person).fill(content);
    await text(person).press('Enter');
    await bubble(person, content).waitFor();
}

test.before(async () => {
    browser = await launchFirefox();
    alice = await arrive(aliceName, '/bell.html');
    carol = await arrive(carolName, '/inbox.html');
});
test.after(() => browser?.close());

test('the launcher opens the panel, and Escape closes it', async () => {
    await widget('.launcher').click();
    await widget('.panel').waitFor();
    await alice.page.keyboard.press('Escape');
    await widget('.panel').waitFor({ state: 'hidden' });
    assert.equal(await alice.page.evaluate(() => document.activeElement.shadowRoot?.activeElement?.className), 'launcher');
});

test('a member writes, and the staff read it at once', async () => {
    await alice.page.evaluate(church => document.querySelector('chat-widget').openConversation(church), church);
    await write(alice, 'Good morning from Firefox! 🦊');
    await row().filter({ hasText: 'Good morning from Firefox! 🦊' }).waitFor();
    await row().locator('.pill').filter({ hasText: '1' }).waitFor();
    await row().click();
    await bubble(carol, 'Good morning from Firefox! 🦊').waitFor();
    await row().locator('.pill').waitFor({ state: 'detached' });
    await widget('.line').filter({ hasText: 'Seen' }).first().waitFor();
});

test('who types is seen typing, and answers', async () => {
    await typeUntil(text(carol), 'At half', widget('.typing').filter({ hasText: churchName }).waitFor());
    await write(carol, 'At half past five, see https://www.example.org/');
    await alice.page.bringToFront(); // of two pages one has the focus, and what nobody looks at is not read
    await bubble(alice, 'At half past five').waitFor();
    assert.equal(await bubble(alice, 'At half past five').locator('a').getAttribute('href'), 'https://www.example.org/');
});

test('a closed widget counts', async () => {
    const unread = async () => (await site.ask(aliceName, 'GET', 'conversations/unread/')).unread_count;

    assert.ok(await waitFor(async () => await unread() === 0, 30), 'what was shown is read'); // which takes a moment
    await alice.page.keyboard.press('Escape');
    await widget('.panel').waitFor({ state: 'hidden' });
    await write(carol, 'And bring a candle.');
    await widget('.badge').filter({ hasText: '1' }).waitFor();
    await alice.page.bringToFront();
    await widget('.launcher').click();
    await bubble(alice, 'And bring a candle.').waitFor();
    await widget('.badge').waitFor({ state: 'hidden' });
});

test('a picture has its place, and is shown in full', async () => {
    const { conversations: [{ id }] } = await site.ask(carolName, 'GET', 'conversations/');

    await site.upload(carolName, id, { name: 'wide.png', bytes: png(1200, 500) });
    await site.upload(carolName, id, { name: 'tall.png', bytes: png(30, 2000) });
    await widget('.picture').nth(1).waitFor();
    const size = await widget('.picture').first().evaluate(one => one.offsetWidth / one.offsetHeight);

    assert.ok(Math.abs(size - 1200 / 500) < 0.05, `${size}`);
    await alice.page.waitForFunction(() => [...document.querySelector('chat-widget').shadowRoot.querySelectorAll('.picture img')]
        .some(image => image.naturalWidth > 0));
    await widget('.picture').nth(1).focus();
    await alice.page.keyboard.press('Enter');
    await widget('.viewer').waitFor();
    await alice.page.keyboard.press('ArrowLeft');
    await widget('.stage > img[alt="wide.png"]').waitFor();
    assert.equal(await widget('.stage > img').getAttribute('alt'), 'wide.png');
    await alice.page.keyboard.press('Escape');
    await widget('.viewer').waitFor({ state: 'hidden' });
    assert.ok(await widget('.panel').isVisible());
    assert.equal(await widget('.picture:focus img').getAttribute('alt'), 'tall.png');
});

test('the bell counts, and leads into the conversation', async () => {
    const bell = selector => alice.page.locator(`chat-bell ${selector}`);

    await alice.page.keyboard.press('Escape');
    await widget('.panel').waitFor({ state: 'hidden' });
    await write(carol, 'One of wax.');
    await bell('.badge').filter({ hasText: '1' }).waitFor();
    await bell('.bell').click();
    await bell('[role=option]').filter({ hasText: 'One of wax.' }).click();
    await alice.page.bringToFront();
    await bubble(alice, 'One of wax.').waitFor();
    await bell('.badge').waitFor({ state: 'hidden' });
    await bell('.bell').click();
    await alice.page.getByRole('button', { name: 'Settings' }).click();
    await alice.page.getByRole('button', { name: 'Save' }).click();
    await bell('.buttons [role=status]').filter({ hasText: 'Saved' }).waitFor();
    await alice.page.keyboard.press('Escape');
});

test('what was said is there after a reload, in order', async () => {
    await alice.page.reload();
    await alice.page.evaluate(church => customElements.whenDefined('chat-widget').then(() =>
        document.querySelector('chat-widget').openConversation(church)), church);
    await bubble(alice, 'And bring a candle.').waitFor();
    assert.deepEqual((await alice.page.locator('.bubble').allTextContents()).map(said => said.trim().slice(0, 7)),
        ['Good mo', 'At half', 'And bri', 'One of ']);
});

test('files are chosen, made smaller, and sent', async () => {
    const { conversations: [{ id }] } = await site.ask(aliceName, 'GET', 'conversations/');
    // With so much in it that the smaller one has fewer bytes.
    const photo = await alice.page.evaluate(() => {
        const canvas = Object.assign(document.createElement('canvas'), { width: 3000, height: 1500 });
        const context = canvas.getContext('2d');

        for (let i = 0; i < 3000; i++) {
            context.fillStyle = `hsl(${i * 7} 80% 50%)`;
            context.fillRect(i * 37 % 3000, i * 91 % 1500, 60, 60);
        }
        return canvas.toDataURL('image/jpeg', 0.95);
    });
    const [chooser] = await Promise.all([alice.page.waitForEvent('filechooser'), alice.page.getByRole('button', { name: 'Attach files' }).click()]);

    await chooser.setFiles([{ name: 'nave.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(photo.split(',')[1], 'base64') },
        { name: 'hymns.txt', mimeType: 'text/plain', buffer: Buffer.from('Abide with me\n') }]);
    await widget('.tray li').nth(1).waitFor();
    await text(alice).fill('From the organ loft');
    await widget('.send:not([aria-disabled])').waitFor();
    await alice.page.getByRole('button', { name: 'Send', exact: true }).click();
    await waitFor(async () => {
        const { messages } = await site.ask(carolName, 'GET', `conversations/${id}/messages/`);
        const sent = messages.filter(({ attachment }) => ['nave.jpg', 'hymns.txt'].includes(attachment?.name));

        return sent.length === 2 && sent[0].attachment.width === 2048 && sent[0].attachment.height === 1024
            && sent[1].attachment.content_type === 'text/plain' && sent.some(({ content }) => content === 'From the organ loft');
    }, 30);
    await widget('.line.pending').first().waitFor({ state: 'detached' });
    await carol.page.bringToFront();
    await carol.page.locator('.picture img[alt="nave.jpg"]').waitFor();
    await carol.page.getByText('hymns.txt').first().waitFor();
});

test('the keyboard finds and opens a conversation', async () => {
    await carol.page.getByRole('searchbox').fill('alice');
    await carol.page.getByRole('searchbox').press('ArrowDown');
    await waitFor(() => carol.page.evaluate(() => document.activeElement.shadowRoot?.activeElement?.getAttribute('role') === 'option'), 30);
    await carol.page.keyboard.press('Enter');
    await waitFor(() => carol.page.evaluate(() => document.activeElement.shadowRoot?.activeElement?.localName === 'textarea'), 30);
    await text(carol).waitFor();
});

test('narrow, dark and in German', async () => {
    for (const [{ page }, path] of [[alice, '/st-marys.html?lang=de'], [carol, '/inbox.html?lang=de']]) {
        await page.setViewportSize({ width: 320, height: 640 });
        await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
        await page.goto(site.url + path);
        await page.getByText('Abmelden').first().waitFor({ state: 'attached' });
        await page.locator('chat-widget .launcher, chat-inbox [role=option]').first().waitFor();
        assert.ok(await fits(page), path);
        assert.deepEqual(await findBarriers(page), [], path);
    }
});

test('the demo shows both sides in one page, each with its own login', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();

    context.setDefaultTimeout(TIMEOUT_MS);
    await page.goto(`${site.url}/side-by-side.html`);
    for (const [side, name] of [['member', 'alice'], ['staff', 'carol']])
        await page.frameLocator(`[name=${side}]`).locator('.who b').filter({ hasText: name }).waitFor();
    await page.frameLocator('[name=staff]').getByRole('option').filter({ hasText: 'Alice Archer' }).waitFor();
    await context.close();
});

test('no page complains', async () => {
    for (const { page } of [alice, carol])
        complaints.push(...await page.evaluate(() => window.violations));
    assert.deepEqual(complaints, []);
});
