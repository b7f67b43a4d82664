// A list that is asked for before there is the code that reads it: taken once, in place of a request.
import assert from 'node:assert/strict';
import test from 'node:test';
import { askEarly, fetchOrTake, listPath } from '../../mod_chat/web/net/early.js';
import { storesOfPage } from '../../mod_chat/web/net/page.js';

const URL_OF_LIST = '/api/conversations/?limit=50&role=member';
const GET = { method: 'GET', credentials: 'same-origin', redirect: 'manual' };

/** Each request has an answer of its own: its number. */
function begin(t, { answers = [] } = {}) {
    const { fetch } = globalThis;
    const asked = [];

    globalThis.fetch = async (url, request) => {
        asked.push([url, request]);
        if (answers[asked.length - 1] instanceof Error)
            throw answers[asked.length - 1];
        return asked.length;
    };
    t.after(() => { globalThis.fetch = fetch; });
    return asked;
}

test('the answer is taken by who asks for the same, once', async t => {
    const asked = begin(t);

    askEarly('/api', 'member');
    assert.equal(await fetchOrTake(URL_OF_LIST, GET), 1);
    assert.deepEqual(asked, [[URL_OF_LIST, { credentials: 'same-origin', redirect: 'manual' }]], 'asked as rest.js does');
    assert.equal(await fetchOrTake(URL_OF_LIST, GET), 2);
});

test('nothing else takes it', async t => {
    begin(t);
    askEarly('/api', 'member');
    assert.equal(await fetchOrTake(`/api/${listPath('staff')}`, GET), 2);
    assert.equal(await fetchOrTake(`/api/${listPath(null)}`, GET), 3);
    assert.equal(await fetchOrTake('/other/conversations/?limit=50&role=member', GET), 4);
    assert.equal(await fetchOrTake(URL_OF_LIST, { ...GET, method: 'POST' }), 5);
});

test('where it failed, it is asked for as usual', async t => {
    begin(t, { answers: [new TypeError('Failed to fetch')] });
    askEarly('/api', 'member');
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(await fetchOrTake(URL_OF_LIST, GET), 2);
});

test('an old one counts for nothing', async t => {
    const { now } = performance;
    let time = 1000;

    begin(t);
    t.after(() => { performance.now = now; });
    performance.now = () => time;
    askEarly('/api', 'member');
    time += 10001;
    assert.equal(await fetchOrTake(URL_OF_LIST, GET), 2);
});

test('a page that has its list is not asked for it', async t => {
    const asked = begin(t);

    storesOfPage().set('/api', {});
    t.after(() => storesOfPage().delete('/api'));
    askEarly('/api', 'member');
    assert.deepEqual(asked, []);
});
