/**
 * @file search_view.js
 * All of the search, loaded when it is wanted (load_search.js); and its page in the widget: the words, where they are
 * searched for, and what was found.
 */
import { TEXTS as DE } from '../i18n/search_de.js';
import { TEXTS as EN } from '../i18n/search_en.js';
import { el, icon, setAttribute } from '../ui/dom.js';
import '../ui/icons.js';
import { MessageSearch, WORDS_MAX } from './message_search.js';
import { SearchResults } from './search_results.js';

export { FindHint } from './find_hint.js';
export { SEARCH } from './search_style.js';
export { MessageSearch, SearchResults };
export const TABLES = { en: EN, de: DE };

export class SearchView {
    #i18n;
    #search;
    #results;
    #input;
    #scope;
    #scopeName = el('span', { dir: 'auto' });
    #tip;
    #scroller = el('div', { class: 'results' });
    #scrollTop = 0; // when it was left

    /** `i18n` with the texts of the search; `rest`, `role`: message_search.js; `onOpen({conversation, message})`; `onLeave()`:
     * Escape, when there is nothing to clear. */
    constructor({ i18n, times, rest, role, onOpen, onLeave }) {
        this.#i18n = i18n;
        this.#search = new MessageSearch({ rest, role });
        this.#results = new SearchResults({
            i18n, times, search: this.#search, root: this.#scroller, onEdge: () => this.#input.focus(),
            onOpen: result => {
                this.#scrollTop = this.#scroller.scrollTop;
                onOpen(result);
            },
        });
        this.#input = el('input', {
            type: 'search', placeholder: i18n.t('search'), 'aria-label': i18n.t('search'), autocomplete: 'off', enterkeyhint: 'search',
            maxlength: WORDS_MAX, oninput: () => this.#search.set({ words: this.#input.value }, { isTyped: true }),
            onkeydown: event => this.#key(event),
        });
        this.#scope = el('button', { type: 'button', class: 'scope', hidden: true, onclick: () => this.#widen() }, this.#scopeName, icon('close'));
        this.#tip = el('div', { class: 'empty' }, el('p', {}, i18n.t('searchTip')));
        this.#scroller.append(this.#tip, this.#results.element);
        this.element = el('div', {
            class: 'searching', role: 'search', onkeydown: event => event.key === 'Escape' && !event.defaultPrevented && this.#escape(event, onLeave),
        }, el('div', { class: 'bar' }, el('div', { class: 'box' }, icon('search'), this.#input), this.#scope), this.#scroller);
        this.#search.addEventListener('change', () => this.#render());
    }

    /** Where it is searched: in the conversation with this name, or in all (null). */
    set scope(scope) {
        this.#search.set({ conversationId: scope?.id ?? null });
        setAttribute(this.#scope, 'hidden', !scope);
        this.#scopeName.textContent = scope ? this.#i18n.t('searchScope', { name: scope.name }) : '';
        this.#scope.setAttribute('aria-label', scope ? this.#i18n.t('searchEverywhere', { name: scope.name }) : '');
    }

    focus() {
        this.#input.focus();
        this.#input.select();
    }

    /** As it was when a result was opened. */
    comeBack() {
        this.#scroller.scrollTop = this.#scrollTop;
        if (!this.#results.focusOpened())
            this.#input.focus();
    }

    /** Somebody else may be there next. */
    clear() {
        this.#input.value = '';
        this.#search.set({ words: '' });
    }

    /** What was found may be no more. */
    again() {
        this.#search.again();
    }

    /** This conversation cannot be seen any more. */
    drop(conversationId) {
        this.#search.drop(conversationId);
    }

    close() {
        this.#search.close();
        this.#results.close();
    }

    #render() {
        setAttribute(this.#tip, 'hidden', this.#search.isOn && this.#search.problem?.status !== 404);
        this.#tip.firstChild.textContent = this.#i18n.t(this.#search.problem?.status === 404 ? 'searchOff' : 'searchTip');
    }

    #widen() {
        this.scope = null;
        this.#input.focus();
    }

    #key(event) {
        if (event.isComposing || (event.key !== 'Enter' && event.key !== 'ArrowDown'))
            return;
        event.preventDefault();
        this.#search.set({ words: this.#input.value });
        this.#results.focus();
    }

    /* From the results to the words, which then go, and then the page does. */
    #escape(event, onLeave) {
        event.preventDefault();
        event.stopPropagation();
        if (event.target !== this.#input)
            this.focus();
        else if (this.#input.value !== '')
            this.clear();
        else
            onLeave();
    }
}
