/**
 * @file message_view.js
 * One item of a thread (timeline.js) as an element: a day, the line before what is unread, a message.
 *
 * Those who listen get each message whole: who said it, when, the text, the file, what became of it.
 */
import { excerpt, isEmojiOnly } from '../i18n/characters.js';
import { el, icon } from '../ui/dom.js';
import '../ui/icons.js';
import { linked } from '../ui/linkify.js';
import { noticeOf, noticeText } from '../ui/problem_text.js';

export class MessageView {
    #i18n;
    #times;
    #onRetry;
    #onDrop;
    #onEdit;
    #files;

    /** `onRetry(clientId)`, `onDrop(clientId)` and `onEdit(clientId)`: of a message that was not sent; `files`: an
     * AttachmentView. */
    constructor({ i18n, times, onRetry, onDrop, onEdit, files }) {
        this.#i18n = i18n;
        this.#times = times;
        this.#onRetry = onRetry;
        this.#onDrop = onDrop;
        this.#onEdit = onEdit;
        this.#files = files;
    }

    /** All that the element of an item depends on: the same text, the same element. */
    signature({ type, message, pending, isFirst, isLast, status, moment }, isOnline) {
        if (type === 'day')
            return this.#times.day(moment);
        return JSON.stringify([type, isFirst, isLast, status, status === 'seen' && this.#seen(message),
            pending && [pending.isFailed, !pending.upload && isOnline], Boolean(message?.attachment)]);
    }

    /** `count`: of unread messages below the line; `isOnline`: what is sent now goes out at once. */
    build(item, { count, isOnline }) {
        switch (item.type) {
        case 'day':
            return el('li', { class: 'day' }, el('span', { dir: 'auto' }, this.#times.day(item.moment)));
        case 'unread':
            return el('li', { class: 'day unread' },
                el('span', { dir: 'auto' }, this.#i18n.t('newMessages', { n: count })));
        case 'pending':
            return this.#pending(item, isOnline);
        default:
            return this.#message(item);
        }
    }

    #message(item) {
        const { message, isOwn, isFirst } = item;
        const name = this.#nameOf(message, isOwn);
        const isNamed = isFirst && !message.is_sent_by_user && 'staff_name' in message;

        return this.#line(item, [
            isNamed && el('p', { class: 'name', 'aria-hidden': 'true', dir: 'auto' }, name),
            this.#spoken(name, message.created_at),
            message.content && this.#bubble(message.content),
            message.attachment && this.#files.element(message.attachment),
            !message.content && !message.attachment && el('p', { class: 'foot' }, this.#i18n.t('fileGone')),
            this.#foot(item),
        ]);
    }

    #pending(item, isOnline) {
        const { pending } = item;

        return this.#line(item, [
            this.#spoken(this.#i18n.t('you'), pending.at),
            pending.content && this.#bubble(pending.content),
            pending.upload?.show(),
            pending.isFailed ? this.#failed(pending) : this.#underWay(pending, isOnline),
        ]);
    }

    /* A file that is cancelled leaves its text to its writer. */
    #underWay({ clientId, content, upload }, isOnline) {
        return upload?.foot(() => content ? this.#onEdit(clientId) : this.#onDrop(clientId)) ??
            el('p', { class: 'foot' }, this.#i18n.t(isOnline ? 'sending' : 'waiting'));
    }

    #line({ type, isOwn, isFirst, isLast, pending }, parts) {
        const classes = ['line', isOwn ? 'own' : 'theirs', isFirst && 'first', isLast && 'last',
            type === 'pending' && 'pending', pending?.isFailed && 'failed'];

        return el('li', { class: classes.filter(Boolean).join(' '), tabindex: -1 }, ...parts.filter(Boolean));
    }

    /* A few emoji alone are large. */
    #bubble(content) {
        return el('p', { class: isEmojiOnly(content) ? 'bubble large' : 'bubble', dir: 'auto' }, ...linked(content));
    }

    #nameOf(message, isOwn) {
        return message.is_sent_by_user ? this.#i18n.t('you') : (isOwn && message.staff_name) || message.sender_name;
    }

    #spoken(name, moment) {
        return el('span', { class: 'hidden' }, this.#i18n.t('saidAt', { name, time: this.#times.clock(moment) }));
    }

    /* Under the last of a group, and wherever there is something to tell. */
    #foot({ message, isLast, status }) {
        const words = { seen: this.#seen(message), sent: this.#i18n.t('sent') }[status];

        if (!isLast && !words)
            return null;
        const { created_at: moment } = message;
        const clock = el('time', { datetime: moment, title: this.#times.full(moment), 'aria-hidden': 'true', dir: 'auto' },
            this.#times.clock(moment));

        return el('p', { class: 'foot' }, clock,
            words && '·', words && el('span', { class: `status ${status}`, dir: 'auto' }, words));
    }

    /* The time is told when it is not the one beside it. */
    #seen({ created_at: created, read_at: read }) {
        const isAtOnce = !read || this.#times.full(read) === this.#times.full(created);

        return isAtOnce ? this.#i18n.t('seenAtOnce') : this.#i18n.t('seen', { time: this.#times.since(read) });
    }

    #failed({ clientId, content, upload, problem }) {
        const refusal = upload?.refusal(problem) ?? { sentence: this.#why(problem), action: noticeOf(problem).action };
        const isFinal = refusal.action === 'edit';
        const text = content || upload.name;
        const brief = text.length > 60 ? `${excerpt(text, 60)}…` : text;
        const button = (key, label, run) => el('button', {
            type: 'button', class: 'plain', 'aria-label': this.#i18n.t(label, { text: brief }), onclick: run,
        }, this.#i18n.t(key));

        return el('div', { class: 'foot failure' },
            el('p', {}, icon('alert'), el('span', {}, `${this.#i18n.t('notSent')}. ${refusal.sentence}`)),
            el('div', { class: 'actions' },
                (isFinal || upload) && content && button('edit', 'editMessage', () => this.#onEdit(clientId)),
                !isFinal && button('retry', 'retryMessage', () => this.#onRetry(clientId)),
                button('drop', 'dropMessage', () => this.#onDrop(clientId))));
    }

    /* What the notice over the composer says, or counts down, is not said twice. */
    #why(problem) {
        const notice = noticeOf(problem);

        return notice.isWide ? '' : noticeText(this.#i18n, notice);
    }
}
