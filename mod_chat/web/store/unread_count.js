/**
 * @file unread_count.js
 * How many messages are unread over all conversations: what the server counted, and what happened since.
 *
 * What comes or is read between asking and hearing may be in the server's count or not. So a count is
 * believed if nothing has happened since it was asked for, nothing that was read here may still be on its
 * way to the server, and no newer one was heard. Else another one is asked for. So it is when something
 * happens right after a count, which may have it already.
 *
 * Bounded: one timer, which asks at most every COUNT_MS; RECEIPTS_MAX receipts, beyond that the oldest is
 * forgotten.
 */
import { backoff } from '../net/timers.js';

const COUNT_MS = 500;
const UNSURE_MS = 5000; // how long a receipt, or news of what is counted already, may be on its way
const RECEIPTS_MAX = 100;

export class UnreadCount {
    #rest;
    #clock;
    #onChange;
    #count = 0;
    #askedAt = -Infinity; // when the count that was believed last was asked for
    #happenedAt = -Infinity;
    #receipts = new Map(); // by conversation: {upTo, sentAt}, of which the server has not said that it knows
    #timer = null;
    #dueAt = Infinity;
    #failures = 0;
    #isClosed = false;

    /** `clock` is {now, setTimeout, clearTimeout}; `onChange(count)` hears of each change. */
    constructor(rest, clock, onChange) {
        this.#rest = rest;
        this.#clock = clock;
        this.#onChange = onChange;
    }

    get count() {
        return this.#count;
    }

    /** The server's count, which was asked for at that moment of the clock. */
    onCount(count, askedAt) {
        if (askedAt <= this.#doubtedUntil || askedAt < this.#askedAt) {
            this.#ask();
            return;
        }
        this.#askedAt = askedAt;
        this.#set(count);
    }

    /** So many came, or, below 0, are read. */
    add(more) {
        if (more === 0)
            return;
        this.#happenedAt = this.#clock.now();
        if (this.#happenedAt < this.#askedAt + UNSURE_MS)
            this.#ask(this.#askedAt + UNSURE_MS);
        this.#set(Math.max(0, this.#count + more));
    }

    /** Something happened, and how many it makes is not known here. */
    addUnknown() {
        this.#happenedAt = this.#clock.now();
        this.#ask();
    }

    /** The user has read a conversation here up to this message; the server is being told. */
    read(id, upTo) {
        this.#receipts.delete(id);
        this.#receipts.set(id, { upTo, sentAt: this.#clock.now() });
        if (this.#receipts.size > RECEIPTS_MAX)
            this.#receipts.delete(this.#receipts.keys().next().value);
    }

    /** The server knows that a conversation was read up to this message, here or elsewhere. */
    onRead(id, upTo) {
        if (this.#receipts.get(id)?.upTo <= upTo)
            this.#receipts.delete(id);
        this.addUnknown();
    }

    /** There is a connection again, over which receipts that waited are on their way. */
    connected() {
        for (const receipt of this.#receipts.values())
            receipt.sentAt = this.#clock.now();
    }

    close() {
        this.#isClosed = true;
        this.#clock.clearTimeout(this.#timer);
    }

    /* Counts that were asked for before this moment, or at it, may lack what is known here. */
    get #doubtedUntil() {
        const arrivals = [...this.#receipts.values()].map(({ sentAt }) => sentAt + UNSURE_MS);

        return Math.max(this.#happenedAt, ...arrivals);
    }

    #set(count) {
        if (count === this.#count)
            return;
        this.#count = count;
        this.#onChange(count);
    }

    /* Soon, but not before there is hope to believe it. */
    #ask(notBefore = -Infinity) {
        const now = this.#clock.now();
        const dueAt = Math.max(now + COUNT_MS, this.#doubtedUntil + 1, notBefore);

        if (this.#isClosed || (this.#timer !== null && this.#dueAt <= dueAt))
            return;
        this.#clock.clearTimeout(this.#timer);
        this.#dueAt = dueAt;
        this.#timer = this.#clock.setTimeout(() => this.#fetch(), dueAt - now);
    }

    async #fetch() {
        const askedAt = this.#clock.now();

        this.#timer = null;
        if (askedAt <= this.#doubtedUntil) {
            this.#ask();
            return;
        }
        try {
            const { unread_count: count } = await this.#rest.get('conversations/unread/');

            this.#failures = 0;
            this.onCount(count, askedAt);
        } catch (problem) {
            if (!problem.isLogin)
                this.#ask(this.#clock.now() + backoff(++this.#failures, Math.random));
        }
    }
}
