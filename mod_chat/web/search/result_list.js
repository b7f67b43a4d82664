/**
 * @file result_list.js
 * Messages that were found, as a list: one place for Tab, arrows within, Enter opens. The one that is open is marked.
 */
import { el, setAttribute } from '../ui/dom.js';
import { keyed } from '../ui/keyed.js';
import { snippetNodes } from './snippet.js';

const STEP_PAGE = 8;

export class ResultList {
    #i18n;
    #times;
    #onOpen;
    #onEdge;
    #nodes = new Map(); // id of the message -> {element, signature}: keyed.js
    #results = [];
    #current = null; // the id that Tab comes to

    /** `times`: a TimeFormat; `onOpen(result)`; `onEdge()`: an arrow leads up from the first. */
    constructor({ i18n, times, onOpen, onEdge }) {
        this.#i18n = i18n;
        this.#times = times;
        this.#onOpen = onOpen;
        this.#onEdge = onEdge;
        this.element = el('ol', {
            class: 'hits', role: 'list',
            onkeydown: event => this.#key(event),
            onclick: ({ target }) => this.#chose(target),
            onfocusin: ({ target }) => this.#makeCurrent(idOf(target)),
        });
    }

    /** `opened`: the id of the message that is open, or null. */
    show(results, opened = null) {
        const { activeElement } = this.element.getRootNode();
        const focused = activeElement && this.element.contains(activeElement) ? idOf(activeElement) : null;

        this.#results = results;
        keyed(this.element, this.#nodes, results, {
            key: ({ message }) => message.id,
            signature: ({ conversation, message, snippet }) =>
                JSON.stringify([conversation.church_name, snippet, this.#times.brief(message.created_at)]),
            build: result => this.#build(result),
        });
        for (const [id, { element }] of this.#nodes)
            setAttribute(element.firstChild, 'aria-current', id === opened && 'true');
        this.#makeCurrent(this.#nodes.has(this.#current) ? this.#current : results[0]?.message.id ?? null);
        if (focused !== null && !this.#nodes.has(focused) && !this.focus())
            this.#onEdge();
    }

    /** To the one that Tab would come to, or to this one; false: there is none. */
    focus(id = this.#current) {
        const button = this.#nodes.get(id)?.element.firstChild;

        button?.focus();
        button?.scrollIntoView({ block: 'nearest' });
        return button !== undefined;
    }

    #build({ conversation, message, snippet }) {
        const { church_name: name } = conversation;
        const sender = message.is_sent_by_user ? this.#i18n.t('you') : message.staff_name ?? message.sender_name;

        return el('li', {}, el('button', { type: 'button', class: 'hit', tabindex: -1, 'data-id': message.id },
            el('bdi', { class: 'name' }, name),
            el('time', { class: 'when', dir: 'auto', datetime: message.created_at, title: this.#times.full(message.created_at) },
                this.#times.brief(message.created_at)),
            el('span', { class: 'snippet', dir: 'auto' },
                sender === name ? null : el('span', { class: 'by' }, this.#i18n.t('searchBy', { name: sender }), ' '),
                ...snippetNodes(snippet))));
    }

    #key(event) {
        if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)
            return;
        const at = this.#results.findIndex(({ message }) => message.id === this.#current);
        const last = this.#results.length - 1;
        const to = {
            ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + STEP_PAGE, PageUp: Math.max(0, at - STEP_PAGE),
        }[event.key];

        if (to === undefined)
            return; // Enter is the button's own
        event.preventDefault();
        if (to < 0)
            this.#onEdge();
        else
            this.focus(this.#results[Math.min(to, last)].message.id);
    }

    #chose(target) {
        const result = this.#results.find(({ message }) => message.id === idOf(target));

        if (result)
            this.#onOpen(result);
    }

    #makeCurrent(id) {
        this.#nodes.get(this.#current)?.element.firstChild.setAttribute('tabindex', -1);
        this.#current = id;
        this.#nodes.get(id)?.element.firstChild.setAttribute('tabindex', 0);
    }
}

function idOf(element) {
    const hit = element.closest('[data-id]');

    return hit ? Number(hit.dataset.id) : null;
}
