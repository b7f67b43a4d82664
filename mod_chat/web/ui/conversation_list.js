/**
 * @file conversation_list.js
 * Conversations as a list box: one place for Tab, arrows within, Enter opens. Of the widget, of the inbox
 * and of the bell.
 *
 * Arrows move the focus and open nothing, as what is opened counts as read. A conversation keeps its row
 * while it moves, and the row that has the focus stays where it is in the document while the others move
 * around it, so that nobody loses their place when a message comes.
 */
import { excerpt } from '../i18n/characters.js';
import { avatar } from './avatar.js';
import { el, setAttribute } from './dom.js';
import { keyed } from './keyed.js';

const STEP_PAGE = 8;
const DRAFT_MAX = 140;

export class ConversationList {
    #i18n;
    #times;
    #onOpen;
    #onEdge;
    #rows = new Map(); // id -> {element, signature}: keyed.js
    #order = []; // ids, as shown
    #current = null; // the id that Tab comes to
    #selected = null;
    #userId = null;

    /** `times`: a TimeFormat; `onOpen(id)`; `label`: what the list is called; `onEdge(step)`: an arrow leads out of it, up (-1)
     * or down (1); true: the focus has gone there. */
    constructor({ i18n, times, onOpen, label = i18n.t('conversations'), onEdge = () => false }) {
        this.#i18n = i18n;
        this.#times = times;
        this.#onOpen = onOpen;
        this.#onEdge = onEdge;
        this.element = el('div', {
            class: 'rows', role: 'listbox', 'aria-label': label,
            onkeydown: event => this.#key(event),
            onclick: event => this.#chose(event),
            onfocusin: event => this.#makeCurrent(idOf(event.target)),
        });
    }

    /**
     * `shown`: [{conversation, typing, draft}], `typing` a sentence or null, `draft` a text or ''. `selected`: the open one, or null.
     * `isOfMany`: conversations of several churches, whose names are wanted; `userId`: the user's, or null.
     */
    show(shown, { selected = null, isOfMany = false, userId = null } = {}) {
        this.#userId = userId;
        const focused = this.#focusedId;
        const ids = shown.map(({ conversation }) => conversation.id);

        keyed(this.element, this.#rows, shown, {
            key: ({ conversation }) => conversation.id,
            signature: ({ conversation, typing, draft }) =>
                JSON.stringify([conversation, typing, draft, isOfMany, userId, this.#times.brief(conversation.last_message_time)]),
            build: (one, row) => this.#fill(row ?? this.#newRow(one.conversation.id), one, isOfMany),
        });
        this.#selected = selected;
        this.#order = ids;
        for (const [id, { element }] of this.#rows)
            element.setAttribute('aria-selected', String(id === selected));
        setAttribute(this.element, 'hidden', ids.length === 0);
        this.#makeCurrent(this.#rows.has(this.#current) ? this.#current : selected ?? ids[0] ?? null);
        if (focused !== null && !this.#rows.has(focused) && ids.length > 0)
            this.focus();
    }

    /** To the row that Tab would come to, or to this one. */
    focus(id = this.#current) {
        const row = this.#rows.get(id)?.element;

        row?.focus();
        row?.scrollIntoView({ block: 'nearest' });
        return row !== undefined;
    }

    focusLast() {
        return this.focus(this.#order.at(-1));
    }

    /** The id of the conversation that stands `step` further than the open one, or null. */
    beside(step) {
        const at = this.#order.indexOf(this.#selected);

        return this.#order[at < 0 ? (step > 0 ? 0 : -1) : at + step] ?? null;
    }

    scrollTo(id) {
        this.#rows.get(id)?.element.scrollIntoView({ block: 'nearest' });
    }

    // ---- Rows ----------------------------------------------------------------------------------

    #newRow(id) {
        return el('div', { class: 'row', role: 'option', tabindex: -1, 'data-id': id });
    }

    #fill(row, one, isOfMany) {
        const { conversation } = one;

        row.replaceChildren(...this.#content(one, isOfMany));
        row.classList.toggle('is-unread', conversation.unread_count > 0);
        return row;
    }

    #content({ conversation, typing, draft }, isOfMany) {
        const i18n = this.#i18n;
        const { church_name: name, church_avatar: url, unread_count: unread } = conversation;

        return [
            avatar(name, url),
            el('span', { class: 'who' },
                el('bdi', { class: 'name' }, name),
                conversation.member_blocked ? el('span', { class: 'tag' }, i18n.t('blocked')) : null),
            this.#when(conversation),
            this.#said(conversation, typing, draft),
            unread ? el('span', { class: 'count-of' },
                el('span', { class: 'pill', 'aria-hidden': 'true' }, i18n.count(unread)),
                el('span', { class: 'hidden' }, i18n.t('unread', { n: unread }))) : null,
            isOfMany ? el('span', { class: 'of', dir: 'auto' }, conversation.managed_church_name) : null,
        ].filter(Boolean);
    }

    /* Who types now, what one has not sent yet, or what was said last. */
    #said(conversation, typing, draft) {
        if (typing)
            return el('span', { class: 'said is-typing', dir: 'auto' }, typing);
        if (draft)
            return el('span', { class: 'said is-draft', dir: 'auto' },
                this.#i18n.t('announce', { name: this.#i18n.t('draft'), text: excerpt(draft, DRAFT_MAX) }));
        return el('span', { class: 'said', dir: 'auto' }, this.#lastSaid(conversation));
    }

    /* With who said it, unless that was the one after whom the row is called. */
    #lastSaid({ last_message: text, last_message_from: side, is_church_owner: isStaff, ...conversation }) {
        if (!text)
            return this.#i18n.t(text === null ? 'noMessageYet' : 'fileGone');
        if (!side || (side === 'staff') !== isStaff)
            return text;
        const { last_message_staff_id: staffId, last_message_staff_name: staffName } = conversation;
        const name = !isStaff || staffId === this.#userId ? this.#i18n.t('you') : staffName;

        return name ? this.#i18n.t('announce', { name, text }) : text;
    }

    #when({ last_message_id: id, last_message_time: moment }) {
        return el('time', { class: 'when', dir: 'auto', datetime: moment }, id === null ? '' : this.#times.brief(moment));
    }

    // ---- Keys ----------------------------------------------------------------------------------

    #key(event) {
        if (event.ctrlKey || event.metaKey || event.altKey)
            return;
        const at = this.#order.indexOf(this.#current);
        const last = this.#order.length - 1;
        const to = {
            ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + STEP_PAGE, PageUp: at - STEP_PAGE,
        }[event.key];

        if (to === undefined && event.key !== 'Enter' && event.key !== ' ')
            return;
        event.preventDefault();
        if (to === undefined)
            this.#chose(event);
        else if ((to >= 0 && to <= last) || !this.#onEdge(Math.sign(to - at)))
            this.focus(this.#order[Math.min(Math.max(to, 0), last)]);
    }

    #chose(event) {
        const id = idOf(event.target);

        if (id !== null)
            this.#onOpen(id);
    }

    #makeCurrent(id) {
        this.#rows.get(this.#current)?.element.setAttribute('tabindex', -1);
        this.#current = id;
        this.#rows.get(id)?.element.setAttribute('tabindex', 0);
    }

    get #focusedId() {
        const { activeElement: active } = this.element.getRootNode();

        return active && this.element.contains(active) ? idOf(active) : null;
    }
}

function idOf(element) {
    const row = element.closest('[data-id]');

    return row ? Number(row.dataset.id) : null;
}
