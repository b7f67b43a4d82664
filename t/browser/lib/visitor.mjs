// Somebody on a page with <chat-widget>, or staff on one with <chat-inbox>, who see and do what a person would.
import assert from 'node:assert/strict';
import { logIn } from './browser.mjs';
import { watchPage } from './page.mjs';
import { waitFor } from './site.mjs';

const OUTAGE = /Failed to load resource|WebSocket connection to/; // what Chromium says of answers and networks

/** A church with one who answers and any number who write, none of whom another test knows. */
export function makePeople(site, tag, names) {
    const list = names.map(name => `${name}-${tag}`);

    for (const name of list)
        site.addLogin(name);
    const church = Number(site.sql(`
        insert into chat.users (username, display_name) values ${list.map((name, i) =>
            `('${name}', '${names[i][0].toUpperCase()}${names[i].slice(1)} Archer')`).join(', ')};
        with church as (insert into chat.churches (name) values ('St. ${tag}''s Church') returning id)
        insert into chat.church_staff (church_id, user_id)
        select church.id, u.id from church, chat.users u where u.username = '${list[0]}' returning church_id;`));

    return { church, churchName: `St. ${tag}’s Church`, names: list };
}

export class Visitor {
    complaints = [];
    element = 'chat-widget';
    refusals = []; // what Chromium said of requests that were refused or had no answer

    constructor(site, name, context, page) {
        Object.assign(this, { site, name, context, page });
    }

    static async arrive(browser, site, name, { path = '/widget.html', element = 'chat-widget', prepare = () => {}, options } = {}) {
        const { context, page } = name === null ? await nobody(browser) : await logIn(browser, site, name);
        const visitor = new this(site, name, context, page);

        visitor.element = element;
        if (options?.viewport)
            await page.setViewportSize(options.viewport);
        await page.emulateMedia({ reducedMotion: 'reduce' });
        await watchPage(page, { push: text => (OUTAGE.test(text) ? visitor.refusals : visitor.complaints).push(text) }, name ?? '');
        await page.addInitScript(() => {
            window.heard = [];
            for (const type of ['chat-open', 'chat-close', 'chat-unread', 'chat-message', 'chat-state', 'chat-error'])
                document.addEventListener(type, ({ detail }) => window.heard.push({ type, ...structuredClone(detail),
                    status: detail.problem?.status }));
        });
        await prepare(page);
        await visitor.goto(path);
        return visitor;
    }

    async goto(path) {
        await this.page.goto(`${this.site.url}${path}`);
        await this.get(this.element === 'chat-widget' ? '.launcher' : '.filters').waitFor({ state: 'attached' });
    }

    get(selector) {
        return this.page.locator(`${this.element} ${selector}`);
    }

    /** Until it is there, and says this. */
    sees(selector, text, timeout = 60000) {
        return this.get(selector).filter({ hasText: text }).first()
            .waitFor({ state: 'visible', timeout });
    }

    /** Until it is not there any more. */
    async misses(selector, timeout = 60000) {
        await this.get(selector).first().waitFor({ state: 'hidden', timeout });
    }

    async opens() {
        await this.get('.launcher').click();
        await this.get('.panel').waitFor();
    }

    /** Through the page's own code, as a button of it would. */
    async opensChurch(church) {
        await this.page.evaluate(church => document.querySelector('chat-widget').openConversation(church), church);
        await this.get('textarea').waitFor();
        await this.sees('.top:not([data-kind="loading"])', '');
        await this.is('online', 'polling');
    }

    /** Until the live connection is in one of these states. */
    is(...states) {
        return this.page.waitForFunction(states => states.includes(window.heard.findLast(({ type }) => type === 'chat-state')?.state),
            states, { timeout: 90000 });
    }

    async writes(text) {
        await this.get('textarea').fill(text);
        await this.get('textarea').press('Enter');
    }

    /** What stands in the bubbles. */
    bubbles() {
        return this.get('.bubble').allTextContents();
    }

    heard(type) {
        return this.page.evaluate(type => window.heard.filter(one => one.type === type), type);
    }

    /** What the focus is on, also in the widget: its label, or what it is. */
    focused() {
        return this.page.evaluate(() => {
            let one = document.activeElement;

            while (one?.shadowRoot?.activeElement)
                one = one.shadowRoot.activeElement;
            return one?.getAttribute('aria-label') || one?.getAttribute('placeholder') || one?.textContent.trim().slice(0, 60) ||
                one?.tagName;
        });
    }

    async focuses(text, timeout_s = 10) {
        await waitFor(async () => (await this.focused())?.includes(text), timeout_s);
        assert.ok((await this.focused())?.includes(text), `the focus is on “${await this.focused()}”, not on “${text}”`);
    }

    leave() {
        return this.context.close();
    }
}

async function nobody(browser) {
    const context = await browser.newContext();

    context.setDefaultTimeout(30000);
    return { context, page: await context.newPage() };
}
