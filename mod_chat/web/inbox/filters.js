/**
 * @file filters.js
 * What stands over the list of the inbox: the search of names and messages, the church, whether only the unread, and the
 * way to the settings; and that only one conversation is searched, if so.
 *
 * Words are searched for when the person pauses, at once with Enter. Escape takes them away. Churches are offered when
 * there is more than one.
 */
import '../ui/bell_icon.js';
import { el, icon, setAttribute } from '../ui/dom.js';

const PAUSE_MS = 250;
const WORDS_MAX = 200; // of the search of messages

export class Filters {
    #i18n;
    #onChange;
    #search;
    #church;
    #churches = el('div', { class: 'select', hidden: true });
    #unread;
    #count = el('span', { 'aria-hidden': 'true', class: 'pill' });
    #countText = el('span', { class: 'hidden' });
    #scope;
    #scopeName = el('span', { dir: 'auto' });
    #pause = null;

    /** `onChange({churchId, isUnread, words, conversationId})` with what changed; `onLeave()`: on to the list;
     * `onPreferences()`. */
    constructor({ i18n, onChange, onLeave, onPreferences }) {
        this.#i18n = i18n;
        this.#onChange = onChange;
        this.#search = el('input', {
            type: 'search', class: 'input', placeholder: i18n.t('inboxSearch'), 'aria-label': i18n.t('inboxSearch'),
            autocomplete: 'off', enterkeyhint: 'search', maxlength: WORDS_MAX,
            oninput: () => this.#words(PAUSE_MS),
            onkeydown: event => this.#key(event, onLeave),
        });
        this.#church = el('select', {
            class: 'input', 'aria-label': i18n.t('inboxChurch'),
            onchange: () => onChange({ churchId: this.#church.value ? Number(this.#church.value) : null }),
        });
        this.#unread = el('button', {
            type: 'button', class: 'chip', 'aria-pressed': 'false',
            onclick: () => this.#press(this.#unread.getAttribute('aria-pressed') !== 'true'),
        }, i18n.t('inboxUnread'), this.#count, this.#countText);
        this.#scope = el('button', { type: 'button', class: 'scope', hidden: true, onclick: () => {
            this.scope = null;
            this.focus();
        } }, this.#scopeName, icon('close'));
        this.element = el('div', { class: 'filters', role: 'search' },
            el('div', { class: 'first' }, el('div', { class: 'search' }, icon('search'), this.#search),
                el('button', {
                    type: 'button', class: 'tool', 'aria-haspopup': 'dialog', 'aria-label': i18n.t('inboxPreferences'),
                    title: i18n.t('inboxPreferences'), onclick: onPreferences,
                }, icon('bell'))),
            el('div', { class: 'choices' }, this.#scope, this.#churches, this.#unread));
        this.#churches.append(this.#church, icon('down'));
        this.showUnread(null);
    }

    focus() {
        this.#search.focus();
        this.#search.select();
    }

    /** The conversation that is searched, {id, name}; null: all. */
    set scope(scope) {
        setAttribute(this.#scope, 'hidden', !scope);
        this.#scopeName.textContent = scope ? this.#i18n.t('inboxScope', { name: scope.name }) : '';
        this.#scope.setAttribute('aria-label', scope ? this.#i18n.t('inboxScopeEnd', { name: scope.name }) : '');
        this.#onChange({ conversationId: scope?.id ?? null });
    }

    /** [{id, name}] */
    showChurches(churches) {
        const names = ['', ...churches.map(({ id, name }) => `${id} ${name}`)].join('\n');

        setAttribute(this.#churches, 'hidden', churches.length < 2);
        if (names === this.#church.dataset.names)
            return;
        const { value } = this.#church;

        this.#church.dataset.names = names;
        this.#church.replaceChildren(el('option', { value: '' }, this.#i18n.t('inboxAllChurches')),
            ...churches.map(({ id, name }) => el('option', { value: id }, name)));
        this.#church.value = value;
    }

    /** {messages, conversations} that are unread; null: not known yet. */
    showUnread(unread) {
        const { messages, conversations } = unread ?? { messages: 0, conversations: 0 };
        const text = conversations
            ? [this.#i18n.t('inboxUnreadConversations', { n: conversations }), this.#i18n.t('unread', { n: messages })].join(', ') : '';

        setAttribute(this.#count, 'hidden', conversations === 0);
        setAttribute(this.#unread, 'title', text || null);
        this.#countText.textContent = text;
        this.#count.textContent = this.#i18n.count(conversations);
    }

    /** Back to all. */
    clear() {
        clearTimeout(this.#pause);
        this.#search.value = this.#church.value = '';
        this.#unread.setAttribute('aria-pressed', 'false');
        this.#onChange({ churchId: null, isUnread: false, words: '' });
        this.scope = null;
    }

    close() {
        clearTimeout(this.#pause);
    }

    #press(isPressed) {
        this.#unread.setAttribute('aria-pressed', String(isPressed));
        this.#onChange({ isUnread: isPressed });
    }

    #key(event, onLeave) {
        if (event.isComposing || !['Enter', 'ArrowDown', 'Escape'].includes(event.key))
            return;
        event.preventDefault();
        if (event.key === 'Escape')
            this.#escape();
        else
            this.#words(0);
        if (event.key !== 'Escape')
            onLeave();
    }

    /* First the words, then where they are searched for. */
    #escape() {
        if (this.#search.value === '')
            this.scope = null;
        this.#search.value = '';
        this.#words(0);
    }

    #words(wait_ms) {
        clearTimeout(this.#pause);
        if (wait_ms > 0)
            this.#pause = setTimeout(() => this.#words(0), wait_ms);
        else
            this.#onChange({ words: this.#search.value.trimStart() });
    }
}
