// How messages stand under each other: days, groups, the line before the unread, and moments in words.
import assert from 'node:assert/strict';
import test from 'node:test';
import { buildTimeline } from '../../mod_chat/web/thread/timeline.js';
import { TimeFormat } from '../../mod_chat/web/ui/time_format.js';

let ids = 0;
const message = (at, more = {}) => ({
    id: ++ids, seq: ids, content: 'x', created_at: at, is_sent_by_user: false, sender_name: 'St. Mary', is_read: false, client_id: null, ...more,
});
const mine = (at, more = {}) => message(at, { is_sent_by_user: true, sender_name: 'Alice', ...more });
const times = (now = '2026-03-10T12:00:00Z', lang = 'en-GB', timeZone = 'UTC') => new TimeFormat(lang, { timeZone, now: () => new Date(now) });
const arranged = (messages, pending = [], more = {}) => buildTimeline(messages, pending, { dayKey: moment => times().dayKey(moment), ...more });
const shape = items => items.map(({ type, isFirst, isLast }) => type === 'day' || type === 'unread' ? type
    : `${isFirst ? '<' : '-'}${isLast ? '>' : '-'}`).join(' ');

test('what one says at once stands together', () => {
    assert.equal(shape(arranged([message('2026-03-10T10:00:00Z'), message('2026-03-10T10:01:00Z'), message('2026-03-10T10:02:00Z')])), 'day <- -- ->');
    assert.equal(shape(arranged([message('2026-03-10T10:00:00Z'), mine('2026-03-10T10:00:10Z')])), 'day <> <>');
    assert.equal(shape(arranged([message('2026-03-10T10:00:00Z'), message('2026-03-10T10:05:00Z')])), 'day <> <>', 'five minutes are not at once');
});

test('colleagues are different people, on the same side', () => {
    const items = arranged([mine('2026-03-10T10:00:00Z', { staff_name: 'Carol' }), message('2026-03-10T10:00:01Z', { staff_name: 'Dave' }),
        message('2026-03-10T10:00:02Z', { staff_name: 'Dave' })]);

    assert.equal(shape(items), 'day <> <- ->');
    assert.ok(items.slice(1).every(({ isOwn }) => isOwn));
});

test('each day begins with itself', () => {
    const items = arranged([message('2026-03-08T23:59:00Z'), message('2026-03-09T00:01:00Z'), message('2026-03-10T00:00:00Z')]);

    assert.equal(shape(items), 'day <> day <> day <>');
    assert.equal(new Set(items.map(({ key }) => key)).size, items.length);
});

test('a day keeps its key when earlier ones come above it', () => {
    const later = [message('2026-03-09T10:00:00Z'), message('2026-03-10T10:00:00Z')];
    const days = messages => arranged(messages).filter(({ type }) => type === 'day').map(({ key }) => key);

    assert.deepEqual(days([message('2026-03-07T10:00:00Z'), message('2026-03-08T10:00:00Z'), ...later]).slice(-2), days(later));
});

test('a message with an earlier day than the one above it belongs to that day', () => {
    const failed = { clientId: 'k', content: 'x', at: '2026-03-08T10:00:00Z', isFailed: true };
    const items = arranged([message('2026-03-08T09:00:00Z'), message('2026-03-09T09:00:00Z'), message('2026-03-08T23:00:00Z'),
        message('2026-03-09T10:00:00Z'), message('2026-03-10T10:00:00Z')], [failed]);

    assert.equal(shape(items), 'day <> day <> <> <> day <> <>');
    assert.equal(new Set(items.map(({ key }) => key)).size, items.length, 'each day once');
});

test('days are those of the reader', () => {
    const moments = ['2026-03-09T22:30:00Z', '2026-03-09T23:30:00Z'];
    const count = zone => buildTimeline(moments.map(at => message(at)), [], { dayKey: moment => times(undefined, undefined, zone).dayKey(moment) })
        .filter(({ type }) => type === 'day').length;

    assert.equal(count('UTC'), 1);
    assert.equal(count('Europe/Berlin'), 2);
});

test('the line stands before what is unread', () => {
    const messages = [message('2026-03-10T10:00:00Z'), message('2026-03-10T10:00:01Z'), message('2026-03-10T10:00:02Z')];

    assert.equal(shape(arranged(messages, [], { firstUnread: messages[1].id })), 'day <> unread <- ->');
});

test('what is on its way follows, and keeps its key when it is stored', () => {
    const pending = { clientId: 'k1', content: 'x', at: '2026-03-10T10:00:30Z', isFailed: false };
    const [, , before] = arranged([mine('2026-03-10T10:00:00Z')], [pending]);
    const [, , after] = arranged([mine('2026-03-10T10:00:00Z'), mine('2026-03-10T10:00:30Z', { client_id: 'k1' })]);

    assert.deepEqual([before.type, before.isFirst, before.isLast, before.key], ['pending', false, true, after.key]);
});

test('the newest that was seen, and the newest that was sent', () => {
    const status = messages => arranged(messages).filter(({ type }) => type === 'message').map(item => item.status);
    const at = '2026-03-10T10:00:00Z';

    assert.deepEqual(status([mine(at, { is_read: true }), mine(at, { is_read: true }), mine(at), mine(at)]), [null, 'seen', null, 'sent']);
    assert.deepEqual(status([mine(at, { is_read: true }), message(at, { is_read: true })]), ['seen', null]);
    assert.deepEqual(status([message(at)]), [null]);
});

test('days in words', () => {
    const days = (lang, ...moments) => moments.map(moment => times(undefined, lang).day(moment));

    assert.deepEqual(days('en-GB', '2026-03-10T00:00:00Z', '2026-03-09T23:59:59Z', '2026-03-06T10:00:00Z', '2026-01-02T10:00:00Z', '2024-12-24T10:00:00Z'),
        ['Today', 'Yesterday', 'Friday', times().day('2026-01-02T10:00:00Z'), '24 December 2024']);
    assert.match(days('en-GB', '2026-01-02T10:00:00Z')[0], /Friday.* 2 January/);
    assert.deepEqual(days('de', '2026-03-10T00:00:00Z', '2026-03-09T23:59:59Z', '2024-12-24T10:00:00Z'), ['Heute', 'Gestern', '24. Dezember 2024']);
});

test('moments in words', () => {
    assert.equal(times().clock('2026-03-10T09:05:00Z'), '09:05');
    assert.equal(times(undefined, 'en-US').clock('2026-03-10T14:05:00Z').replace(/\s/, ' '), '2:05 PM');
    assert.equal(times().brief('2026-03-10T09:05:00Z'), '09:05');
    assert.equal(times().brief('2026-03-08T09:05:00Z'), 'Sun');
    assert.equal(times().brief('2026-02-03T09:05:00Z'), '3 Feb');
    assert.equal(times().since('2026-03-09T09:05:00Z'), 'Mon, 09:05');
});

test('the clock may go wrong a little: what comes from the future is of today', () =>
    assert.equal(times('2026-03-10T23:59:59Z').brief('2026-03-11T00:00:01Z'), '00:00'));
