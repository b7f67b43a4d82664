// Which conversations the inbox shows (mod_chat/web/store/conversation_query.js), with a server that is a fake; and that
// its texts are there in each language.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ConversationQuery } from '../../mod_chat/web/store/conversation_query.js';
import { TEXTS as GERMAN } from '../../mod_chat/web/i18n/inbox_de.js';
import { TEXTS as ENGLISH } from '../../mod_chat/web/i18n/inbox_en.js';
import { TEXTS as PAGES } from '../../conf/demo/htdocs/demo_texts.js';

/** n: the larger, the newer. */
function conversation(n, more = {}) {
    return {
        id: n, church_id: 1, church_name: `Person ${n}`, managed_church_name: 'Chapel', is_church_owner: true, unread_count: 0,
        updated_at: `2026-01-01T00:00:00.${String(n).padStart(6, '0')}Z`, ...more,
    };
}

/** What the query needs of a model; answers are given when the test says so. */
class Model {
    known = new Map();
    asked = [];
    rest = { get: path => new Promise((resolve, reject) => this.asked.push({ path, resolve, reject })) };

    get summaries() {
        return [...this.known.values()].sort((a, b) => b.updated_at.localeCompare(a.updated_at));
    }

    role = 'staff';
    isListed = false;
    hasMore = false;
    listedTo = null;

    list() {
        return this.#page('list');
    }

    more() {
        return this.#page('more');
    }

    async #page(path) {
        try {
            const { conversations, next } = await this.rest.get(path);

            this.problem = null;
            this.isListed = true;
            this.hasMore = next !== null;
            this.listedTo = next && conversations.at(-1).updated_at;
            this.keep({ conversations });
        } catch (problem) {
            this.problem = problem;
        }
    }

    keep({ conversations }) {
        for (const one of conversations)
            this.known.set(one.id, one);
    }

    async answer(conversations, next = null, i = this.asked.length - 1) {
        this.asked[i].resolve({ conversations, next, unread_count: 0 });
        await new Promise(setImmediate);
    }
}

function start(role = 'staff') {
    const model = new Model();
    const query = new ConversationQuery(model, role);

    query.load();
    return { model, query, shown: () => query.conversations.map(({ id }) => id) };
}

test('what is asked for', () => {
    const { model, query } = start();

    query.set({ churchId: 7 });
    query.set({ isUnread: true });
    query.set({ words: 'ann & bob' });
    assert.deepEqual(model.asked.map(({ path }) => path), [
        'list', 'conversations/?limit=50&role=staff&church_id=7', 'conversations/?limit=50&role=staff&church_id=7&unread=1',
        'conversations/?limit=50&role=staff&church_id=7&unread=1&q=ann+%26+bob']);
});

test('a list of another role than the store\'s is asked for by itself', async () => {
    const { model, query, shown } = start('member');

    model.keep({ conversations: [conversation(4)] }); // as staff
    assert.deepEqual(model.asked.map(({ path }) => path), ['conversations/?limit=50&role=member']);
    await model.answer([conversation(3, { is_church_owner: false })], '/next');
    assert.deepEqual(shown(), [3]);
    query.more();
    await model.answer([conversation(1, { is_church_owner: false })]);
    assert.deepEqual(shown(), [3, 1]);
});

test('those that one writes in as a member are not shown', async () => {
    const { model, shown } = start();

    await model.answer([conversation(2), conversation(1, { is_church_owner: false })]);
    assert.deepEqual(shown(), [2]);
});

test('pages follow each other, and nothing is shown beyond a gap', async () => {
    const { model, query, shown } = start();

    model.keep({ conversations: [conversation(1)] }); // from somewhere else
    await model.answer([conversation(5), conversation(4)], '/next');
    assert.deepEqual(shown(), [5, 4]);
    assert.equal(query.hasMore, true);
    query.more();
    query.more(); // nobody asks twice
    assert.equal(model.asked.length, 2);
    await model.answer([conversation(3), conversation(2)], '/more');
    assert.deepEqual(shown(), [5, 4, 3, 2]);
    query.more();
    await model.answer([conversation(1)]);
    assert.deepEqual(shown(), [5, 4, 3, 2, 1]);
    assert.equal(query.hasMore, false);
});

test('what comes live is shown where the filter lets it through', async () => {
    const { model, query, shown } = start();

    await model.answer([]);
    query.set({ churchId: 1, isUnread: true, words: 'PERSON' });
    await model.answer([]);
    model.keep({ conversations: [
        conversation(1, { unread_count: 1 }), conversation(2), conversation(3, { unread_count: 1, church_id: 2 }),
        conversation(4, { unread_count: 1, church_name: 'Somebody else' }),
    ] });
    assert.deepEqual(shown(), [1]);
    query.kept = 2;
    assert.deepEqual(shown(), [2, 1], 'the open one stays');
});

test('whom the server found by name is shown, however the name is written', async () => {
    const { model, query, shown } = start();

    await model.answer([conversation(1, { church_name: 'Ångström' }), conversation(2)]);
    query.set({ words: 'angs' });
    await model.answer([conversation(1, { church_name: 'Ångström' })]);
    assert.deepEqual(shown(), [1]);
});

test('an answer that comes late is not believed', async () => {
    const { model, query, shown } = start();

    query.set({ words: 'person 2' });
    await model.answer([conversation(2)], null, 1);
    await model.answer([conversation(3)], '/next', 0);
    assert.deepEqual(shown(), [2]);
    assert.equal(query.hasMore, false);
});

test('a failure is told, and what is known stays', async () => {
    const { model, query, shown } = start();
    const heard = [];

    await model.answer([conversation(1)]);
    query.addEventListener('change', () => heard.push([query.isLoading, query.problem?.message ?? null]));
    model.isListed = false;
    query.load();
    model.asked.at(-1).reject(new Error('no'));
    await new Promise(setImmediate);
    assert.deepEqual(heard, [[true, null], [false, 'no']]);
    assert.deepEqual(shown(), [1]);
});

test('churches, by name', async () => {
    const { model, query } = start();

    await model.answer([
        conversation(1, { church_id: 9, managed_church_name: 'Minster' }), conversation(2, { church_id: 8, managed_church_name: 'Abbey' }),
        conversation(3, { church_id: 9, managed_church_name: 'Minster' }), conversation(4, { is_church_owner: false, church_id: 5 }),
    ]);
    assert.deepEqual(query.churches, [{ id: 8, name: 'Abbey' }, { id: 9, name: 'Minster' }]);
});

/** The names in braces. */
const places = entry => [...new Set(JSON.stringify(entry).match(/\{\w+\}/g) ?? [])].sort();

test('every text is there in German, with the same places', () => {
    for (const [english, german] of [[ENGLISH, GERMAN], [PAGES.en, PAGES.de]]) {
        assert.deepEqual(Object.keys(german), Object.keys(english));
        for (const key of Object.keys(english))
            assert.deepEqual(places(german[key]), places(english[key]), key);
    }
});
