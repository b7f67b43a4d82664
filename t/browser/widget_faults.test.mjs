// <chat-widget> when something is wrong: answers that are lost, networks that are gone, a server that restarts,
// and every refusal that a person can meet. What one sees says what happens; no message is there twice.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import test from 'node:test';
import { promisify } from 'node:util';
import { launch } from './lib/browser.mjs';
import { findBarriers, takePicture } from './lib/page.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { Visitor, makePeople } from './lib/visitor.mjs';

const site = new Site('pages');
const { church, churchName, names } = makePeople(site, 'Faults', ['carol', 'alice', 'bob', 'erin', 'dora', 'emil', 'fred', 'gwen']);
const [carolName, aliceName, bobName, erinName, doraName, emilName, fredName, gwenName] = names;
const SOCKET = /\/conversations\/ws\/$/;
const visitors = [];
let browser;

const open = async name => (await site.ask(name, 'POST', 'conversations/', { json: { church_id: church } })).conversation.id;

const storedOf = content => Number(site.sql(`select count(*) from chat.messages where content = '${content}'`));

async function arrive(name, options) {
    const visitor = await Visitor.arrive(browser, site, name, options);

    visitors.push(visitor);
    return visitor;
}

/** A page between which and the server `hear(frame, page)` decides what comes: false, and it does not. */
const between = hear => page => page.routeWebSocket(SOCKET, ws => {
    const server = ws.connectToServer();

    server.onMessage(text => hear(JSON.parse(text), ws, server) !== false && ws.send(text));
});

const noSockets = page => page.routeWebSocket(SOCKET, ws => ws.close({ code: 3001 }));

test.before(async () => { browser = await launch(); });
test.after(() => browser?.close());

test('an answer that is lost makes no second message', async t => {
    await t.test('over a socket', async () => {
        let lost = 0;
        const alice = await arrive(aliceName, { prepare: between((frame, ws, server) => {
            if (lost > 0 || !['ack', 'message'].includes(frame.type) || frame.message.content !== 'once by socket')
                return true;
            lost++; // the server has stored it, and nobody hears so
            server.close();
            ws.close({ code: 3001 });
            return false;
        }) });

        await alice.opensChurch(church);
        await alice.writes('once by socket');
        await alice.sees('.line:not(.pending) .bubble', 'once by socket', 30000);
        await alice.sees('.status.sent', 'Sent');
        assert.equal(lost, 1);
        assert.deepEqual(await alice.bubbles(), ['once by socket']);
        assert.equal(storedOf('once by socket'), 1);
        await alice.leave();
    });
    await t.test('over REST', async () => {
        let lost = 0;
        const bob = await arrive(bobName, { prepare: noSockets });

        await bob.page.route('**/messages/', async route => {
            if (route.request().method() !== 'POST' || lost > 0)
                return route.fallback();
            await route.fetch();
            lost++;
            return route.abort();
        });
        await bob.opensChurch(church);
        await bob.is('polling');
        await bob.writes('once by REST');
        await bob.sees('.line:not(.pending) .bubble', 'once by REST', 30000);
        assert.equal(lost, 1);
        assert.deepEqual(await bob.bubbles(), ['once by REST']);
        assert.equal(storedOf('once by REST'), 1);
        await bob.leave();
    });
    await t.test('after a reload it goes out by itself, and once', async () => {
        let isDeaf = true;
        const erin = await arrive(erinName, { prepare: between(frame =>
            !isDeaf || !['ack', 'message'].includes(frame.type) || frame.message.content !== 'once by reload') });

        await erin.opensChurch(church);
        await erin.writes('once by reload');
        await erin.sees('.line.pending', 'Sending…');
        await waitFor(() => storedOf('once by reload') === 1);
        // The page does not hear of it, and is loaded anew, as is nothing of what there is.
        isDeaf = false;
        await erin.page.route('**/messages/?*', route => route.fulfill({ json: { messages: [], has_more: false } }));
        await erin.goto('/widget.html');
        await erin.opensChurch(church);
        await erin.sees('.line:not(.pending) .bubble', 'once by reload');
        assert.equal(storedOf('once by reload'), 1);
        assert.deepEqual(await erin.bubbles(), ['once by reload']);
        await erin.leave();
    });
    await t.test('also what the server has never had', async () => {
        let isMute = true;
        const erin = await arrive(erinName, { prepare: page => page.routeWebSocket(SOCKET, ws => {
            const server = ws.connectToServer();

            ws.onMessage(text => (isMute && JSON.parse(text).type === 'send') || server.send(text));
        }) });

        await erin.opensChurch(church);
        await erin.writes('kept over a reload');
        await erin.sees('.line.pending', 'Sending…');
        assert.equal(storedOf('kept over a reload'), 0);
        isMute = false;
        await erin.goto('/widget.html');
        await erin.sees('.line:not(.pending) .bubble', 'kept over a reload');
        assert.equal(storedOf('kept over a reload'), 1);
        await erin.leave();
    });
});

test('without sockets it goes on, by asking', async () => {
    const id = await open(bobName);
    const bob = await arrive(bobName, { prepare: noSockets });
    const mark = site.mark();

    await bob.opensChurch(church);
    await bob.is('polling');
    await bob.sees('.notice.info', 'new messages take a few seconds');
    await site.ask(carolName, 'POST', `conversations/${id}/messages/`, { json: { content: 'to whom it polls' } });
    await bob.sees('.bubble', 'to whom it polls', 30000);
    await site.ask(carolName, 'POST', `conversations/${id}/typing/`, { json: { is_typing: true } });
    assert.ok(await waitFor(() => site.requestsSince(mark).some(({ user, status }) => user === bobName && status === 304), 30),
        'unchanged answers cost a 304');
    await bob.leave();
});

test('offline', async t => {
    const id = await open(aliceName);
    const alice = await arrive(aliceName);

    await alice.opensChurch(church);
    await alice.is('online');
    await t.test('is told, and what one writes waits', async () => {
        await alice.context.setOffline(true);
        await alice.sees('.notice', 'You are offline', 60000);
        await alice.writes('from a tunnel');
        await alice.sees('.line.pending .foot', 'Will be sent when you are connected');
        await takePicture(alice.page, 'widget-offline');
        assert.deepEqual(await findBarriers(alice.page), []);
    });
    await t.test('and back again, all is there', async () => {
        await site.ask(carolName, 'POST', `conversations/${id}/messages/`, { json: { content: 'into a tunnel' } });
        await alice.context.setOffline(false);
        await alice.sees('.bubble', 'into a tunnel', 60000);
        await alice.sees('.line:not(.pending) .bubble', 'from a tunnel', 60000);
        await alice.misses('.notice');
        const said = await alice.bubbles();

        assert.equal(new Set(said).size, said.length);
        assert.equal(storedOf('from a tunnel'), 1);
    });
    await alice.leave();
});

test('who has not logged in', async t => {
    const nobody = await arrive(null);

    await t.test('sees a launcher without a badge, and where to sign in', async () => {
        await nobody.opens();
        await nobody.sees('.list', 'Please sign in to read and write messages.');
        assert.equal(await nobody.get('.list .primary').getAttribute('href'), `${site.url}/login.html?to=%2Fwidget.html`);
        await takePicture(nobody.page, 'widget-signed-out');
        assert.deepEqual(await findBarriers(nobody.page), []);
        await nobody.page.keyboard.press('Escape');
    });
    await t.test('also by the page\'s button', async () => {
        await nobody.page.evaluate(church => document.querySelector('chat-widget').openConversation(church), church);
        await nobody.sees('.opening [role=alert]', 'Please sign in');
        assert.deepEqual((await nobody.heard('chat-error')).map(({ status }) => status), [401]);
    });
    await t.test('where no address for that is known, a sentence stands alone', async () => {
        await nobody.page.evaluate(() => document.querySelector('chat-widget').removeAttribute('login-url'));
        await nobody.opens();
        await nobody.sees('.list', 'Please sign in');
        assert.equal(await nobody.get('.list a').count(), 0);
    });
    await nobody.leave();
});

test('a login that ends meanwhile', async () => {
    const alice = await arrive(aliceName, { prepare: noSockets });

    await alice.opensChurch(church);
    await alice.is('polling');
    const cookies = await alice.context.cookies();

    await alice.context.clearCookies();
    await alice.writes('too late');
    await alice.sees('.notice.warning', 'Please sign in');
    assert.equal(await alice.get('.notice .primary').getAttribute('href'), `${site.url}/login.html?to=%2Fwidget.html`);
    await alice.sees('.line.failed', 'Not sent');
    await takePicture(alice.page, 'widget-login-ended');
    assert.deepEqual(await findBarriers(alice.page), []);
    await alice.context.addCookies(cookies);
    await alice.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange'))); // they come back from the other tab
    await alice.is('polling', 'online');
    await alice.get('.failure').getByRole('button', { name: 'Try again' }).click();
    await alice.sees('.line:not(.pending) .bubble', 'too late', 40000);
    await alice.leave();
});

test('a session ends in every tab', async t => {
    await t.test('logged out elsewhere: who comes back is asked to sign in', async () => {
        const alice = await arrive(aliceName);

        await alice.opensChurch(church);
        const cookies = await alice.context.cookies();

        await alice.context.clearCookies();
        await alice.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
        await alice.sees('.notice.warning', 'Please sign in');
        assert.equal((await alice.heard('chat-state')).at(-1).state, 'stopped');
        await alice.context.addCookies(cookies);
        await alice.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
        await alice.is('online');
        await alice.leave();
    });
    await t.test('somebody else elsewhere: nothing of theirs is shown', async () => {
        const alice = await arrive(aliceName);

        await alice.opensChurch(church);
        await alice.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange'))); // a token is known
        const other = await arrive(fredName);

        await alice.context.clearCookies();
        await alice.context.addCookies(await other.context.cookies());
        await alice.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
        await alice.sees('.notice', 'Somebody else has signed in here.');
        await alice.page.evaluate(id => document.querySelector('chat-widget').openConversation(id), church);
        await alice.sees('.opening', 'Somebody else has signed in here.');
        await other.leave();
        await alice.leave();
    });
});

test('somebody else signs in elsewhere while there is no socket: what was written is not sent as theirs', async () => {
    const alice = await arrive(aliceName, { prepare: noSockets });

    await alice.opensChurch(church);
    await alice.is('polling');
    const other = await arrive(fredName);
    const taken = [];

    // An answer to Alice may come just when the cookies change; then the server finds out, by X-Chat-User.
    alice.page.on('response', answer => answer.request().method() === 'POST' && answer.status() !== 403 && taken.push(answer.url()));
    await alice.context.clearCookies();
    await alice.context.addCookies(await other.context.cookies());
    await alice.writes('from Alice alone');
    await alice.sees('.notice', 'Somebody else has signed in here.');
    assert.deepEqual(taken, []);
    assert.equal(storedOf('from Alice alone'), 0);
    await other.leave();
    await alice.leave();
});

test('what is refused stays, and says why', async t => {
    await t.test('403: blocked', async () => {
        const id = await open(doraName);
        const dora = await arrive(doraName);

        await dora.opensChurch(church);
        await site.ask(carolName, 'POST', `conversations/${id}/block/`, { json: { blocked: true } });
        await dora.writes('May I?');
        await dora.sees('.line.failed', 'You cannot write in this conversation any more.');
        assert.match(await dora.get('.notices [role=status]').textContent(), /cannot write/);
        await dora.get('.failure').getByRole('button', { name: 'Delete the unsent message: May I?' }).click();
        await dora.misses('.line');
        await dora.focuses('You cannot write in this conversation any more.');
        await dora.get('textarea').press('x');
        assert.equal(await dora.get('textarea').inputValue(), '');
        await dora.leave();
    });
    await t.test('403: a church that one may not write to, from the page\'s button; and 404', async () => {
        const dora = await arrive(doraName);
        const other = site.sql("insert into chat.churches (name, is_active) values ('Closed', false) returning id");

        await dora.page.evaluate(id => document.querySelector('chat-widget').openConversation(id), Number(other));
        await dora.sees('.opening', 'This conversation is not available.');
        await dora.page.evaluate(id => document.querySelector('chat-widget').openConversation(id), church);
        await dora.sees('.opening', 'You cannot write in this conversation any more.');
        assert.equal(await dora.get('.opening button').count(), 0, 'to try again is of no use');
        assert.deepEqual((await dora.heard('chat-error')).map(({ status }) => status), [404, 403]);
        await dora.leave();
    });
    await t.test('413: too large', async () => {
        const emil = await arrive(emilName);

        await emil.page.evaluate(() => document.querySelector('chat-widget').setAttribute('max-message', '100000'));
        await emil.opensChurch(church);
        await emil.writes('x'.repeat(70000));
        await emil.sees('.line.failed', 'The message is too large.');
        assert.deepEqual((await emil.heard('chat-error')).map(({ status }) => status), [413]);
        await emil.leave();
    });
    await t.test('too long: told before it is sent', async () => {
        const emil = await arrive(emilName);

        await emil.opensChurch(church);
        await emil.get('textarea').fill('y'.repeat(950));
        await emil.sees('.count', '50 characters left');
        await emil.get('textarea').fill('y'.repeat(1003));
        await emil.sees('.count.over', '3 characters too many');
        await emil.get('textarea').press('Enter');
        assert.equal((await emil.get('textarea').inputValue()).length, 1003);
        await takePicture(emil.page, 'widget-too-long');
        assert.deepEqual(await findBarriers(emil.page), []);
        await emil.leave();
    });
    await t.test('422: spam', async () => {
        const fred = await arrive(fredName);

        await fred.opensChurch(church);
        await fred.writes('These are very cheap test pills');
        await fred.sees('.line.failed', 'looks like advertising');
        const [line, panel] = [await fred.get('.line.failed').boundingBox(), await fred.get('.scroller').boundingBox()];

        assert.ok(line.x >= panel.x && line.x + line.width <= panel.x + panel.width, 'it stands among the messages');
        await takePicture(fred.page, 'widget-refused');
        assert.deepEqual(await findBarriers(fred.page), []);
        await fred.get('.failure').getByRole('button', { name: 'Edit the unsent message' }).click();
        await fred.focuses('Write a message');
        await fred.misses('.line');
        assert.equal(await fred.get('textarea').inputValue(), 'These are very cheap test pills');
        await fred.writes('These are good test pills');
        await fred.sees('.line:not(.pending) .bubble', 'These are good test pills');
        await fred.leave();
    });
    await t.test('429: with the seconds to wait', async () => {
        let isTooFast = true;
        const gwen = await arrive(gwenName, { prepare: page => page.routeWebSocket(SOCKET, ws => {
            const server = ws.connectToServer();

            ws.onMessage(text => {
                const { type, ref } = JSON.parse(text);

                if (type === 'send' && isTooFast)
                    ws.send(JSON.stringify({ type: 'error', ref, status: 429, code: 'rate_limited', detail: 'Too often.', retry_after: 10 }));
                else
                    server.send(text);
            });
        }) });

        await gwen.opensChurch(church);
        await gwen.writes('quick');
        await gwen.sees('.notice.warning', /You can go on in \d+ seconds\./);
        await gwen.sees('.line.failed', 'Not sent');
        await gwen.writes('and quicker'); // which waits in the text
        assert.equal(await gwen.get('textarea').inputValue(), 'and quicker');
        await takePicture(gwen.page, 'widget-too-fast');
        assert.deepEqual(await findBarriers(gwen.page), []);
        await gwen.sees('.notice.warning', 'You can go on in 1 second.');
        await gwen.misses('.notice');
        isTooFast = false;
        await gwen.get('.failure').getByRole('button', { name: 'Try again' }).click();
        await gwen.sees('.line:not(.pending) .bubble', 'quick');
        await gwen.get('textarea').press('Enter');
        await gwen.sees('.line:not(.pending) .bubble', 'and quicker');
        assert.equal(storedOf('and quicker'), 1);
        await gwen.leave();
    });
});

test('a slow network: the first click shows the dialog, and what is to be in it comes later', async () => {
    let letThrough;
    const isThere = new Promise(resolve => { letThrough = resolve; });
    const alice = await arrive(aliceName, { prepare: page => page.route('**/panel.js', async route => {
        await isThere;
        await route.continue();
    }) });

    await alice.get('.launcher').click();
    await alice.get('dialog[open] .spinner').waitFor(); // while nothing of the panel is there, for as long as it takes
    await alice.sees('dialog[open] [role=status]', 'Loading');
    assert.equal(await alice.get('.launcher').getAttribute('aria-expanded'), 'true');
    assert.equal(await alice.get('.row').count(), 0);
    assert.deepEqual(await findBarriers(alice.page), []);
    letThrough();
    await alice.sees('.row', churchName);
    assert.equal(await alice.get('.opening .spinner').count(), 0);
    await alice.leave();
});

test('where a browser keeps nothing, one writes and is answered all the same', async () => {
    const prepare = page => page.addInitScript(() => {
        for (const name of ['localStorage', 'sessionStorage'])
            Object.defineProperty(window, name, { get() { throw new DOMException('Denied', 'SecurityError'); } });
    });
    const alice = await arrive(aliceName, { prepare });
    const carol = await arrive(carolName, { prepare, path: '/inbox.html', element: 'chat-inbox' });

    await alice.opensChurch(church);
    await alice.is('online');
    await alice.context.setOffline(true);
    await alice.writes('kept in memory');
    await alice.sees('.line.pending', 'kept in memory');
    await alice.context.setOffline(false);
    await alice.sees('.line:not(.pending) .bubble', 'kept in memory', 60000);
    assert.equal(storedOf('kept in memory'), 1);
    await carol.get('.row').filter({ hasText: 'kept in memory' }).first().click();
    await carol.sees('.bubble', 'kept in memory');
    await carol.writes('and answered');
    await alice.sees('.line.theirs .bubble', 'and answered', 60000);
    await carol.leave();
    await alice.leave();
});

test('a launcher whose rest does not come says so, and can be tried again', async () => {
    const alice = await arrive(aliceName, { prepare: page => page.route('**/panel.js', route => route.abort()) });

    await alice.get('.launcher').click();
    await alice.sees('.panel', 'The messages could not be loaded.');
    await alice.page.unroute('**/panel.js');
    await alice.get('.panel .plain').click();
    await alice.sees('.row', churchName);
    await alice.leave();
});

test('no page complains', () => {
    for (const { complaints } of visitors)
        assert.deepEqual(complaints, []);
});

// ---- A server of its own, to be stopped ----------------------------------------------------------

function freePort() {
    return new Promise((resolve, reject) => {
        const server = createServer();

        server.on('error', reject);
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();

            server.close(() => resolve(port));
        });
    });
}

test('the server is stopped in the middle, and started again', async t => {
    const own = new Site('pages');

    own.url = `http://127.0.0.1:${await freePort()}`;
    own.state = `${site.state}-widget`;
    const instance = verb => promisify(execFile)('conf/instance', [verb], {
        env: { ...process.env, STATE: own.state, PORT: new URL(own.url).port, TLS: '0', DEMO: '1' },
    });

    t.after(() => instance('stop'));
    await instance('clean').catch(() => {});
    await instance('start');
    const people = await Promise.all([
        Visitor.arrive(browser, own, 'alice', { path: '/' }),
        Visitor.arrive(browser, own, 'carol', { path: '/inbox.html', element: 'chat-inbox' })]);
    const [alice, carol] = people;
    const talk = async (one, other, text) => {
        await one.writes(text);
        await other.sees('.line.theirs .bubble', text, 90000);
    };

    await alice.opensChurch(1);
    await talk(alice, { sees: (_, text) => alice.sees('.bubble', text) }, 'before it');
    await carol.get('.row').filter({ hasText: 'before it' }).first().click(); // when it has come there
    await carol.sees('.bubble', 'before it');
    await instance('stop');
    await alice.sees('.notice.warning', 'The connection was lost. Trying again…');
    await alice.get('.notice').getByRole('button', { name: 'Try now' }).click();
    await alice.writes('while it is away');
    await alice.sees('.line.pending', 'Will be sent when you are connected');
    await takePicture(alice.page, 'widget-reconnecting');
    await instance('start');
    await carol.sees('.line.theirs .bubble', 'while it is away', 90000);
    await talk(carol, alice, 'after it');
    await talk(alice, carol, 'and after that');
    await alice.misses('.notice');
    for (const person of people) {
        assert.deepEqual((await person.bubbles()).slice(-4), ['before it', 'while it is away', 'after it', 'and after that']);
        assert.deepEqual(person.complaints, []);
    }
});
