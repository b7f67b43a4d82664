/**
 * @file queue_view.js
 * Flagged messages, the oldest first: each is approved (its flag goes), deleted, or its member blocked in that
 * conversation; then the next comes up.
 */
import { el } from '../ui/dom.js';
import { actOn } from './actions.js';
import { MessageLog } from './message_log.js';
import { countText } from './numbers.js';
import { hashOf } from './route.js';

export class QueueView {
    #deps;
    #log;
    #count = el('p', { class: 'count', role: 'status' });
    #list = el('ol', { class: 'queue' });

    constructor(deps) {
        this.#deps = deps;
        this.#log = new MessageLog(deps);
        this.title = deps.i18n.t('adminQueue');
        this.element = el('div', {}, this.#count, this.#list);
    }

    async load() {
        const { api, i18n, schema } = this.#deps;
        const { items, count, count_is: kind } = await api.list('messages', { ...flagged(schema), order: 'id' });

        this.#count.textContent = items.length === 0 ? i18n.t('adminQueueEmpty') : countText(i18n, count, kind);
        this.#list.replaceChildren(...items.map(message => this.#card(message)));
    }

    #card(message) {
        const { i18n } = this.#deps;
        const button = (text, act, kind = 'plain') => el('button', { type: 'button', class: kind, onclick: act }, text);

        return el('li', { class: 'card', tabindex: -1 }, ...this.#log.parts(message),
            el('p', {}, el('a', { href: hashOf({ view: 'item', resource: 'conversations', id: String(message.conversation_id) }) }, i18n.t('adminSeeConversation'))),
            el('div', { class: 'bar' },
                button(i18n.t('adminApprove'), event => this.#approve(message, event)),
                button(i18n.t('adminAction_delete'), event => this.#ask('messages', 'delete', message.id, event), 'plain danger'),
                button(i18n.t('adminBlock'), event => this.#ask('conversations', 'block', message.conversation_id, event), 'plain danger')));
    }

    /* Nothing is lost by it, so nothing is asked. */
    async #approve({ id }, { currentTarget }) {
        const { api, i18n, announce, showProblem } = this.#deps;
        const card = currentTarget.closest('li');

        try {
            await api.act('messages', 'unflag', { ids: [id] });
            announce(i18n.t('adminApproved'));
            this.#leave(card);
        } catch (problem) {
            showProblem(problem);
        }
    }

    async #ask(resource, action, id, { currentTarget }) {
        const card = currentTarget.closest('li');
        const result = await actOn(this.#deps, resource, action, { ids: [id] });

        if (!result || action !== 'delete')
            return;
        if (result.isWhole)
            this.#leave(card);
        else
            this.#deps.reload(); // what there is still
    }

    /* The focus goes to the next. */
    #leave(card) {
        const next = card.nextElementSibling ?? card.previousElementSibling;

        card.remove();
        if (next)
            next.focus();
        this.#deps.reload();
    }
}

/* Whichever the flag is. */
function flagged(schema) {
    const { type, values = [] } = schema.filters('messages').find(({ name }) => name === 'flag') ?? {};

    return { flag: type === 'boolean' || !values.includes('any') ? '1' : 'any' };
}
