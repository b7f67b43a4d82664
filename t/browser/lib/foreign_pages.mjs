// Pages of other origins, opened by somebody who is logged in, do all that a page can do to write in
// their name. Nothing may come of it, and nothing may be read. That the browser sent the user's cookie
// along, and the server refused, is seen in the access log: else it would be the browser that was tested.
// Two files run this at once: foreign_pages.test.mjs, and foreign_pages_tls.test.mjs for the hardened host.
import assert from 'node:assert/strict';
import test from 'node:test';
import { startAttacker } from './attacker.mjs';
import { cookieOf, fetchInPage, launch, logIn } from './browser.mjs';
import { Site, waitFor } from './site.mjs';

// Each runs in the attacking page. `arrives` says what the server gets to see: the request itself, only
// the question whether it may be sent (OPTIONS), or a request for reading.
const deliveries = {
    'a form': {
        arrives: 'POST',
        run: ({ url, form }) => window.submitForm(url, 'application/x-www-form-urlencoded', form),
    },
    'a form of several parts': {
        arrives: 'POST',
        run: ({ url, form }) => window.submitForm(url, 'multipart/form-data', form),
    },
    'a form of plain text that is JSON': {
        arrives: 'POST',
        run: ({ url, smuggled }) => window.submitForm(url, 'text/plain', smuggled),
    },
    'a form that names another method': {
        arrives: 'POST',
        run: ({ url, form }) => window.submitForm(`${url}&_method=PUT`, 'text/plain', { ...form, _method: 'PUT' }),
    },
    'a form without fields': {
        arrives: 'POST',
        run: ({ url }) => window.submitForm(url, 'text/plain', {}),
    },
    'a form from a page without referrer': {
        arrives: 'POST',
        run: ({ url, smuggled }) => {
            const meta = document.createElement('meta');

            meta.name = 'referrer';
            meta.content = 'no-referrer';
            document.head.append(meta);
            window.submitForm(url, 'text/plain', smuggled);
            meta.content = 'strict-origin-when-cross-origin';
        },
    },
    'a form from a sandboxed frame': {
        arrives: 'POST',
        isAnonymous: true, // a frame of no origin is another site, always
        run: ({ url, json }) => {
            const frame = document.createElement('iframe');

            frame.sandbox = 'allow-forms allow-scripts';
            frame.srcdoc = `<form method="post" enctype="text/plain" action="${url}">
                <input name='${JSON.stringify(json).slice(0, -1)},"x":"' value='"}'></form>
                <script>document.forms[0].submit()</` + 'script>';
            document.body.append(frame);
        },
    },
    'a form that another site sends on': {
        arrives: 'POST',
        run: ({ url, smuggled }) =>
            window.submitForm(`/307?to=${encodeURIComponent(url)}`, 'text/plain', smuggled),
    },
    'fetch of plain text': {
        arrives: 'POST',
        run: ({ url, json }) => fetch(url, {
            method: 'POST', mode: 'no-cors', credentials: 'include', body: JSON.stringify(json),
        }).catch(() => {}),
    },
    'fetch without a body': {
        arrives: 'POST',
        run: ({ url }) => fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include' }).catch(() => {}),
    },
    'fetch that outlives the page': {
        arrives: 'POST',
        run: ({ url, json }) => fetch(url, {
            method: 'POST', mode: 'no-cors', credentials: 'include', keepalive: true, body: JSON.stringify(json),
        }).catch(() => {}),
    },
    'fetch that wants to read the answer': {
        arrives: 'POST',
        run: ({ url, json }) => window.mustFail(fetch(url, {
            method: 'POST', credentials: 'include', body: JSON.stringify(json),
        })),
    },
    'fetch that another site sends on': {
        arrives: 'POST',
        run: ({ url, json }) => window.mustFail(fetch(`/307?to=${encodeURIComponent(url)}`, {
            method: 'POST', credentials: 'include', body: JSON.stringify(json),
        })),
    },
    'fetch of JSON without asking': {
        arrives: 'POST', // no-cors turns the type into text/plain
        run: ({ url, json }) => fetch(url, {
            method: 'POST', mode: 'no-cors', credentials: 'include',
            headers: { 'Content-Type': 'application/json', 'X-CSRFToken': 'x' }, body: JSON.stringify(json),
        }).catch(() => {}),
    },
    'fetch of JSON': {
        arrives: 'OPTIONS',
        run: ({ url, json }) => window.mustFail(fetch(url, {
            method: 'POST', credentials: 'include',
            headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(json),
        })),
    },
    'fetch with a stolen token': {
        arrives: 'OPTIONS',
        run: ({ url, json, token }) => window.mustFail(fetch(url, {
            method: 'POST', credentials: 'include',
            headers: { 'X-CSRFToken': token }, body: JSON.stringify(json),
        })),
    },
    'fetch with another method': {
        arrives: 'OPTIONS',
        run: ({ url, json }) => window.mustFail(fetch(url, {
            method: 'PUT', credentials: 'include', body: JSON.stringify(json),
        })),
    },
    'XMLHttpRequest': {
        arrives: 'POST',
        run: ({ url, json }) => window.mustFail(new Promise((resolve, reject) => {
            const request = new XMLHttpRequest();

            request.open('POST', url);
            request.withCredentials = true;
            request.onload = resolve;
            request.onerror = reject;
            request.send(JSON.stringify(json));
        })),
    },
    'a beacon of text': {
        arrives: 'POST',
        run: ({ url, json }) => { navigator.sendBeacon(url, JSON.stringify(json)); },
    },
    'a beacon of a form': {
        arrives: 'POST',
        run: ({ url, form }) => { navigator.sendBeacon(url, new URLSearchParams(form)); },
    },
    'a beacon of JSON': {
        arrives: 'OPTIONS',
        run: ({ url, json }) => {
            navigator.sendBeacon(url, new Blob([JSON.stringify(json)], { type: 'application/json' }));
        },
    },
    'a picture': {
        arrives: 'GET',
        run: ({ url }) => window.mustFail(window.load('img', { src: url })),
    },
};

// Reading, where the answer is there for the cookie's owner: the page must not come to see it.
const readings = {
    'a script': ({ url }) => window.mustFail(window.load('script', { src: url })),
    'a style sheet': ({ url }) => window.mustFail(window.load('link', { rel: 'stylesheet', href: url })),
    'fetch': ({ url }) => window.mustFail(fetch(url, { credentials: 'include' })),
    'fetch without asking': async ({ url }) => {
        const answer = await fetch(url, { mode: 'no-cors', credentials: 'include' }).catch(() => null);

        if (answer && (answer.type !== 'opaque' || await answer.text() !== ''))
            throw new Error('the page has read an answer');
    },
    'a frame': async ({ url }) => {
        const frame = await window.load('iframe', { src: url });

        try {
            void frame.contentWindow.document.body.textContent;
        } catch {
            return;
        }
        throw new Error('the page has looked into a frame');
    },
};

/* What the functions above have at hand in the page. */
function prepare() {
    window.submitForm = (url, type, fields, target = null) => {
        const frame = document.createElement('iframe');
        const form = document.createElement('form');

        frame.name = `frame${Math.random()}`;
        Object.assign(form, { method: 'post', action: url, enctype: type, target: target ?? frame.name });
        for (const [name, value] of Object.entries(fields)) {
            const input = document.createElement('input');

            Object.assign(input, { type: 'hidden', name, value });
            form.append(input);
        }
        document.body.append(...target === null ? [frame, form] : [form]);
        form.submit();
    };
    window.load = (tag, properties) => new Promise((resolve, reject) => {
        const element = Object.assign(document.createElement(tag), properties);

        element.onload = () => resolve(element);
        element.onerror = () => reject(new Error('not loaded'));
        document.body.append(element);
    });
    window.mustFail = async promise => {
        try {
            await promise;
        } catch {
            return;
        }
        throw new Error('the page got an answer');
    };
}

function targetsOf(id) {
    return {
        open: { path: 'conversations/', json: { church_id: 2 } },
        send: { path: `conversations/${id}/messages/`, json: { content: 'I never wrote this' } },
        read: { path: `conversations/${id}/read/`, json: {} },
        typing: { path: `conversations/${id}/typing/`, json: { is_typing: true } },
    };
}

/* The JSON as the one field of a form of plain text: name=value, with the = inside of a string. */
function smuggle(json) {
    const members = JSON.stringify(json).slice(1, -1);

    return { [`{${members}${members ? ',' : ''}"x":"`]: '"}' };
}

/* A page of the attacker in the victim's browser. */
async function attackPage(context, origin) {
    const page = await context.newPage();

    await page.goto(`${origin}/page`);
    await page.evaluate(prepare);
    return page;
}

/* A victim with something to lose: an unread message, and a church they have not talked to. */
async function victim(browser, site, name) {
    const { conversation } = await site.ask(name, 'POST', 'conversations/', { json: { church_id: 1 } });

    await site.ask('carol', 'POST', `conversations/${conversation.id}/messages/`,
        { json: { content: `Good morning, ${name}!` } });
    const { context, page } = await logIn(browser, site, name);

    assert.equal((await fetchInPage(page, 'GET', 'conversations/')).status, 200);
    return { name, context, page, id: conversation.id, token: await cookieOf(context, site, 'chat_csrf') };
}

/* Whatever was tried: the browser was logged in all the time, and its own page may write. */
async function ownPageStillWorks(site, who) {
    const text = `I wrote this, after ${Date.now()}`;
    const { status, json } = await fetchInPage(who.page, 'POST', `conversations/${who.id}/messages/`,
        { json: { content: text } });

    assert.equal(status, 201, JSON.stringify(json));
    const { messages } = await site.ask(who.name, 'GET', `conversations/${who.id}/messages/`);
    assert.equal(messages.at(-1).content, text);
    assert.equal(messages.at(-1).is_sent_by_user, true);
}

async function attack(t, site, who, origin, cookieIsSent) {
    const before = site.everything();
    const mark = site.mark();
    const refused = await site.counter('chat_csrf_refused_total', '{reason="origin"}');
    const page = await attackPage(who.context, origin);
    const done = [];

    for (const [how, { run, arrives, isAnonymous }] of Object.entries(deliveries)) {
        // Where no cookie is sent, one target stands for all: it comes to a refusal before the route matters.
        const targets = Object.entries(targetsOf(who.id)).slice(cookieIsSent ? 0 : -1);

        await Promise.all(targets.map(([what, { path, json }]) => {
            const marker = `attack=${done.length}-`;

            done.push({ name: `${how} (${what})`, marker, arrives, user: cookieIsSent && !isAnonymous ? who.name : '-' });
            return page.evaluate(run, {
                url: `${site.url}/api/${path}?${marker}`, json, form: json, smuggled: smuggle(json),
                token: who.token,
            });
        }));
    }
    const seen = () => site.requestsSince(mark);

    await waitFor(() => done.every(({ marker }) => seen().some(({ path }) => path.includes(marker))));
    const requests = seen();
    let refusals = 0;

    for (const { name, marker, arrives, user } of done) {
        await t.test(name, () => {
            const own = requests.filter(({ path }) => path.includes(marker));

            assert.deepEqual([...new Set(own.map(({ method }) => method))], [arrives]);
            for (const request of own.filter(({ method }) => method === 'POST')) {
                assert.equal(request.user, user);
                if (user === '-') // not logged in, or a form where none is read
                    assert.ok([401, 413].includes(request.status), `status ${request.status}`);
                else
                    assert.equal(request.status, 403);
                refusals += user === '-' ? 0 : 1;
            }
        });
    }
    await t.test('it was the guard that refused', async () => {
        assert.equal(await site.counter('chat_csrf_refused_total', '{reason="origin"}') - refused, refusals);
        assert.equal(refusals > 0, cookieIsSent);
    });
    await t.test('nobody types', async () => {
        const { typers } = await site.ask('carol', 'GET', `conversations/${who.id}/typing-status/`);

        assert.deepEqual(typers, []);
    });
    await t.test('nothing is different', () => assert.equal(site.everything(), before));
    for (const [how, run] of Object.entries(readings))
        await t.test(`${how} reads nothing`, () => page.evaluate(run, { url: `${site.url}/api/conversations/` }));
    await t.test('no WebSocket opens', async () => {
        const url = `${site.url.replace('http', 'ws')}/api/conversations/ws/`;
        const outcome = await page.evaluate(url => new Promise(resolve => {
            const socket = new WebSocket(url, 'chat.v1');

            socket.onopen = () => resolve('open');
            socket.onclose = () => resolve('refused');
        }), url);

        assert.equal(outcome, 'refused');
    });
    await page.close();
}

/*
 * The answer that stands in the window after `run`, which takes the whole window to `url`. The answer alone
 * tells: what its headers did to the cookies is asked of the browser, which forgets a request's headers
 * when its page goes.
 */
async function answerInWindow(context, origin, url, run, argument) {
    const page = await attackPage(context, origin);

    try {
        const [answer] = await Promise.all([
            page.waitForResponse(response => response.url() === url && response.request().isNavigationRequest()),
            page.evaluate(run, argument),
        ]);

        return { status: answer.status(), text: await answer.text() };
    } finally {
        await page.close();
    }
}

/* Forms that take the window with them: the page is gone, and the answer in its place. */
async function attackByNavigating(t, site, who, origin, cookieIsSent) {
    const before = site.everything();

    for (const [what, { path, json }] of Object.entries(targetsOf(who.id))) {
        await t.test(`a form in the whole window (${what})`, async () => {
            const url = `${site.url}/api/${path}`;
            const { status, text } = await answerInWindow(who.context, origin, url,
                ([url, fields]) => window.submitForm(url, 'text/plain', fields, '_self'), [url, smuggle(json)]);

            assert.equal(status, cookieIsSent ? 403 : 401);
            if (cookieIsSent)
                assert.equal(JSON.parse(text).code, 'csrf_origin');
        });
    }
    assert.equal(site.everything(), before);
}

/* Not the chat's doing but the demo's configuration: nobody becomes somebody else unawares. */
async function attackTheLogin(t, site, who, origin) {
    const session = () => cookieOf(who.context, site, site.sessionCookie);
    const before = await session();
    const fields = { httpd_username: 'bob', httpd_password: 'bob' };

    assert.ok(before);
    for (const path of ['/login', '/api/conversations/', '/api/conversations/unread/', '/logout']) {
        await t.test(`a form for ${path} logs nobody in or out`, async () => {
            const url = site.url + path;
            const { status } = await answerInWindow(who.context, origin, url, ([url, fields]) =>
                window.submitForm(url, 'application/x-www-form-urlencoded', fields, '_self'), [url, fields]);

            assert.ok(status >= 400, `status ${status}`);
            assert.equal(await session(), before);
        });
    }
    await t.test('a link to /logout logs nobody out', async () => {
        const url = `${site.url}/logout`;
        const { status } = await answerInWindow(who.context, origin, url, url => { location = url; }, url);

        assert.equal(status, 403);
        assert.equal(await session(), before);
    });
}

async function tryAll(t, site, who, origin, cookieIsSent) {
    await attack(t, site, who, origin, cookieIsSent);
    await attackByNavigating(t, site, who, origin, cookieIsSent);
    await attackTheLogin(t, site, who, origin);
    await t.test('the own page still writes', () => ownPageStillWorks(site, who));
}

/** All of it, against Site 'plain' or 'tls'. */
export function testForeignPages(kind) {
    const site = new Site(kind);
    let attacker, browser;

    test.before(async () => {
        browser = await launch();
        attacker = await startAttacker(site);
    });
    test.after(async () => {
        attacker?.stop();
        await browser?.close();
    });

    test('another origin of the same site', async t => {
        const alice = await victim(browser, site, 'alice');
        const page = await attackPage(alice.context, attacker.sameSite);

        await t.test('its pages even see the token, as cookies know no ports', async () =>
            assert.ok((await page.evaluate(() => document.cookie)).includes(alice.token)));
        await tryAll(t, site, alice, attacker.sameSite, true);
        await alice.context.close();
    });

    test('another site', async t => {
        const alice = await victim(browser, site, 'alice');

        await tryAll(t, site, alice, attacker.crossSite, false);
        await alice.context.close();
    });

    // A session cookie as many sites have it. Browsers take it only by TLS, and Chromium's private windows,
    // which these are, send it from another site only when the whole window goes to its own.
    const skip = site.isTls ? false : 'needs TLS';
    test('another site, and a session cookie that goes everywhere', { skip }, async t => {
        const alice = await victim(browser, site, 'alice');
        const session = (await alice.context.cookies(site.url)).find(c => c.name === site.sessionCookie);

        await alice.context.addCookies([{ ...session, sameSite: 'None' }]);
        await attackByNavigating(t, site, alice, attacker.crossSite, true);
        await attackTheLogin(t, site, alice, attacker.crossSite);
        await ownPageStillWorks(site, alice);
        await alice.context.close();
    });

    test('staff, whose members stay unblocked', async t => {
        const bob = await victim(browser, site, 'bob');
        const carol = await logIn(browser, site, 'carol');
        const page = await attackPage(carol.context, attacker.sameSite);
        const path = `conversations/${bob.id}/block/`;
        const before = site.everything();
        const mark = site.mark();

        await bob.context.close();
        await page.evaluate(deliveries['a form of plain text that is JSON'].run,
            { url: `${site.url}/api/${path}`, smuggled: smuggle({ blocked: true }) });
        const request = await waitFor(() => site.requestsSince(mark).find(one => one.path.endsWith('/block/')));

        assert.deepEqual([request.user, request.status], ['carol', 403]);
        assert.equal(site.everything(), before);
        assert.equal((await fetchInPage(carol.page, 'GET', 'conversations/')).status, 200);
        await t.test('the own page blocks', async () => {
            assert.equal((await fetchInPage(carol.page, 'POST', path, { json: { blocked: true } })).status, 200);
            assert.notEqual(site.everything(), before);
        });
        await site.ask('carol', 'POST', path, { json: { blocked: false } });
        await carol.context.close();
    });
}
