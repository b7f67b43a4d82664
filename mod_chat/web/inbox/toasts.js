/**
 * @file toasts.js
 * New messages of conversations that are not open, at the edge of the inbox: one for each conversation, for some
 * seconds, longer while somebody points at it or is in it, or nobody sees the page. They are read out by who shows
 * them, once; here is nothing live.
 *
 * Bounded: TOASTS_MAX at once.
 */
import { excerpt } from '../i18n/characters.js';
import { avatar } from '../ui/avatar.js';
import { el, icon, setAttribute } from '../ui/dom.js';
import '../ui/icons.js';
import { sheet } from '../ui/tokens_style.js';

const SHOWN_MS = 8000;
const TOASTS_MAX = 3;
const TEXT_MAX = 140;

export const TOASTS = sheet(`
.toasts {
    position: absolute; inset-block-start: 72px; inset-inline-end: 12px; z-index: 3; display: grid; gap: 8px;
    inline-size: min(21rem, 100% - 24px);
}
.toast {
    display: flex; align-items: center; border-radius: 14px; background: var(--surface); color: var(--text); box-shadow: var(--shadow);
    animation: toast 0.18s ease-out;
}
@keyframes toast { from { opacity: 0; transform: translateY(-8px); } }
.toast .open { flex: 1; min-inline-size: 0; display: grid; grid-template-columns: auto minmax(0, 1fr) auto; column-gap: 10px; align-items: center; padding: 10px; border-radius: 14px; }
.toast .avatar { grid-row: span 2; font-size: 0.8em; }
.toast .from { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.toast .text {
    grid-column: 2 / 4; color: var(--muted); font-size: 0.87em; overflow: hidden; overflow-wrap: anywhere;
    display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; line-clamp: 2;
}
.toast .tool { inline-size: 36px; block-size: 36px; margin-inline-end: 6px; }
@media (forced-colors: active) { .toast { border: 1px solid; } }
`);

export class Toasts {
    #i18n;
    #onOpen;
    #toasts = new Map(); // id -> {element, timer}

    /** `onOpen(id)`: one was chosen. */
    constructor({ i18n, onOpen }) {
        this.#i18n = i18n;
        this.#onOpen = onOpen;
        this.element = el('section', { class: 'toasts', 'aria-label': i18n.t('inboxNotices'), hidden: true });
    }

    /** Of the conversations that have one. */
    get ids() {
        return [...this.#toasts.keys()];
    }

    /** `count`: how many messages of it are unread. */
    show(id, { name, url, text, count }) {
        const toast = this.#toasts.get(id) ?? this.#add(id);

        toast.element.replaceChildren(
            el('button', { type: 'button', class: 'open', onclick: () => this.#choose(id) },
                avatar(name, url), el('bdi', { class: 'from' }, name),
                count > 1 && el('span', { class: 'pill', 'aria-label': this.#i18n.t('unread', { n: count }) }, this.#i18n.count(count)),
                el('span', { class: 'text', dir: 'auto' }, excerpt(text, TEXT_MAX))),
            el('button', {
                type: 'button', class: 'tool', 'aria-label': this.#i18n.t('inboxDismiss', { name }), onclick: () => this.drop(id),
            }, icon('close')));
        this.#restart(id);
    }

    drop(id) {
        const toast = this.#toasts.get(id);

        if (!toast)
            return;
        clearTimeout(toast.timer);
        toast.element.remove();
        this.#toasts.delete(id);
        setAttribute(this.element, 'hidden', this.#toasts.size === 0);
    }

    close() {
        for (const id of this.ids)
            this.drop(id);
        this.element.remove();
    }

    #add(id) {
        const toast = { timer: null, element: el('div', {
            class: 'toast',
            onkeydown: event => {
                if (event.key === 'Escape') {
                    event.preventDefault();
                    this.drop(id);
                }
            },
        }) };

        if (this.#toasts.size >= TOASTS_MAX)
            this.drop(this.#toasts.keys().next().value);
        this.#toasts.set(id, toast);
        this.element.append(toast.element);
        setAttribute(this.element, 'hidden', false);
        return toast;
    }

    #restart(id) {
        const toast = this.#toasts.get(id);

        clearTimeout(toast.timer);
        toast.timer = setTimeout(() => this.#expire(id), SHOWN_MS);
    }

    #expire(id) {
        const { element } = this.#toasts.get(id);

        if (document.visibilityState === 'hidden' || element.matches(':hover, :focus-within'))
            this.#restart(id);
        else
            this.drop(id);
    }

    #choose(id) {
        this.drop(id);
        this.#onOpen(id);
    }
}
