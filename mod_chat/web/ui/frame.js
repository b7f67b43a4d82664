/**
 * @file frame.js
 * The dialog behind a launcher, with its title and its way out. It opens at the first click, also where what is to
 * be in it (widget/panel.js, bell/bell_panel.js) has still to be loaded.
 *
 * It stands beside the page's content; where there is little room (phones, or much zoom) it fills the window and is
 * modal. The focus goes in when it opens, and back where it was when it closes.
 */
import { el, icon, setAttribute } from './dom.js';

const SMALL = '(max-width: 599px), (max-height: 479px)';

export class Frame {
    #i18n;
    #launcher;
    #onChange;
    #small = matchMedia(SMALL);
    #resize = () => this.#resized();
    #opener = null;
    #close;
    #body = el('div', { class: 'opening empty' });

    /** `title`, `closeLabel`: its texts. `onChange(type)`: open, resize or close has happened. */
    constructor({ i18n, title, closeLabel, launcher, onChange }) {
        this.#i18n = i18n;
        this.#launcher = launcher;
        this.#onChange = onChange;
        this.title = el('h2', { id: 'title', tabindex: '-1', dir: 'auto' }, title);
        this.#close = el('button', {
            type: 'button', class: 'tool', 'aria-label': closeLabel, onclick: () => this.close(),
        }, icon('close'));
        this.element = el('dialog', {
            class: 'panel', 'aria-labelledby': 'title',
            onkeydown: event => this.#key(event), oncancel: event => this.#cancel(event),
        });
        this.fill([], [this.#body]);
        this.#small.addEventListener('change', this.#resize);
    }

    get isOpen() {
        return this.element.open;
    }

    /** What is before the title, under the header, and behind the title. */
    fill(tools, views, toolsAfter = []) {
        this.element.replaceChildren(
            el('header', { role: 'presentation' }, ...tools, this.title, ...toolsAfter, this.#close), ...views);
    }

    /** What is to be in it is on its way. */
    showLoading() {
        this.#body.replaceChildren(el('span', { class: 'spinner' }),
            el('p', { class: 'hidden', role: 'status' }, this.#i18n.t('loading')));
    }

    /** It has not come. */
    showFailure(onRetry) {
        this.#body.replaceChildren(el('p', { role: 'alert' }, this.#i18n.t('loadFailed')),
            el('button', { type: 'button', class: 'plain', onclick: onRetry }, this.#i18n.t('retry')));
    }

    /** Nothing, when it is open. `isFocused`: false where it was open on the page before, and nobody has asked here. */
    open({ isFocused = true } = {}) {
        if (this.isOpen)
            return;
        if (isFocused) {
            this.#opener = deepActive(document);
            this.#present();
            this.title.focus();
        } else {
            this.element.open = true; // as show(), which would take the focus
        }
        this.#onChange('open');
    }

    close() {
        if (!this.isOpen)
            return;
        this.element.close();
        this.#onChange('close');
        (this.#opener?.isConnected ? this.#opener : this.#launcher).focus();
        this.#opener = null;
    }

    /** Whether it fills the window. */
    get isModal() {
        return this.#small.matches;
    }

    /** For good. */
    remove() {
        this.#small.removeEventListener('change', this.#resize);
        this.element.remove();
    }

    #present() {
        setAttribute(this.element, 'aria-modal', this.isModal ? 'true' : null);
        if (this.isModal)
            this.element.showModal();
        else
            this.element.show();
    }

    /* A telephone is turned, or a window made narrow: what one writes keeps the focus. */
    #resized() {
        if (!this.isOpen)
            return;
        const focused = this.element.getRootNode().activeElement;

        this.element.close();
        this.#present();
        focused?.focus();
        this.#onChange('resize');
    }

    #key(event) {
        if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented)
            return;
        event.preventDefault();
        event.stopPropagation();
        this.close();
    }

    #cancel(event) {
        event.preventDefault();
        this.close();
    }
}

/* The focused element, also inside of open shadow trees. */
function deepActive(root) {
    const { activeElement } = root;

    return activeElement?.shadowRoot?.activeElement ? deepActive(activeElement.shadowRoot) : activeElement;
}
