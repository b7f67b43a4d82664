// What is kept over a reload: drafts and unsent messages, of one user.
import assert from 'node:assert/strict';
import test from 'node:test';
import { moveToTab } from '../../mod_chat/web/store/draft_storage.js';
import { Drafts } from '../../mod_chat/web/store/drafts.js';

class FakeStorage {
    items = new Map();
    getItem = key => this.items.get(key) ?? null;
    setItem = (key, value) => { this.items.set(key, value); };
    removeItem = key => { this.items.delete(key); };

    get text() {
        return [...this.items.values()].join();
    }
}

/** A tab of a browser, whose user is known, or not yet (null). */
function openTab(local, userId, { tab = new FakeStorage(), heard = [] } = {}) {
    const drafts = new Drafts(tab, local, '/api', why => heard.push(why));

    if (userId !== null)
        drafts.setOwner(userId);
    return { tab, drafts, heard };
}

test('a draft is there after a reload, in its own conversation', () => {
    const storage = new FakeStorage();

    new Drafts(storage, null, '/api').keep(1, 'Half a sent');
    assert.equal(new Drafts(storage, null, '/api').draft(1), 'Half a sent');
    assert.equal(new Drafts(storage, null, '/api').draft(2), '');
    assert.equal(new Drafts(storage, null, '/app/api').draft(1), '', 'another root has other conversations');
});

test('it outlives the tab, once it is known whose it is', () => {
    const local = new FakeStorage();

    openTab(local, 7).drafts.keep(1, 'Half a sent');
    assert.equal(openTab(local, 7).drafts.draft(1), 'Half a sent');
    assert.equal(openTab(local, null).drafts.draft(1), '', 'not before');
});

test('what was written before it was known is the newer', () => {
    const local = new FakeStorage();

    openTab(local, 7).drafts.keep(1, 'of yesterday');
    const { drafts, tab } = openTab(local, null);

    drafts.keep(1, 'of now');
    drafts.setOwner(7);
    assert.equal(openTab(local, 7).drafts.draft(1), 'of now');
    assert.ok(!tab.text.includes('of now'), 'and is in one place');
});

test('nobody else finds it, and who is not signed in leaves nothing behind', () => {
    const local = new FakeStorage();

    openTab(local, 7).drafts.keep(1, 'private');
    const other = openTab(local, 8);

    assert.equal(other.drafts.draft(1), '');
    assert.ok(!local.text.includes('private'));
    other.drafts.keep(2, 'mine');
    other.drafts.leave();
    assert.ok(!local.text.includes('mine'));
    assert.equal(other.drafts.draft(2), 'mine', 'but in the tab that was there');
    other.drafts.setOwner(8);
    assert.equal(openTab(local, 8).drafts.draft(2), 'mine', 'until the same signs in again');
});

test('a page on which nobody is signed in takes them away, too', () => {
    const local = new FakeStorage();
    const tab = new FakeStorage();

    openTab(local, 7).drafts.keep(1, 'private');
    moveToTab(local, tab, 'mod_chat /api');
    assert.equal(local.text, '');
    assert.equal(openTab(local, 7, { tab }).drafts.draft(1), 'private');
    openTab(local, 7).drafts.keep(1, 'private');
    moveToTab(local, openTab(null, 8).tab, 'mod_chat /api');
    assert.equal(local.text, '');
});

test('a tab that is left open with another user writes nothing into what is theirs', () => {
    const local = new FakeStorage();
    const old = openTab(local, 7);

    openTab(local, 8).drafts.keep(1, 'of 8');
    assert.equal(old.drafts.draft(1), '');
    old.drafts.keep(1, 'of 7');
    assert.ok(!local.text.includes('of 7'));
    assert.equal(openTab(local, 8).drafts.draft(1), 'of 8');
});

test('what is told: what was written here, whose they are, what another tab wrote', () => {
    const local = new FakeStorage();
    const { drafts, heard } = openTab(local, 7);

    drafts.keep(1, 'a');
    drafts.keep(1, 'a');
    drafts.onStorage({ key: 'mod_chat /api', storageArea: local });
    drafts.onStorage({ key: 'something else', storageArea: local });
    drafts.onStorage({ key: null, storageArea: local });
    drafts.setOwner(8);
    assert.deepEqual(heard, ['owner', 'here', 'other', 'other', 'other']);
});

test('none stays for ever', t => {
    const local = new FakeStorage();

    const { now } = Date;
    const at = date => { Date.now = () => Date.parse(date); };

    t.after(() => { Date.now = now; });
    at('2026-01-01');
    openTab(local, 7).drafts.keep(1, 'old');
    at('2026-01-30');
    assert.equal(openTab(local, 7).drafts.draft(1), 'old');
    at('2026-02-02');
    assert.equal(openTab(local, 7).drafts.draft(1), '');
});

test('an empty one is forgotten', () => {
    const drafts = new Drafts(new FakeStorage(), null, '/api');

    drafts.keep(1, 'x');
    drafts.keep(1, '');
    assert.equal(drafts.draft(1), '');
});

test('the oldest go when there are too many', () => {
    const { drafts } = openTab(new FakeStorage(), 7);

    for (let id = 1; id <= 60; id++)
        drafts.keep(id, `text ${id}`);
    assert.deepEqual([drafts.draft(10), drafts.draft(11), drafts.draft(60)], ['', 'text 11', 'text 60']);
});

test('unsent messages keep their client_id, and are of one tab', () => {
    const storage = new FakeStorage();
    const local = new FakeStorage();
    const drafts = new Drafts(storage, local, '/api');

    drafts.setOwner(7);
    drafts.addUnsent({ id: 1, clientId: 'a', content: 'one', at: 't' });
    drafts.addUnsent({ id: 1, clientId: 'b', content: 'two', at: 't' });
    drafts.addUnsent({ id: 1, clientId: 'a', content: 'one', at: 't' });
    assert.deepEqual(new Drafts(storage, local, '/api').unsent(1).map(({ clientId }) => clientId), ['b', 'a']);
    drafts.dropUnsent('a');
    assert.deepEqual(new Drafts(storage, local, '/api').unsent(1).map(({ clientId }) => clientId), ['b']);
    assert.deepEqual(drafts.unsent(2), []);
    assert.deepEqual(openTab(local, 7).drafts.unsent(1), []);
});

test('another user finds nothing of it', () => {
    const storage = new FakeStorage();
    const drafts = new Drafts(storage, null, '/api');

    assert.ok(drafts.setOwner(7));
    drafts.keep(1, 'private');
    drafts.addUnsent({ id: 1, clientId: 'a', content: 'private', at: 't' });
    assert.ok(new Drafts(storage, null, '/api').setOwner(7));
    assert.equal(new Drafts(storage, null, '/api').setOwner(8), false);
    assert.equal(drafts.draft(1), '');
    assert.deepEqual(drafts.unsent(1), []);
    assert.ok(!storage.text.includes('private'));
});

test('with a broken storage nothing is kept and nothing breaks', () => {
    const broken = { getItem: () => '{"drafts":', setItem: () => {}, removeItem: () => {} };
    const nothing = { getItem: () => 'null', setItem: () => {}, removeItem: () => { throw new Error('SecurityError'); } };

    for (const storage of [broken, nothing]) {
        const drafts = new Drafts(storage, storage, '/api');

        drafts.keep(1, 'x');
        assert.equal(drafts.draft(1), '');
        assert.equal(drafts.setOwner(7), true);
        drafts.keep(1, 'x');
        assert.equal(drafts.draft(1), '');
        drafts.leave();
    }
});

test('a storage that takes nothing: it is kept as long as the page', async t => {
    const denied = () => { throw new Error('QuotaExceededError'); };
    const storages = {
        'none': null,
        'full': Object.assign(new FakeStorage(), { setItem: denied }),
        'forbidden': { getItem: denied, setItem: denied, removeItem: denied },
    };

    for (const [name, storage] of Object.entries(storages))
        await t.test(name, () => {
            const drafts = new Drafts(storage, storage, '/api');

            drafts.keep(1, 'Half a sent');
            drafts.addUnsent({ id: 2, clientId: 'a', content: 'x', at: '2026-01-01' });
            assert.ok(drafts.setOwner(7));
            drafts.keep(3, 'and another');
            assert.deepEqual([drafts.draft(1), drafts.draft(3), drafts.unsentIds], ['Half a sent', 'and another', [2]]);
            drafts.leave();
            assert.equal(drafts.draft(3), 'and another', 'also when nobody is signed in any more');
            assert.equal(drafts.setOwner(8), false);
            assert.deepEqual([drafts.draft(1), drafts.draft(3), drafts.unsentIds], ['', '', []]);
        });
    await t.test('full meanwhile: the newer is what counts', () => {
        const local = new FakeStorage();
        const { drafts } = openTab(local, 7);

        drafts.keep(1, 'Half');
        local.setItem = denied;
        drafts.keep(1, 'Half a sent');
        assert.equal(drafts.draft(1), 'Half a sent');
        drafts.leave();
        assert.equal(drafts.draft(1), 'Half a sent');
    });
});

test('a storage that takes nothing from this tab, and something from another', async t => {
    const { now } = Date;
    let time = 1000;
    const begin = () => {
        const local = new FakeStorage();
        const take = local.setItem;
        const tabs = [1, 2].map(() => openTab(local, 7).drafts);

        tabs[0].keep(1, 'old');
        tabs[0].keep(4, 'of before');
        local.setItem = () => { throw new Error('QuotaExceededError'); };
        tabs[0].keep(1, 'Half a sent');
        tabs[0].keep(2, 'of this tab');
        local.setItem = take;
        return { local, tabs };
    };
    const texts = drafts => [1, 2, 3].map(id => drafts.draft(id));

    t.after(() => { Date.now = now; });
    Date.now = () => time++;
    await t.test('the newer of the other is there, and what it has not written stays', () => {
        const { local, tabs: [here, there] } = begin();

        there.keep(1, 'newer');
        there.keep(3, 'another');
        assert.deepEqual(texts(here), ['newer', 'of this tab', 'another']);
        here.keep(2, 'of this tab, too');
        assert.deepEqual(texts(openTab(local, 7).drafts), ['newer', 'of this tab, too', 'another'], 'and is stored when there is room');
    });
    await t.test('what is older there hides nothing', () => {
        const { tabs: [here, there] } = begin();

        there.keep(3, 'another');
        assert.deepEqual(texts(here), ['Half a sent', 'of this tab', 'another']);
        here.keep(3, '');
        assert.deepEqual(texts(there), ['Half a sent', 'of this tab', '']);
    });
    await t.test('what was sent there is gone, unless it was written on here', () => {
        const { tabs: [here, there] } = begin();

        there.keep(4, '');
        there.keep(1, '');
        assert.deepEqual([here.draft(4), ...texts(here)], ['', 'Half a sent', 'of this tab', '']);
    });
    await t.test('the same while there is still no room for this tab', () => {
        const { local, tabs: [here, there] } = begin();
        const take = local.setItem;

        there.keep(3, 'another');
        local.setItem = () => { throw new Error('QuotaExceededError'); };
        here.keep(1, 'Half a sentence');
        assert.deepEqual(texts(here), ['Half a sentence', 'of this tab', 'another']);
        local.setItem = take;
        there.keep(3, '');
        assert.deepEqual(texts(here), ['Half a sentence', 'of this tab', '']);
    });
    await t.test('another user, who has signed in there, sees nothing of it, and it is not shown as theirs', () => {
        const { local, tabs: [here] } = begin();
        const { drafts: other } = openTab(local, 8);

        other.keep(3, 'of 8');
        assert.deepEqual(texts(here), ['', '', '']);
        here.keep(2, 'of 7');
        assert.deepEqual(texts(other), ['', '', 'of 8']);
        assert.doesNotMatch(local.text, /of 7|Half/);
    });
});

test('what was written under another tag, before anybody said who it is, is not shown', () => {
    const tab = new FakeStorage();
    const as = tag => new Drafts(tab, null, '/api', () => {}, () => tag);

    as('a').keep(1, 'of A');
    as('a').addUnsent({ id: 2, clientId: 'x', content: 'of A, too', at: '2026-01-01' });
    assert.deepEqual([as('b').draft(1), as('b').unsentIds], ['', []]);
    assert.deepEqual([as('a').draft(1), as('a').unsentIds], ['of A', [2]]);
    as('b').setOwner(8);
    assert.doesNotMatch(tab.text, /of A/);
});
