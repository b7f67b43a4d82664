/**
 * @file conversation_list.js
 * The conversations of the store as a list of buttons: with whom, the last words, when, how many are unread.
 *
 *     const list = new ConversationList({ store, i18n, onChoose: id => … });
 *     place.append(list.element);       // fills a flex column; list.current = id marks the one that is shown
 *
 * `filter(conversation)` leaves some out; refresh() after it says something else. Rows are kept while
 * they say the same, and the focused one keeps the focus when the order changes.
 */
import { avatar } from '../ui/avatar.js';
import { el, setAttribute } from '../ui/dom.js';
import { noticeOf, noticeText } from '../ui/problem_text.js';
import { TimeFormat } from '../ui/time_format.js';

export class ConversationList {
    #store;
    #i18n;
    #times;
    #onChoose;
    #filter;
    #loginUrl;
    #rows = new Map(); // id -> {element, signature}
    #current = null;
    #list = el('ul', { class: 'rows', role: 'list' });
    #rest = el('div', { class: 'empty' });
    #more;
    #refresh = () => this.refresh();

    /** `onProblem(problem)` hears what more() was refused for; `empty()` gives what stands in an empty list. */
    constructor({ store, i18n, onChoose, loginUrl = null, filter = () => true, empty = null, onProblem = () => {} }) {
        this.#store = store;
        this.#i18n = i18n;
        this.#times = new TimeFormat(i18n.lang);
        this.#onChoose = onChoose;
        this.#filter = filter;
        this.#loginUrl = loginUrl;
        this.#empty = empty ?? this.#empty;
        this.#list.setAttribute('aria-label', i18n.t('conversations'));
        this.#more = el('button', {
            type: 'button', class: 'plain more', hidden: true, onclick: () => store.more().catch(onProblem),
        }, i18n.t('moreConversations'));
        this.element = el('div', { class: 'list' }, this.#list, this.#rest, this.#more);
        store.addEventListener('list', this.#refresh);
        store.addEventListener('state', this.#refresh);
        this.refresh();
    }

    /** The id of the one that is shown, or null. */
    set current(id) {
        this.#current = id;
        for (const [one, { element }] of this.#rows)
            setAttribute(element.firstElementChild, 'aria-current', one === id ? 'true' : null);
    }

    /** Focus a row, or the first; false: there is none. */
    focus(id = null) {
        const row = this.#rows.get(id)?.element ?? this.#list.firstElementChild;

        row?.firstElementChild.focus();
        return Boolean(row);
    }

    refresh() {
        const shown = this.#store.summaries.filter(this.#filter);
        const focused = this.#list.getRootNode().activeElement;
        const wasFocused = this.#list.contains(focused) ? focused.dataset.id : null;

        this.#renderRows(shown);
        this.#renderRest(shown.length > 0);
        setAttribute(this.#more, 'hidden', !this.#store.hasMore);
        if (wasFocused)
            this.focus(Number(wasFocused));
    }

    close() {
        this.#store.removeEventListener('list', this.#refresh);
        this.#store.removeEventListener('state', this.#refresh);
    }

    #renderRows(conversations) {
        const rows = conversations.map(conversation => this.#rowOf(conversation));

        for (const id of [...this.#rows.keys()])
            if (!conversations.some(one => one.id === id))
                this.#rows.delete(id);
        if (rows.length !== this.#list.children.length || rows.some((row, i) => row !== this.#list.children[i]))
            this.#list.replaceChildren(...rows);
        setAttribute(this.#list, 'hidden', rows.length === 0);
    }

    #rowOf(conversation) {
        const signature = JSON.stringify([conversation, this.#times.dayKey(new Date())]);
        let one = this.#rows.get(conversation.id);

        if (one?.signature !== signature) {
            one = { element: el('li', {}, this.#row(conversation)), signature };
            this.#rows.set(conversation.id, one);
        }
        return one.element;
    }

    #row(conversation) {
        const { id, church_name: name, church_avatar: url, last_message_id: last, unread_count: unread } = conversation;
        const { last_message: text, last_message_time: time } = conversation;

        return el('button', {
            type: 'button', class: `row${unread > 0 ? ' unread' : ''}`, 'data-id': id,
            'aria-current': id === this.#current ? 'true' : null, onclick: () => this.#onChoose(id),
        },
        avatar(name, url),
        el('span', { class: 'who', dir: 'auto' }, name),
        el('time', { class: 'when', datetime: time, dir: 'auto' }, last === null ? '' : this.#times.brief(time)),
        el('span', { class: 'what', dir: 'auto' }, text ?? this.#i18n.t('noMessageYet')),
        unread > 0 ? el('span', { class: 'pill' }, el('span', { 'aria-hidden': 'true' }, this.#i18n.count(unread)),
            el('span', { class: 'hidden' }, this.#i18n.t('unread', { n: unread }))) : null);
    }

    /* What stands where no row does. */
    #renderRest(hasRows) {
        const { isListed, problem, state, reason } = this.#store;
        const refusal = state === 'stopped' && reason === 'login' ? { status: 401 } : problem;
        const other = hasRows ? 'rows' : isListed ? 'empty' : 'loading';
        const kind = refusal ? `problem ${refusal.status} ${refusal.code}` : other;

        if (kind === this.#rest.dataset.kind)
            return;
        this.#rest.dataset.kind = kind;
        setAttribute(this.#rest, 'hidden', kind === 'rows');
        if (refusal)
            this.#rest.replaceChildren(...this.#problem(noticeOf(refusal)));
        else if (kind === 'empty')
            this.#rest.replaceChildren(...this.#empty());
        else
            this.#rest.replaceChildren(el('span', { class: 'spinner' }),
                el('span', { class: 'hidden' }, this.#i18n.t('loading')));
    }

    #problem(notice) {
        const signIn = notice.action === 'signIn' && this.#loginUrl
            && el('a', { class: 'primary', href: this.#loginUrl }, this.#i18n.t('signInLink'));
        const retry = el('button', { type: 'button', class: 'plain', onclick: () => this.#store.reconnect() },
            this.#i18n.t('retry'));

        return [el('p', { role: 'status' }, noticeText(this.#i18n, notice)), signIn || retry];
    }

    #empty = () => [
        el('strong', {}, this.#i18n.t('noConversations')),
        el('p', {}, this.#i18n.t('noConversationsHint')),
    ];
}
