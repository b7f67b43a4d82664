// The user's notifications (mod_chat/web/store/notification_list.js): as listed and as frames change them, whichever
// comes first.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ChatProblem } from '../../mod_chat/web/net/problem.js';
import { ChatEvent } from '../../mod_chat/web/net/socket.js';
import { NotificationList } from '../../mod_chat/web/store/notification_list.js';
import { settle } from './lib/fakes.mjs';

/** n: the conversation; at: the larger, the newer. */
const one = (n, at = n, more = {}) => ({
    id: n, kind: 'message', title: `Person ${n}`, body: `m${at}`, link: `/c/${n}`, conversation_id: n, count: 1,
    created_at: `2026-03-10T10:00:${String(at).padStart(2, '0')}.000000Z`, updated_at: `2026-03-10T10:00:${String(at).padStart(2, '0')}.000000Z`,
    read_at: null, ...more,
});

/** What the list needs of a store; answers are given when the test says so. */
class Store extends EventTarget {
    state = 'connecting';
    asked = []; // {path, resolve, reject}
    posted = [];
    rest = {
        get: path => new Promise((resolve, reject) => this.asked.push({ path, resolve, reject })),
        post: async (path, json) => this.posted.push([path, json]),
    };

    enter(state, reason = null) {
        this.state = state;
        this.dispatchEvent(new ChatEvent('state', { state, reason }));
    }

    tell(notification, unread) {
        this.dispatchEvent(new ChatEvent('notification', { notification, unread_count: unread }));
    }

    async answer(notifications, unread, { next = null, at = -1 } = {}) {
        this.asked.at(at).resolve({ notifications, unread_count: unread, next });
        await settle();
    }
}

/** Online, with these listed. */
async function begin(notifications = [], unread = notifications.length, options = {}) {
    const store = new Store();
    const list = new NotificationList(store);

    store.enter('online');
    await store.answer(notifications, unread, options);
    return { store, list, ids: () => list.items.map(({ id }) => id) };
}

test('it is asked for with the connection, and once', async () => {
    const { store, list, ids } = await begin([one(2), one(1)]);

    assert.deepEqual(store.asked.map(({ path }) => path), ['notifications/?limit=20']);
    assert.deepEqual(ids(), [2, 1]);
    assert.equal(list.unreadCount, 2);
    assert.equal(list.isLoaded, true);
    store.enter('waiting');
    store.enter('connecting');
    assert.equal(store.asked.length, 1);
    store.enter('online');
    assert.equal(store.asked.length, 2, 'frames were missed');
});

test('a store that is connected already', async () => {
    const store = new Store();

    store.state = 'online';
    new NotificationList(store);
    assert.equal(store.asked.length, 1);
});

test('frames', async t => {
    const { store, list, ids } = await begin([one(2), one(1)]);
    let changes = 0;

    list.addEventListener('change', () => changes++);
    await t.test('a message puts its conversation on top, with the count that the server says', () => {
        store.tell(one(1, 3, { count: 2 }), 7);
        assert.deepEqual(ids(), [1, 2]);
        assert.equal(list.item(1).body, 'm3');
        assert.equal(list.unreadCount, 7);
    });
    await t.test('one that was read goes', () => {
        store.tell(one(2, 2, { count: 0 }), 1);
        assert.deepEqual(ids(), [1]);
    });
    await t.test('one that was marked stays', () => {
        store.tell(one(1, 3, { read_at: '2026-03-10T10:01:00.000000Z' }), 0);
        assert.ok(list.item(1).read_at);
    });
    await t.test('all that were marked stay', () => {
        store.tell(one(3, 4), 1);
        store.tell(null, 0);
        assert.ok(list.items.every(({ read_at: readAt }) => readAt));
        assert.equal(list.unreadCount, 0);
        assert.equal(list.item(1).read_at, '2026-03-10T10:01:00.000000Z', 'since when it was');
    });
    await t.test('each is told', () => assert.equal(changes, 5));
    assert.equal(store.asked.length, 1, 'nothing was asked for');
});

test('what was told after a question counts for more than its answer', async () => {
    const { store, list, ids } = await begin([one(1), one(2), one(3)]);

    store.enter('online');
    store.tell(one(2, 9, { count: 4 }), 3);
    store.tell(one(3, 3, { count: 0 }), 2);
    await store.answer([one(5), one(3), one(2)], 9);
    assert.deepEqual(ids(), [2, 5], '1 is not listed any more, 3 was read, 5 is new here');
    assert.equal(list.item(2).count, 4);
    assert.equal(list.unreadCount, 2, 'as the frame said');
});

test('all were marked while the list was on its way: it is asked for once more', async () => {
    const { store, list } = await begin([one(1)]);

    store.enter('online');
    store.tell(null, 0);
    await store.answer([one(2), one(1)], 2);
    assert.equal(store.asked.length, 3);
    assert.equal(list.unreadCount, 0);
    await store.answer([one(2, 2, { read_at: 'x' }), one(1, 1, { read_at: 'x' })], 0);
    assert.ok(list.items.every(({ read_at: readAt }) => readAt));
    assert.equal(store.asked.length, 3);
});

test('pages', async t => {
    const { store, list, ids } = await begin([one(4), one(3)], 4, { next: '/api/notifications/?cursor=a' });

    await t.test('one after the other, and not twice at once', async () => {
        assert.equal(list.hasMore, true);
        list.more();
        list.more();
        assert.equal(store.asked.length, 2);
        await store.answer([one(2), one(1)], 4);
        assert.deepEqual(ids(), [4, 3, 2, 1]);
        assert.equal(list.hasMore, false);
        list.more();
        assert.equal(store.asked.length, 2);
    });
    await t.test('of a list that was begun before the database was set back: all anew', async () => {
        list.load();
        await store.answer([one(4)], 1, { next: '/api/notifications/?cursor=b' });
        list.more();
        store.asked.at(-1).reject(new ChatProblem('invalid_field', 'No.', { status: 400, errors: [{ field: 'cursor' }] }));
        await settle();
        assert.equal(store.asked.at(-1).path, 'notifications/?limit=20');
        await store.answer([one(9)], 1);
        assert.deepEqual(ids(), [9]);
        assert.equal(list.problem, null);
    });
});

test('marking all', async t => {
    const { store, list } = await begin([one(1)]);

    await t.test('is asked of the server, whose frame tells it', async () => {
        await list.markAll();
        assert.deepEqual(store.posted, [['notifications/read/', { all: true }]]);
        assert.equal(list.unreadCount, 1, 'a message that came meanwhile would be marked, too');
        store.tell(null, 0);
        assert.equal(list.unreadCount, 0);
    });
    await t.test('without a connection the list tells it', async () => {
        store.enter('waiting');
        const marked = list.markAll();

        await settle();
        await store.answer([one(1, 1, { read_at: 'x' })], 0);
        await marked;
        assert.equal(list.unreadCount, 0);
    });
});

test('a failure is told, what is known stays, and the next one is asked for', async () => {
    const { store, list, ids } = await begin([one(1)]);

    list.load();
    store.asked.at(-1).reject(new ChatProblem('network', 'No.'));
    await settle();
    assert.equal(list.problem.code, 'network');
    assert.deepEqual(ids(), [1]);
    list.load();
    await store.answer([one(2)], 1);
    assert.equal(list.problem, null);
    assert.deepEqual(ids(), [2]);
});

test('who has logged out, or is somebody else, sees nothing of before', async () => {
    for (const reason of ['login', 'user']) {
        const { store, list, ids } = await begin([one(1)], 1, { next: '/x' });

        list.load();
        store.enter('stopped', reason);
        await store.answer([one(1)], 1);
        assert.deepEqual(ids(), [], reason);
        assert.equal(list.unreadCount, 0);
        assert.equal(list.hasMore, false);
        assert.equal(list.isLoaded, false);
        store.enter('online');
        await store.answer([one(7)], 1);
        assert.deepEqual(ids(), [7], 'logged in again');
    }
});

test('a database that was set back: all anew', async () => {
    const { store, ids } = await begin([one(1)]);

    store.dispatchEvent(new ChatEvent('reset', {}));
    assert.deepEqual(ids(), []);
    await store.answer([one(2)], 1);
    assert.deepEqual(ids(), [2]);
});

test('closed, it hears nothing', async () => {
    const { store, list } = await begin([one(1)]);

    list.close();
    store.tell(one(2), 2);
    store.enter('online');
    assert.equal(list.unreadCount, 1);
    assert.equal(store.asked.length, 1);
});
