/**
 * @file timeline.js
 * Messages as they stand under each other: days between them, and what one side said at once together.
 *
 * An item is {type: 'day', key, moment}, {type: 'unread', key}, {type: 'message', key, message, isOwn, isFirst,
 * isLast, status} or the same with {type: 'pending', pending} for a message on its way. `key` stays the same
 * while the item is the same: a message keeps that of its client_id, so that it does not jump when it was
 * stored. Each day appears once, before its first message: a message whose clock says an earlier day than the
 * one above it (a failed one of yesterday, a device with a wrong clock) belongs to the day that it is under. `status` is seen or sent at the newest of our own side that is so, else null.
 */
import { isOfOwnSide } from '../net/message.js';

const TOGETHER_MS = 5 * 60000;

/** `firstUnread`: the id of the message before which a line stands, or null; `dayKey(moment)`: ui/time_format.js;
 * `isPart`: the newest is not among them, so that none has a status. */
export function buildTimeline(messages, pending, { dayKey, firstUnread = null, isPart = false }) {
    const all = [...messages.map(ofMessage), ...pending.map(ofPending)];
    const items = [];
    let latest_ms = -Infinity; // of the moments so far
    let latestDay = null;

    for (const [i, one] of all.entries()) {
        const before = all[i - 1];
        const moment_ms = Date.parse(one.moment);
        const isNewDay = moment_ms > latest_ms && dayKey(one.moment) !== latestDay;

        if (moment_ms > latest_ms) {
            latest_ms = moment_ms;
            latestDay = dayKey(one.moment);
        }
        const isUnread = firstUnread !== null && one.message?.id === firstUnread;

        if (isNewDay)
            items.push({ type: 'day', key: `d ${dayKey(one.moment)}`, moment: one.moment });
        if (isUnread)
            items.push({ type: 'unread', key: 'unread' });
        one.isFirst = isNewDay || isUnread || !isTogether(before, one);
        if (!one.isFirst)
            before.isLast = false;
        items.push(one);
    }
    if (!isPart)
        markStatus(all);
    return items;
}

/** The key of a message's item. */
export function keyOf(message) {
    return message.is_sent_by_user && message.client_id ? `c ${message.client_id}` : `m ${message.id}`;
}

function ofMessage(message) {
    const isOwn = isOfOwnSide(message);
    const by = message.is_sent_by_user ? 'me' : `${isOwn ? 'own' : 'other'} ${message.staff_name ?? message.sender_name}`;

    return {
        type: 'message', key: keyOf(message), message, isOwn, by, moment: message.created_at, isFirst: true, isLast: true, status: null,
    };
}

function ofPending(pending) {
    return {
        type: 'pending', key: `c ${pending.clientId}`,
        pending, isOwn: true, by: 'me', moment: pending.at, isFirst: true, isLast: true, status: null,
    };
}

function isTogether(before, one) {
    return before.by === one.by && Math.abs(Date.parse(one.moment) - Date.parse(before.moment)) < TOGETHER_MS;
}

/* One word is enough: what was seen was sent, and what stands above was seen too. */
function markStatus(all) {
    const seen = all.findLast(one => one.isOwn && one.message?.is_read);
    const sent = all.findLast(one => one.isOwn && one.message);

    if (seen)
        seen.status = 'seen';
    if (sent && sent !== seen)
        sent.status = 'sent';
}
