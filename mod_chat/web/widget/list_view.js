/**
 * @file list_view.js
 * The list of the conversations that the user has as a member (ui/conversation_list.js), what stands where there is
 * none, and the button for more.
 *
 *     const view = new ListView({ store, i18n, onChoose: id => … });
 *     place.append(view.element);       // fills a flex column; view.current = id marks the one that was shown last
 */
import { ConversationQuery } from '../store/conversation_query.js';
import { ConversationList } from '../ui/conversation_list.js';
import { el, setAttribute } from '../ui/dom.js';
import { loginLink } from '../ui/login_link.js';
import { atMidnight } from '../ui/midnight.js';
import { noticeOf, noticeText } from '../ui/problem_text.js';
import { TimeFormat } from '../ui/time_format.js';

export class ListView {
    #store;
    #query;
    #i18n;
    #loginUrl;
    #list;
    #current = null;
    #greeting = '';
    #rest = el('div', { class: 'empty' });
    #more;
    #listeners = [];
    #stopClock = atMidnight(() => this.#render());

    constructor({ store, i18n, onChoose, loginUrl = null }) {
        this.#store = store;
        this.#query = new ConversationQuery(store, 'member');
        this.#i18n = i18n;
        this.#loginUrl = loginUrl;
        this.#list = new ConversationList({ i18n, times: new TimeFormat(i18n.lang), onOpen: onChoose });
        this.#more = el('button', {
            type: 'button', class: 'plain more', hidden: true, onclick: () => this.#query.more(),
        }, i18n.t('moreConversations'));
        this.element = el('div', { class: 'list' }, this.#list.element, this.#rest, this.#more);
        this.#on(this.#query, 'change', () => this.#render());
        this.#on(store, 'list', () => this.#render());
        this.#on(store, 'draft', () => this.#render());
        this.#on(store, 'reset', () => this.#query.load());
        this.#on(store, 'state', () => this.#onState());
        this.#query.load();
    }

    /** The id of the one that was shown last, or null. */
    set current(id) {
        this.#current = id;
        this.#render();
    }

    /** What stands where there is no conversation, before how to get one; '' for the usual words. */
    set greeting(text) {
        this.#greeting = text;
        delete this.#rest.dataset.kind;
        this.#render();
    }

    /** Focus a row, or the first; false: there is none. */
    focus(id = null) {
        return (id !== null && this.#list.focus(id)) || this.#list.focus();
    }

    close() {
        this.#stopClock();
        for (const [target, type, listener] of this.#listeners)
            target.removeEventListener(type, listener);
    }

    #on(target, type, listener) {
        target.addEventListener(type, listener);
        this.#listeners.push([target, type, listener]);
    }

    #onState() {
        const { state } = this.#store;

        if ((state === 'online' || state === 'polling') && this.#query.problem && !this.#query.isLoading)
            this.#query.load(); // which failed while there was no connection
        this.#render();
    }

    #tryAgain() {
        this.#store.reconnect();
        this.#query.load();
    }

    #render() {
        const { conversations, hasMore } = this.#query;
        const { texts } = this.#store.drafts;

        this.#list.show(conversations.map(conversation => (
            { conversation, typing: null, draft: texts.get(conversation.id) ?? '' })), { selected: this.#current });
        this.#renderRest(conversations.length > 0);
        setAttribute(this.#more, 'hidden', !hasMore);
    }

    /* What stands where no row does. */
    #renderRest(hasRows) {
        const { state, reason } = this.#store;
        const { isLoaded, problem } = this.#query;
        const refusal = state === 'stopped' && reason === 'login' ? { status: 401 } : problem;
        const other = hasRows ? 'rows' : isLoaded ? 'empty' : 'loading';
        const kind = refusal ? `problem ${refusal.status} ${refusal.code}` : other;

        if (kind === this.#rest.dataset.kind)
            return;
        this.#rest.dataset.kind = kind;
        setAttribute(this.#rest, 'hidden', kind === 'rows');
        if (refusal)
            this.#rest.replaceChildren(...this.#problem(noticeOf(refusal)));
        else if (kind === 'empty')
            this.#rest.replaceChildren(el('strong', { dir: 'auto' }, this.#greeting || this.#i18n.t('noConversations')),
                el('p', {}, this.#i18n.t('noConversationsHint')));
        else
            this.#rest.replaceChildren(el('span', { class: 'spinner' }),
                el('span', { class: 'hidden' }, this.#i18n.t('loading')));
    }

    #problem(notice) {
        const signIn = notice.action === 'signIn' && loginLink(this.#i18n, this.#loginUrl);
        const retry = el('button', { type: 'button', class: 'plain', onclick: () => this.#tryAgain() },
            this.#i18n.t('retry'));

        return [el('p', { role: 'status' }, noticeText(this.#i18n, notice)), signIn || retry];
    }
}
