/**
 * @file message_tools.js
 * What can be done with a message of a thread: copy its text, or by the keys the name of its file where it has none. By a button on the message that the mouse is over, that
 * was touched, or that has the focus; and by keys.
 *
 * With the focus on what scrolls, an arrow goes to the nearest message, and from there on to the next; Ctrl and C (the
 * browser's own key) copies it unless something is selected. The button is one for all messages, so that a long
 * conversation does not get longer by it, and is no place for Tab.
 */
import { el, icon } from '../ui/dom.js';
import '../ui/icons.js';
import { copyText } from './clipboard.js';

const COPIED_MS = 1500;

export class MessageTools {
    #scroller;
    #textOf;
    #onCopied;
    #button;
    #timer = null;

    /** `scroller` has the messages, each a `.line` with its `data-key`; `textOf(key)`; `onCopied()`: to be told to those
     * who do not see it. */
    constructor({ i18n, scroller, textOf, onCopied }) {
        this.#scroller = scroller;
        this.#textOf = textOf;
        this.#onCopied = onCopied;
        this.#button = el('button', {
            type: 'button', class: 'copy', tabindex: -1, 'aria-label': i18n.t('copy'), title: i18n.t('copy'),
            onmousedown: event => event.preventDefault(), // the focus stays where it is
            onclick: () => this.#copy(lineOf(this.#button)),
        }, icon('copy'));
        scroller.addEventListener('pointerover', ({ target }) => this.#show(lineOf(target)));
        scroller.addEventListener('focusin', ({ target }) => this.#show(lineOf(target)));
        scroller.addEventListener('keydown', event => this.#key(event));
        scroller.addEventListener('copy', event => this.#onCopy(event));
    }

    #show(line) {
        if (line && line !== this.#button.parentNode && line.querySelector('.bubble')) {
            this.#showCopied(false);
            line.append(this.#button);
        }
    }

    async #copy(line) {
        if (line && await copyText(this.#textOf(line.dataset.key)))
            this.#tell();
    }

    /* By the browser's key: what is selected, otherwise the message that has the focus. */
    #onCopy(event) {
        const root = this.#scroller.getRootNode();
        const line = lineOf(root.activeElement);
        const selection = root.getSelection?.() ?? document.getSelection();

        if (line !== root.activeElement || !line || String(selection) !== '')
            return;
        const text = this.#textOf(line.dataset.key);

        if (!text)
            return;
        event.clipboardData.setData('text/plain', text);
        event.preventDefault();
        this.#tell();
    }

    #tell() {
        this.#showCopied(true);
        this.#onCopied();
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#showCopied(false), COPIED_MS);
    }

    #showCopied(isCopied) {
        this.#button.replaceChildren(icon(isCopied ? 'check' : 'copy'));
    }

    #key(event) {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        const { target } = event;

        if (!step || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey
            || (target !== this.#scroller && !target.classList.contains('line')))
            return;
        const next = target === this.#scroller ? this.#nearest(step) : this.#beside(target, step);

        if (!next)
            return; // the browser scrolls
        event.preventDefault();
        next.focus({ preventScroll: true });
        next.scrollIntoView({ block: 'nearest' });
    }

    /* The last message that is in sight, or going down the first. */
    #nearest(step) {
        const { top, bottom } = this.#scroller.getBoundingClientRect();
        const isInSight = line => {
            const box = line.getBoundingClientRect();

            return box.bottom > top && box.top < bottom;
        };
        const lines = [...this.#scroller.querySelectorAll('.line')];

        return step < 0 ? lines.findLast(isInSight) : lines.find(isInSight);
    }

    #beside(line, step) {
        let next = line;

        do
            next = step > 0 ? next.nextElementSibling : next.previousElementSibling;
        while (next && !next.classList.contains('line'));
        return next;
    }
}

function lineOf(element) {
    return element?.closest?.('.line') ?? null;
}
