/**
 * @file list_view.js
 * The list of conversations in the panel (ui/conversation_list.js), what stands where there is none, and the button
 * for more.
 *
 *     const view = new ListView({ store, i18n, onChoose: id => … });
 *     place.append(view.element);       // fills a flex column; view.current = id marks the one that was shown last
 */
import { ConversationList } from '../ui/conversation_list.js';
import { el, setAttribute } from '../ui/dom.js';
import { noticeOf, noticeText } from '../ui/problem_text.js';
import { TimeFormat } from '../ui/time_format.js';

const EVENTS = ['list', 'state', 'draft'];

export class ListView {
    #store;
    #i18n;
    #loginUrl;
    #list;
    #current = null;
    #greeting = '';
    #rest = el('div', { class: 'empty' });
    #more;
    #refresh = () => this.#render();

    /** `onProblem(problem)` hears what more() was refused for. */
    constructor({ store, i18n, onChoose, loginUrl = null, onProblem = () => {} }) {
        this.#store = store;
        this.#i18n = i18n;
        this.#loginUrl = loginUrl;
        this.#list = new ConversationList({ i18n, times: new TimeFormat(i18n.lang), onOpen: onChoose });
        this.#more = el('button', {
            type: 'button', class: 'plain more', hidden: true, onclick: () => store.more().catch(onProblem),
        }, i18n.t('moreConversations'));
        this.element = el('div', { class: 'list' }, this.#list.element, this.#rest, this.#more);
        for (const type of EVENTS)
            store.addEventListener(type, this.#refresh);
        this.#render();
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
        for (const type of EVENTS)
            this.#store.removeEventListener(type, this.#refresh);
    }

    #render() {
        const { summaries, hasMore, drafts } = this.#store;
        const { texts } = drafts;

        this.#list.show(summaries.map(conversation => (
            { conversation, typing: null, draft: texts.get(conversation.id) ?? '' })), { selected: this.#current });
        this.#renderRest(summaries.length > 0);
        setAttribute(this.#more, 'hidden', !hasMore);
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
            this.#rest.replaceChildren(el('strong', { dir: 'auto' }, this.#greeting || this.#i18n.t('noConversations')),
                el('p', {}, this.#i18n.t('noConversationsHint')));
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
}
