// The search of messages (mod_chat/web/search/): which requests, answers that overtake each other, a server that asks to
// wait, pages; and snippets, which are never HTML here.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ChatProblem } from '../../mod_chat/web/net/problem.js';
import { Rest } from '../../mod_chat/web/net/rest.js';
import { MessageSearch } from '../../mod_chat/web/search/message_search.js';
import { parseSnippet } from '../../mod_chat/web/search/snippet.js';
import { FakeClock, settle } from './lib/fakes.mjs';

/** A REST client whose answers are given when the test says so; an aborted one fails as it does in rest.js. */
class FakeRest {
    asked = []; // {path, resolve, reject, isAborted}

    lane() {
        return {
            get: path => new Promise((resolve, reject) => this.asked.push({ path, resolve, reject, isAborted: false })),
            abort: () => {
                for (const one of this.asked)
                    one.isAborted = true;
            },
        };
    }

    get paths() {
        return this.asked.map(({ path }) => path);
    }

    async answer(results, { next = null, up_to_date = true, i = this.asked.length - 1 } = {}) {
        this.asked[i].resolve({ results, next, up_to_date });
        await settle();
    }

    async refuse(status, { code = 'refused', retryAfter_s = null, errors = [], i = this.asked.length - 1 } = {}) {
        this.asked[i].reject(Object.assign(new ChatProblem(code, 'No.', { status, errors }), { retryAfter_s }));
        await settle();
    }
}

const result = (id, { isStaff = true, conversation = 1 } = {}) => ({
    conversation: { id: conversation, church_name: 'Ann', is_church_owner: isStaff }, message: { id, content: 'x' }, snippet: `<mark>x</mark> ${id}`,
});

function start(role = 'staff') {
    const clock = new FakeClock();
    const rest = new FakeRest();
    const search = new MessageSearch({ rest, role, clock });
    const one = { clock, rest, search, changes: 0, found: () => search.results.map(({ message }) => message.id) };

    search.addEventListener('change', () => one.changes++);
    return one;
}

const ASKED = 'conversations/search/?q=';

test('what is asked for', async t => {
    const { clock, rest, search } = start();

    await t.test('when the person pauses, with one character and with a blank at the end, which says that the word ends', async () => {
        search.set({ words: '  l' }, { isTyped: true });
        await clock.tick(200);
        search.set({ words: '  light ' }, { isTyped: true });
        await clock.tick(200);
        assert.deepEqual(rest.paths, []);
        await clock.tick(60);
        assert.deepEqual(rest.paths, [`${ASKED}light+&limit=20`]);
    });
    await t.test('at once when it is not typed, once', async () => {
        search.set({ words: 'a' }, { isTyped: true });
        search.set({ words: 'a' });
        search.set({ words: 'a' });
        await clock.tick(1000);
        assert.deepEqual(rest.paths.slice(1), [`${ASKED}a&limit=20`]);
    });
    await t.test('of a church, of a conversation', () => {
        search.set({ churchId: 7, conversationId: 5 });
        assert.equal(rest.paths.at(-1), `${ASKED}a&limit=20&church_id=7&conversation_id=5`);
        search.set({ churchId: null, conversationId: null });
    });
    await t.test('with all that a query may have, but not more than the server takes', () => {
        search.set({ words: '"a & b" -c or ü?#' });
        assert.equal(new URLSearchParams(rest.paths.at(-1).split('?')[1]).get('q'), '"a & b" -c or ü?#');
        search.set({ words: '😀'.repeat(300) });
        assert.equal([...new URLSearchParams(rest.paths.at(-1).split('?')[1]).get('q')].length, 200);
    });
    await t.test('nothing for blanks', async () => {
        const { length } = rest.asked;

        search.set({ words: ' \t ' });
        await clock.tick(1000);
        assert.deepEqual([rest.asked.length, search.isOn, search.results.length, search.isLoading], [length, false, 0, false]);
    });
});

test('answers that overtake each other', async t => {
    const { clock, rest, search, found } = start();

    search.set({ words: 'first' });
    search.set({ words: 'second' });
    await t.test('the request before is ended', () => assert.deepEqual(rest.asked.map(({ isAborted }) => isAborted), [true, false]));
    await t.test('and its answer is not used, whenever it comes', async () => {
        await rest.answer([result(1)], { i: 0 });
        assert.deepEqual([found(), search.isLoading], [[], true]);
        await rest.answer([result(2)], { i: 1 });
        await rest.answer([result(1)], { i: 0 });
        assert.deepEqual([found(), search.found, search.isLoaded, search.isLoading], [[2], 'second', true, false]);
    });
    await t.test('nor its failure', async () => {
        search.set({ words: 'third' });
        search.set({ words: 'fourth' });
        await rest.refuse(0, { i: 2 });
        assert.deepEqual([search.problem, search.isLoading], [null, true]);
        await rest.answer([result(4)]);
        assert.deepEqual(found(), [4]);
    });
    await t.test('what was found stays until the next is there', async () => {
        search.set({ words: 'fifth' }, { isTyped: true });
        await clock.tick(300);
        assert.deepEqual([found(), search.isLoaded], [[4], false]);
        await rest.answer([]);
        assert.deepEqual([found(), search.isLoaded], [[], true]);
    });
    await t.test('or nothing is searched for any more', async () => {
        search.set({ words: 'sixth' });
        search.set({ words: '' });
        await rest.answer([result(6)]);
        assert.deepEqual([found(), search.isOn, search.isLoaded], [[], false, false]);
    });
});

test('what takes long is told after a while', async () => {
    const { clock, rest, search } = start();

    search.set({ words: 'a' });
    await clock.tick(299);
    assert.equal(search.isSlow, false);
    await clock.tick(2);
    assert.equal(search.isSlow, true);
    await rest.answer([result(1)]);
    assert.equal(search.isSlow, false);
    search.set({ words: 'b' });
    await rest.answer([]);
    await clock.tick(5000);
    assert.equal(search.isSlow, false, 'not after the answer');
});

test('pages', async t => {
    const { rest, search, found } = start();

    search.set({ words: 'a' });
    await rest.answer([result(9), result(8)], { next: '/api/next1' });
    await t.test('follow each other, one at a time, and nothing is there twice', async () => {
        assert.equal(search.hasMore, true);
        search.more();
        search.more();
        assert.deepEqual(rest.paths.slice(1), ['/api/next1']);
        await rest.answer([result(8), result(7)], { next: '/api/next2' });
        assert.deepEqual(found(), [9, 8, 7]);
    });
    await t.test('one that fails is asked for again, and the others stay', async () => {
        search.more();
        await rest.refuse(0);
        assert.deepEqual([found(), search.problem.status], [[9, 8, 7], 0]);
        search.more();
        assert.equal(rest.paths.at(-1), '/api/next2');
        await rest.answer([result(6)]);
        assert.deepEqual([found(), search.hasMore, search.problem], [[9, 8, 7, 6], false, null]);
        const { length } = rest.asked;

        search.more();
        assert.equal(rest.asked.length, length, 'there is no other');
    });
    await t.test('of before the server was set back begin anew', async () => {
        search.set({ words: 'b' });
        await rest.answer([result(5)], { next: '/api/old' });
        search.more();
        await rest.refuse(400, { errors: [{ field: 'cursor' }] });
        assert.equal(rest.paths.at(-1), `${ASKED}b&limit=20`);
        await rest.answer([result(3)]);
        assert.deepEqual(found(), [3]);
    });
});

test('of the role that an element shows, and no other', async () => {
    for (const [role, wanted] of [['staff', [1]], ['member', [2]]]) {
        const { rest, search, found } = start(role);

        search.set({ words: 'a' });
        await rest.answer([result(1), result(2, { isStaff: false })]);
        assert.deepEqual(found(), wanted);
    }
    const { rest, search, found } = start('member');

    search.set({ words: 'a' });
    for (let i = 0; i < 4; i++) {
        await rest.answer([result(20 + i)], { next: `/api/${i}` }); // of the other
        assert.equal(rest.paths.at(-1), `/api/${i}`, 'the next page is asked for by itself');
    }
    await rest.answer([result(30)], { next: '/api/last' });
    assert.deepEqual([rest.asked.length, search.isLoading, search.hasMore], [5, false, true], 'but not without end');
    search.more();
    await rest.answer([result(9, { isStaff: false })]);
    assert.deepEqual(found(), [9]);
});

test('pages without a result of that role are not gone through by themselves', async t => {
    const { clock, rest, search, found } = start('member');

    search.set({ words: 'a' });
    for (let i = 0; i < 5; i++)
        await rest.answer([result(20 + i)], { next: `/api/${i}` });
    await t.test('it says that further ones are for those who ask', () => assert.deepEqual([search.goesOn, search.hasMore], [false, true]));
    await t.test('one that is refused among them is not asked for again by a timer, but by hand, and the others not twice', async () => {
        search.more();
        assert.equal(rest.paths.at(-1), '/api/4');
        await rest.answer([result(30)], { next: '/api/5' });
        await rest.refuse(429, { retryAfter_s: 2 });
        assert.deepEqual([search.problem.status, search.wait_s], [429, 2]);
        const { length } = rest.asked;

        await clock.tick(60000);
        assert.deepEqual([rest.asked.length, search.wait_s], [length, 0]);
        search.more();
        assert.equal(rest.paths.at(-1), '/api/5');
    });
    await t.test('until there is a result', async () => {
        await rest.answer([result(9, { isStaff: false })], { next: '/api/6' });
        assert.deepEqual([found(), search.goesOn], [[9], true]);
    });
    await t.test('the page that somebody asked for comes when the server may be asked', async () => {
        search.more();
        await rest.refuse(429, { retryAfter_s: 2 });
        await clock.tick(2001);
        assert.equal(rest.paths.at(-1), '/api/6');
    });
});

test('the newest may be missing', async () => {
    const { rest, search } = start();

    search.set({ words: 'a' });
    await rest.answer([result(1)], { up_to_date: false });
    assert.equal(search.isUpToDate, false);
    search.set({ words: 'b' });
    await rest.answer([result(1)]);
    assert.equal(search.isUpToDate, true);
});

test('a server that asks to wait', async t => {
    const { clock, rest, search, found } = start();

    search.set({ words: 'a' });
    await rest.answer([result(1)]);
    search.set({ words: 'ab' });
    await rest.refuse(429, { retryAfter_s: 3 });
    await t.test('is not asked before, whatever is typed; what was found stays', async () => {
        assert.deepEqual([search.problem.status, search.wait_s, found()], [429, 3, [1]]);
        search.set({ words: 'abc' }, { isTyped: true });
        await clock.tick(2000);
        assert.deepEqual([rest.asked.length, search.problem?.status, search.wait_s], [2, 429, 1]);
    });
    await t.test('and then by itself, for what is wanted by that time', async () => {
        await clock.tick(1001);
        assert.deepEqual(rest.paths.slice(2), [`${ASKED}abc&limit=20`]);
        await rest.answer([result(2)]);
        assert.deepEqual([found(), search.problem, search.wait_s], [[2], null, 0]);
    });
    await t.test('nor when nothing is wanted any more', async () => {
        search.set({ words: 'd' });
        await rest.refuse(503, { retryAfter_s: 2 });
        search.set({ words: '' });
        const { length } = rest.asked;

        await clock.tick(10000);
        assert.equal(rest.asked.length, length);
    });
    await t.test('a further page waits as well', async () => {
        search.set({ words: 'e' });
        await rest.answer([result(5)], { next: '/api/more' });
        search.more();
        await rest.refuse(429, { retryAfter_s: 1 });
        assert.deepEqual(found(), [5]);
        await clock.tick(1001);
        assert.equal(rest.paths.at(-1), '/api/more');
        await rest.answer([result(4)]);
        assert.deepEqual(found(), [5, 4]);
    });
});

test('what is refused says so, and is asked for again by hand', async () => {
    const { clock, rest, search, found } = start();

    search.set({ words: 'a' });
    await rest.refuse(500);
    assert.deepEqual([search.problem.status, search.isLoaded, found()], [500, false, []]);
    await clock.tick(60000);
    assert.equal(rest.asked.length, 1);
    search.more();
    assert.equal(rest.asked.length, 2);
    await rest.answer([result(1)]);
    assert.deepEqual([found(), search.problem], [[1], null]);
});

test('a conversation that cannot be seen any more, or another role, takes its messages along', async () => {
    const { rest, search, found } = start();

    search.set({ words: 'a' });
    await rest.answer([result(3), result(2, { conversation: 5 }), result(1)]);
    search.drop(5);
    assert.deepEqual(found(), [3, 1]);
    search.again();
    assert.deepEqual(found(), []);
    await rest.answer([result(1)]);
    assert.deepEqual(found(), [1]);
});

test('closed, it asks for nothing and tells nothing', async () => {
    const one = start();

    one.search.set({ words: 'a' }, { isTyped: true });
    one.search.close();
    await one.clock.tick(1000);
    assert.equal(one.rest.asked.length, 0);
    one.search.set({ words: 'b' });
    one.search.close();
    const { changes } = one;

    await one.rest.answer([result(1)]);
    assert.deepEqual([one.found(), one.changes], [[], changes]);
});

test('the real client ends the request of the search before, and no other', async () => {
    const clock = new FakeClock();
    const signals = [];
    const rest = new Rest('/api', { clock, cookies: () => '', fetch: (url, { signal }) => {
        signals.push([url, signal]);
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('AbortError'))));
    } });
    const search = new MessageSearch({ rest, role: 'staff', clock });

    rest.get('conversations/').catch(() => {});
    search.set({ words: 'a' });
    search.set({ words: 'b' });
    await settle();
    assert.deepEqual(signals.map(([url, { aborted }]) => [url, aborted]), [
        ['/api/conversations/', false], ['/api/conversations/search/?q=a&limit=20', true], ['/api/conversations/search/?q=b&limit=20', false]]);
    assert.equal(search.problem, null);
});

test('snippets', async t => {
    const plain = snippet => parseSnippet(snippet).map(({ text, isMarked }) => isMarked ? `[${text}]` : text).join('');

    await t.test('what is marked', () => {
        assert.deepEqual(parseSnippet('See <mark>light</mark>, more <mark>lights</mark>'), [
            { text: 'See ', isMarked: false }, { text: 'light', isMarked: true }, { text: ', more ', isMarked: false }, { text: 'lights', isMarked: true }]);
        assert.deepEqual(parseSnippet(''), []);
        assert.equal(plain('<mark></mark>a<mark>b'), 'a[b]');
        assert.equal(plain('a</mark>b<mark>c<mark>d</mark>e</mark>f'), 'ab[c][d]ef');
    });
    await t.test('entities, once', () => {
        assert.equal(plain('&lt;b&gt; &amp; &quot;x&quot; &#39;y&#x27; &apos;z&apos; &#128512;'), '<b> & "x" \'y\' \'z\' 😀');
        assert.equal(plain('&amp;lt;mark&amp;gt; &amp;amp;'), '&lt;mark&gt; &amp;');
        assert.equal(plain('&nbsp; &copy &; &#; &#x; &#xzz; &lt'), '&nbsp; &copy &; &#; &#x; &#xzz; &lt');
    });
    await t.test('what is marked by a message itself is not', () =>
        assert.equal(plain('&lt;mark&gt;x&lt;/mark&gt; <mark>&lt;mark&gt;</mark>'), '<mark>x</mark> [<mark>]'));
    await t.test('whatever looks like a tag is text', () => {
        for (const hostile of ['<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '<mark onclick=alert(1)>x', '<MARK>x</MARK>', '<mark >x',
            '<mark/>x', '<svg onload=alert(1)//', '</', '<', '<mark', '<!--', ']]>', '<a href="javascript:alert(1)">', '\u0000<b>\u2028'])
            assert.deepEqual(parseSnippet(hostile), [{ text: hostile, isMarked: false }]);
    });
    await t.test('characters that are none are replaced', () =>
        assert.equal(plain('&#0;&#xD800;&#xDFFF;&#x110000;&#9999999;'), '\ufffd'.repeat(5)));
    await t.test('long ones take no time', () => {
        const since = performance.now();

        parseSnippet('&'.repeat(200000) + '<mark>'.repeat(20000) + '&#'.repeat(100000));
        assert.ok(performance.now() - since < 5000);
    });
});
