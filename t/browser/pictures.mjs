// README's pictures, taken of the demo: make pictures. The same demo gives the same pictures, as its story ends at a
// fixed moment and that is also the time of the browser.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import assert from 'node:assert/strict';
import test from 'node:test';
import { launch } from './lib/browser.mjs';
import { Site } from './lib/site.mjs';

const FOLDER = 'conf/demo/pictures';
const NOW = '2026-05-14T15:00:00Z';
const BYTES_MAX = 80000;
const site = new Site('pages');
let browser;

/** A page of that size, at that moment. */
async function open(path, { width, height, colorScheme = 'light' }) {
    const context = await browser.newContext({
        viewport: { width, height }, colorScheme, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC',
        ignoreHTTPSErrors: true,
    });
    const page = await context.newPage();

    context.setDefaultTimeout(60000);
    await page.clock.setFixedTime(NOW);
    await page.goto(site.url + path);
    return page;
}

async function logIn(page, name, path) {
    await page.getByRole('button', { name, exact: true }).click();
    await page.getByRole('heading', { name: 'Welcome' }).waitFor();
    await page.goto(site.url + path);
}

/** Written in few colours. */
async function take(page, name) {
    const file = `${FOLDER}/${name}.png`;

    await page.mouse.move(0, 0);
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.screenshot({ path: file, animations: 'disabled' });
    execFileSync('pngquant', ['--force', '--skip-if-larger', '--strip', '--speed', '1', '--output', file, '128', file]);
    assert.ok(statSync(file).size < BYTES_MAX, `${file} is small`);
    await page.context().close();
}

test.before(async () => {
    site.sql(`set client_min_messages = warning;
        truncate chat.messages, chat.conversations restart identity cascade;
        set chat.demo_now = '${NOW}';
        \\i sql/demo.sql
        update chat.messages set read_at = '${NOW}' where read_at is null and from_church;`);
    browser = await launch();
});
test.after(() => browser?.close());

test('a member and the staff, side by side', async () => {
    const page = await open('/side-by-side.html', { width: 1280, height: 720 });
    const member = page.frameLocator('[name=member]');
    const staff = page.frameLocator('[name=staff]');

    await staff.getByRole('option').filter({ hasText: 'Alice Archer' }).click();
    await member.getByRole('button', { name: 'Message', exact: true }).click();
    for (const side of [member, staff])
        await side.locator('.bubble').filter({ hasText: 'He is welcome to' }).waitFor();
    await take(page, 'side-by-side');
});

test('a member writes from the page of a church', async () => {
    const page = await open('/login.html', { width: 1000, height: 660 });

    await logIn(page, 'alice', '/st-marys.html');
    await page.getByRole('button', { name: 'Message', exact: true }).click();
    await page.locator('.bubble').filter({ hasText: 'He is welcome to' }).waitFor();
    await page.getByRole('textbox', { name: 'Write a message' }).fill('That is good news! He will be there early');
    await take(page, 'message');
});

test('the staff answer from the inbox that they share', async () => {
    const page = await open('/login.html', { width: 1000, height: 660, colorScheme: 'dark' });

    await logIn(page, 'dave', '/inbox.html');
    await page.getByRole('option').filter({ hasText: 'Priya Nair' }).click();
    await page.locator('.bubble').filter({ hasText: 'He has not been so happy' }).waitFor();
    await take(page, 'inbox');
});
