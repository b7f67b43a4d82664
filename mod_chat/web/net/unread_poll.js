/**
 * @file unread_poll.js
 * How much is unread, for a page that has no live connection: one cheap question now and then.
 *
 * Asked at once and every POLL_MS while the page is visible, and when it becomes so again. An unchanged answer
 * costs a 304, as the browser's cache asks with the ETag. Without a login it waits for the page to be shown
 * again; after other refusals and failures it asks ever more seldom, and not before Retry-After.
 *
 * It calls fetch itself: with the REST client (rest.js), the launcher and the bell would be over their 10 kB, by 0.7 and 1.
 */
const POLL_MS = 20000;
const POLL_MAX_MS = 300000;
const JITTER = 0.2;

export class UnreadPoll {
    #url;
    #onCount;
    #timer = null;
    #wait_ms = POLL_MS;
    #isOn = false;
    #isAsking = false;
    #listener = () => this.#shown();

    /** `url` answers with an `unread_count`; `onCount(count)` hears each answer; null: nobody is logged in. */
    constructor(url, onCount) {
        this.#url = url;
        this.#onCount = onCount;
    }

    start() {
        if (this.#isOn)
            return;
        this.#isOn = true;
        document.addEventListener('visibilitychange', this.#listener);
        this.#shown();
    }

    stop() {
        this.#isOn = false;
        clearTimeout(this.#timer);
        document.removeEventListener('visibilitychange', this.#listener);
    }

    #shown() {
        clearTimeout(this.#timer);
        if (this.#isOn && document.visibilityState === 'visible')
            this.#ask();
    }

    async #ask() {
        if (this.#isAsking)
            return;
        this.#isAsking = true;
        const wait_ms = await this.#answer().catch(() => this.#longer());

        this.#isAsking = false;
        clearTimeout(this.#timer);
        if (this.#isOn && wait_ms !== null && document.visibilityState === 'visible')
            this.#timer = setTimeout(() => this.#ask(), wait_ms * (1 - JITTER + 2 * JITTER * Math.random()));
    }

    /* How long to wait then; null: until the page is shown again. */
    async #answer() {
        const answer = await fetch(this.#url, { credentials: 'same-origin', redirect: 'manual' });

        if (answer.type === 'opaqueredirect' || answer.status === 401) {
            this.#emit(null);
            return null;
        }
        if (!answer.ok)
            return Math.max(this.#longer(), (Number(answer.headers.get('Retry-After')) || 0) * 1000);
        const { unread_count: unread } = await answer.json();

        this.#wait_ms = POLL_MS;
        this.#emit(unread);
        return POLL_MS;
    }

    #emit(unread) {
        if (this.#isOn)
            this.#onCount(unread);
    }

    #longer() {
        this.#wait_ms = Math.min(2 * this.#wait_ms, POLL_MAX_MS);
        return this.#wait_ms;
    }
}
