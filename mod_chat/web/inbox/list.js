/**
 * @file list.js
 * The conversations of the inbox as a list box: one place for Tab, arrows within, Enter opens.
 *
 * Arrows move the focus and open nothing, as what is opened counts as read. A conversation keeps its row
 * while it moves, and the row that has the focus stays where it is in the document while the others move
 * around it, so that nobody loses their place when a message comes.
 */
import { avatar } from '../ui/avatar.js';
import { el } from '../ui/dom.js';

const STEP_PAGE = 8;

export class InboxList {
    #i18n;
    #times;
    #onOpen;
    #rows = new Map(); // id -> {row, json}
    #order = []; // ids, as shown
    #current = null; // the id that Tab comes to
    #selected = null;

    /** `times`: a TimeFormat; `onOpen(id, byKey)`; `onSearch()`: the key for searching was pressed. */
    constructor({ i18n, times, onOpen, onSearch }) {
        this.#i18n = i18n;
        this.#times = times;
        this.#onOpen = onOpen;
        this.element = el('div', {
            class: 'rows', role: 'listbox', 'aria-label': i18n.t('conversations'),
            onkeydown: event => this.#key(event, onSearch),
            onclick: event => this.#chose(event, false),
            onfocusin: event => this.#makeCurrent(idOf(event.target)),
        });
    }

    /**
     * `shown`: [{conversation, typing}], `typing` a sentence or null. `selected`: the open one, or null.
     * `isOfMany`: conversations of several churches, whose names are wanted.
     */
    show(shown, { selected, isOfMany }) {
        const focused = this.#focusedId;
        const ids = shown.map(({ conversation }) => conversation.id);

        for (const id of this.#order)
            if (!ids.includes(id))
                this.#drop(id);
        for (const one of shown)
            this.#fill(one, isOfMany);
        this.#selected = selected;
        this.#arrange(ids, focused);
        this.#order = ids;
        for (const [id, { row }] of this.#rows)
            row.setAttribute('aria-selected', String(id === selected));
        this.#makeCurrent(this.#rows.has(this.#current) ? this.#current : selected ?? ids[0] ?? null);
        if (focused !== null && !this.#rows.has(focused) && ids.length > 0)
            this.focus();
    }

    /** To the row that Tab would come to, or to this one. */
    focus(id = this.#current) {
        const row = this.#rows.get(id)?.row;

        row?.focus();
        row?.scrollIntoView({ block: 'nearest' });
        return row !== undefined;
    }

    /** The id of the conversation that stands `step` further than the open one, or null. */
    beside(step) {
        const at = this.#order.indexOf(this.#selected);

        return this.#order[at < 0 ? (step > 0 ? 0 : -1) : at + step] ?? null;
    }

    scrollTo(id) {
        this.#rows.get(id)?.row.scrollIntoView({ block: 'nearest' });
    }

    // ---- Rows ----------------------------------------------------------------------------------

    #fill({ conversation, typing }, isOfMany) {
        const json = JSON.stringify([conversation, typing, isOfMany, this.#times.brief(conversation.last_message_time)]);
        const known = this.#rows.get(conversation.id);

        if (known?.json === json)
            return;
        const row = known?.row ?? el('div', { class: 'row', role: 'option', tabindex: -1, 'data-id': conversation.id });

        this.#rows.set(conversation.id, { row, json });
        row.replaceChildren(...this.#content(conversation, typing, isOfMany));
        row.classList.toggle('is-unread', conversation.unread_count > 0);
    }

    #content(conversation, typing, isOfMany) {
        const i18n = this.#i18n;
        const { church_name: name, church_avatar: url, unread_count: unread } = conversation;

        return [
            avatar(name, url),
            el('span', { class: 'who' },
                el('bdi', { class: 'name' }, name),
                conversation.member_blocked ? el('span', { class: 'tag' }, i18n.t('inboxBlocked')) : null),
            el('time', { class: 'when', dir: 'auto', datetime: conversation.last_message_time }, this.#times.brief(conversation.last_message_time)),
            el('span', { class: typing ? 'said is-typing' : 'said' }, el('bdi', {}, typing ?? this.#said(conversation))),
            unread ? el('span', { class: 'count-of' },
                el('span', { class: 'pill', 'aria-hidden': 'true' }, i18n.count(unread)),
                el('span', { class: 'hidden' }, i18n.t('unread', { n: unread }))) : null,
            isOfMany ? el('span', { class: 'of' }, el('bdi', {}, conversation.managed_church_name)) : null,
        ].filter(Boolean);
    }

    #said({ last_message: text }) {
        return text === null ? this.#i18n.t('noMessageYet') : text;
    }

    #drop(id) {
        this.#rows.get(id).row.remove();
        this.#rows.delete(id);
    }

    /* In this order, and the one with the focus is not touched: moved, it would lose it. */
    #arrange(ids, focused) {
        const rows = ids.map(id => this.#rows.get(id).row);
        const fixed = Math.max(0, ids.indexOf(focused));

        if (rows.length === 0)
            return;
        if (rows[fixed].parentNode !== this.element)
            this.element.append(rows[fixed]);
        for (let i = fixed - 1; i >= 0; i--)
            if (rows[i].nextSibling !== rows[i + 1])
                rows[i + 1].before(rows[i]);
        for (let i = fixed + 1; i < rows.length; i++)
            if (rows[i].previousSibling !== rows[i - 1])
                rows[i - 1].after(rows[i]);
    }

    // ---- Keys ----------------------------------------------------------------------------------

    #key(event, onSearch) {
        if (event.ctrlKey || event.metaKey || event.altKey)
            return;
        const at = this.#order.indexOf(this.#current);
        const last = this.#order.length - 1;
        const to = {
            ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + STEP_PAGE, PageUp: at - STEP_PAGE,
        }[event.key];

        if (to !== undefined)
            this.focus(this.#order[Math.min(Math.max(to, 0), last)]);
        else if (event.key === 'Enter' || event.key === ' ')
            this.#chose(event, true);
        else if (event.key === '/')
            onSearch();
        else
            return;
        event.preventDefault();
    }

    #chose(event, byKey) {
        const id = idOf(event.target);

        if (id !== null)
            this.#onOpen(id, byKey);
    }

    #makeCurrent(id) {
        this.#rows.get(this.#current)?.row.setAttribute('tabindex', -1);
        this.#current = id;
        this.#rows.get(id)?.row.setAttribute('tabindex', 0);
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
