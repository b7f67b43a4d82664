/** @file message_log.js The messages of a conversation for who administers: who wrote what and when, as text, with files and flags. */
import { el } from '../ui/dom.js';
import { hashOf } from './route.js';
import { valueText } from './words.js';

export class MessageLog {
    #deps;

    /** `deps` as ListView has them, and `times`. */
    constructor(deps) {
        this.#deps = deps;
    }

    /** An element. `messages` as the API gives them, in the order of time; `hasMore`: there are older ones. */
    show(messages, hasMore, conversationId) {
        const { i18n } = this.#deps;
        const ordered = messages.toSorted((a, b) => a.id - b.id);

        return el('div', {},
            hasMore && el('p', {}, el('a', { href: hashOf({ view: 'list', resource: 'messages', params: { conversation_id: conversationId } }) }, i18n.t('adminOlder'))),
            ordered.length === 0 ? el('p', { class: 'empty' }, i18n.t('adminEmpty')) : el('ol', { class: 'log' }, ...ordered.map(one => this.message(one))));
    }

    message(message) {
        return el('li', { class: message.from_church ? 'staff' : null }, ...this.parts(message));
    }

    parts({ id, sender_name: name, sender_id: sender, created_at: at, content, attachment, flag, read_at: read }) {
        const { i18n, times, values } = this.#deps;

        return [
            el('p', { class: 'by' }, el('a', { href: hashOf({ view: 'item', resource: 'users', id: String(sender) }), dir: 'auto' }, name ?? String(sender)), ' ',
                el('a', { href: hashOf({ view: 'item', resource: 'messages', id: String(id) }) }, el('time', { datetime: at }, times.full(at))),
                flag && el('span', { class: 'flag' }, i18n.t('adminFlagged', { why: valueText(i18n, flag) })),
                read && el('span', { class: 'quiet' }, i18n.t('adminReadAt', { time: times.full(read) }))),
            content && el('p', { class: 'content', dir: 'auto' }, content),
            attachment && el('p', {}, values.file(attachment)),
        ];
    }
}
