/**
 * @file front_tab.js
 * Of the tabs of a browser that have the same inbox, the one that gives notice: that which had the focus last, as it
 * is the one that may make a sound; when it is closed, another one.
 *
 * By a lock (Web Locks API) that the browser takes back from a tab that ends, however it ends. A tab that gets the focus
 * steals it; the others wait for it. Known limit: pages without TLS have no such locks, and each tab gives notice.
 */
export class FrontTab {
    #name;
    #run = 0; // of asking for the lock; a newer one, or the end, makes the older void
    #waiting = null; // an AbortController
    #release = null;
    #isFront = !navigator.locks;
    #listeners = [
        [window, 'focus', () => this.#isFront || this.#ask(true)],
        [window, 'pagehide', () => this.#leave()],
        [window, 'pageshow', event => event.persisted && this.#ask(document.hasFocus())],
    ];

    /** `name`: the same in all tabs that have the same inbox. */
    constructor(name) {
        this.#name = name;
        if (!navigator.locks)
            return;
        for (const [target, type, listener] of this.#listeners)
            target.addEventListener(type, listener);
        this.#ask(document.hasFocus());
    }

    get isFront() {
        return this.#isFront;
    }

    close() {
        for (const [target, type, listener] of this.#listeners)
            target.removeEventListener(type, listener);
        this.#leave();
    }

    #leave() {
        this.#run++;
        this.#waiting?.abort();
        this.#release?.();
        this.#waiting = this.#release = null;
        this.#isFront = !navigator.locks;
    }

    async #ask(isSteal) {
        this.#leave();
        const run = this.#run;

        this.#waiting = new AbortController();
        try {
            await navigator.locks.request(this.#name, isSteal ? { steal: true } : { signal: this.#waiting.signal },
                () => this.#hold(run));
        } catch {
            // It was stolen, or is not wanted any more.
        }
        if (run === this.#run)
            this.#ask(false);
    }

    #hold(run) {
        if (run !== this.#run)
            return null;
        this.#isFront = true;
        return new Promise(resolve => { this.#release = resolve; });
    }
}
