/**
 * @file timers.js
 * Timers with names: of each name there is one, and setting it anew forgets the one before.
 */

/** What a clock is: this one, or a test's. */
export const SYSTEM_CLOCK = {
    now: () => performance.now(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: timer => clearTimeout(timer),
};

export class Timers {
    #clock;
    #timers = new Map(); // name -> {timer, due}

    constructor(clock) {
        this.#clock = clock;
    }

    set(name, ms, run) {
        this.cancel(name);
        const timer = this.#clock.setTimeout(() => {
            this.#timers.delete(name);
            run();
        }, ms);

        this.#timers.set(name, { timer, due: this.#clock.now() + ms });
    }

    has(name) {
        return this.#timers.has(name);
    }

    /** In this time, or when it is due already if that is sooner. */
    hurry(name, ms, run) {
        this.set(name, Math.min(ms, Math.max(0, (this.#timers.get(name)?.due ?? Infinity) - this.#clock.now())), run);
    }

    /** A promise that never ends when the timer is cancelled: whoever waits is forgotten with it. */
    sleep(name, ms) {
        return new Promise(resolve => this.set(name, ms, resolve));
    }

    cancel(...names) {
        for (const name of names) {
            this.#clock.clearTimeout(this.#timers.get(name)?.timer);
            this.#timers.delete(name);
        }
    }
}

const BACKOFF_MIN_MS = 1000;
export const BACKOFF_MAX_MS = 60000;

/** How long to wait after so many failures: at random, up to a limit that doubles each time. */
export function backoff(failures, random) {
    const limit = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.min(failures, 10));

    return BACKOFF_MIN_MS + random() * (limit - BACKOFF_MIN_MS);
}
