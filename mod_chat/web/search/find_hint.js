/**
 * @file find_hint.js
 * What Ctrl and F find in a conversation, said to those who press them: the browser searches what is on the page, of a
 * long conversation its newest part. The keys stay the browser's; beside them there is the search of all messages.
 *
 * Once dismissed, it does not come again on this page.
 */
import { el, icon, setAttribute } from '../ui/dom.js';
import '../ui/icons.js';

const MAC = /^Mac|^iP/;

export class FindHint {
    #isUnwanted = false;

    /** `onSearch()`: all messages are to be searched. */
    constructor({ i18n, onSearch }) {
        const key = MAC.test(navigator.platform) ? '⌘F' : i18n.t('searchFindKey');

        this.element = el('div', { class: 'notice find-hint', role: 'status', hidden: true },
            el('p', { class: 'sentence', dir: 'auto' }, i18n.t('searchFindHint', { key })),
            el('button', { type: 'button', class: 'plain', onclick: () => {
                this.hide();
                onSearch();
            } }, i18n.t('searchFindAll')),
            el('button', { type: 'button', class: 'tool small', 'aria-label': i18n.t('dismiss'), onclick: () => {
                this.#isUnwanted = true;
                this.hide();
            } }, icon('close')));
    }

    show() {
        setAttribute(this.element, 'hidden', this.#isUnwanted);
    }

    hide() {
        setAttribute(this.element, 'hidden', true);
    }
}
