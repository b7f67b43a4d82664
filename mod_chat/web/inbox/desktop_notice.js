/**
 * @file desktop_notice.js
 * Notifications of the system (Notification API), while the page is open and somewhere else has the focus. One for each
 * conversation, which is replaced by its newer one, and goes when the conversation was read.
 */

/** granted, denied, default (nobody has been asked), insecure (a page without TLS) or missing. */
export function desktopPermission() {
    if (!window.isSecureContext)
        return 'insecure';
    return window.Notification ? Notification.permission : 'missing';
}

/** To be called on a click only; a promise of desktopPermission(). */
export async function askForDesktop() {
    if (desktopPermission() === 'default')
        await Notification.requestPermission();
    return desktopPermission();
}

export class DesktopNotice {
    #lang;
    #open = new Map(); // id -> Notification
    #onOpen;

    /** `onOpen(id)`: one was clicked on. */
    constructor({ lang, onOpen }) {
        this.#lang = lang;
        this.#onOpen = onOpen;
    }

    /** Of the conversations that have one. */
    get ids() {
        return [...this.#open.keys()];
    }

    show(id, { title, body }) {
        let one;

        if (desktopPermission() !== 'granted')
            return;
        try {
            one = new Notification(title, { body, tag: `c${id}`, lang: this.#lang, dir: 'auto', silent: true });
        } catch {
            return; // Chrome for Android lets service workers only
        }
        one.onclick = () => {
            window.focus();
            this.drop(id);
            this.#onOpen(id);
        };
        one.onclose = () => this.#open.get(id) === one && this.#open.delete(id);
        this.#open.set(id, one);
    }

    drop(id) {
        this.#open.get(id)?.close();
        this.#open.delete(id);
    }

    close() {
        for (const id of this.ids)
            this.drop(id);
    }
}
