// What is kept over a reload: drafts and unsent messages, of one user.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Drafts } from '../../mod_chat/web/store/drafts.js';

class FakeStorage {
    items = new Map();
    getItem = key => this.items.get(key) ?? null;
    setItem = (key, value) => { this.items.set(key, value); };
}

test('a draft is there after a reload, in its own conversation', () => {
    const storage = new FakeStorage();

    new Drafts(storage, '/api').keep(1, 'Half a sent');
    assert.equal(new Drafts(storage, '/api').draft(1), 'Half a sent');
    assert.equal(new Drafts(storage, '/api').draft(2), '');
    assert.equal(new Drafts(storage, '/app/api').draft(1), '', 'another root has other conversations');
});

test('an empty one is forgotten', () => {
    const drafts = new Drafts(new FakeStorage(), '/api');

    drafts.keep(1, 'x');
    drafts.keep(1, '');
    assert.equal(drafts.draft(1), '');
});

test('the oldest go when there are too many', () => {
    const drafts = new Drafts(new FakeStorage(), '/api');

    for (let id = 1; id <= 60; id++)
        drafts.keep(id, `text ${id}`);
    assert.deepEqual([drafts.draft(10), drafts.draft(11), drafts.draft(60)], ['', 'text 11', 'text 60']);
});

test('unsent messages keep their client_id', () => {
    const storage = new FakeStorage();
    const drafts = new Drafts(storage, '/api');

    drafts.addUnsent({ id: 1, clientId: 'a', content: 'one', at: 't' });
    drafts.addUnsent({ id: 1, clientId: 'b', content: 'two', at: 't' });
    drafts.addUnsent({ id: 1, clientId: 'a', content: 'one', at: 't' });
    assert.deepEqual(new Drafts(storage, '/api').unsent(1).map(({ clientId }) => clientId), ['b', 'a']);
    drafts.dropUnsent('a');
    assert.deepEqual(new Drafts(storage, '/api').unsent(1).map(({ clientId }) => clientId), ['b']);
    assert.deepEqual(drafts.unsent(2), []);
});

test('another user finds nothing of it', () => {
    const storage = new FakeStorage();
    const drafts = new Drafts(storage, '/api');

    assert.ok(drafts.setOwner(7));
    drafts.keep(1, 'private');
    drafts.addUnsent({ id: 1, clientId: 'a', content: 'private', at: 't' });
    assert.ok(new Drafts(storage, '/api').setOwner(7));
    assert.equal(new Drafts(storage, '/api').setOwner(8), false);
    assert.equal(drafts.draft(1), '');
    assert.deepEqual(drafts.unsent(1), []);
    assert.ok(![...storage.items.values()].join().includes('private'));
});

test('without storage, or with a full or broken one, nothing is kept and nothing breaks', () => {
    const full = { getItem: () => null, setItem: () => { throw new Error('QuotaExceededError'); } };
    const broken = { getItem: () => '{"drafts":', setItem: () => {} };

    for (const storage of [null, full, broken]) {
        const drafts = new Drafts(storage, '/api');

        drafts.keep(1, 'x');
        assert.equal(drafts.draft(1), '');
    }
});
