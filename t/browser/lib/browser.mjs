// Chromium or Firefox, and people in it. Each person has a context of their own: cookies are not shared.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';

const { chromium, firefox } = createRequire(process.env.CHAT_BROWSER_MODULES)('playwright-core');

/** `keepsPages`: with the back/forward cache, which playwright switches off otherwise. */
export function launch({ keepsPages = false } = {}) {
    return chromium.launch({
        executablePath: '/usr/bin/chromium',
        chromiumSandbox: false, // root has none; all pages are our own
        ignoreDefaultArgs: keepsPages ? ['--disable-back-forward-cache'] : [],
        args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync'],
    });
}

/**
 * Debian's Firefox, by WebDriver BiDi: playwright's own way needs a Firefox that was patched for it. Its home is made
 * for it, as Firefox does not start in that of another user. `firefoxUserPrefs`: settings, as in about:config.
 */
export async function launchFirefox(firefoxUserPrefs = {}) {
    const home = mkdtempSync(`${tmpdir()}/mod_chat-firefox-`);
    const browser = await firefox.launch({
        channel: 'moz-firefox',
        executablePath: '/usr/bin/firefox-esr',
        firefoxUserPrefs,
        env: { ...process.env, HOME: home },
        timeout: 120000,
    });

    browser.on('disconnected', () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
    return browser;
}

/** A context with one page, logged in by the form as a person would do it. */
export async function logIn(browser, site, name, timeout_ms = 30000) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();

    context.setDefaultTimeout(timeout_ms);
    await page.goto(`${site.url}/login.html`);
    await page.fill('[name=httpd_username]', name);
    await page.fill('[name=httpd_password]', name);
    await page.click('button');
    await page.waitForURL(`${site.url}/`);
    return { context, page };
}

/** What a page of the site does: fetch, with the token of the cookie unless `token` says otherwise. */
export function fetchInPage(page, method, path, { json, token, headers = {} } = {}) {
    return page.evaluate(async ([method, path, json, token, headers]) => {
        const cookie = document.cookie.split('; ').find(c => c.startsWith('chat_csrf='));
        const given = token === undefined ? cookie?.slice('chat_csrf='.length) : token;
        const answer = await fetch(`/api/${path}`, {
            method,
            headers: {
                ...json === undefined ? {} : { 'Content-Type': 'application/json' },
                ...given === undefined || given === null ? {} : { 'X-CSRFToken': given },
                ...headers,
            },
            body: json === undefined ? undefined : JSON.stringify(json),
        });
        const text = await answer.text();

        return { status: answer.status, json: text ? JSON.parse(text) : null };
    }, [method, path, json, token, headers]);
}

/** The value of a cookie of the site, or undefined. */
export async function cookieOf(context, site, name) {
    return (await context.cookies(site.url)).find(c => c.name === name)?.value;
}
