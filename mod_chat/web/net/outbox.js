/**
 * @file outbox.js
 * Messages on their way to the server: kept until it has said what became of them.
 *
 * Each has a client_id, so that sending it again, over whichever connection, makes it no second message.
 * They go in the order in which they were given. When the connection ends, what is in flight is to be
 * sent again. What waits for a connection waits as long as that takes; what is in flight, `timeout_ms` at most: its
 * promise is rejected then, and whether the server has stored it is open; trying again with the same client_id
 * (`problem.clientId`) is harmless.
 *
 * Bounded: ENTRIES_MAX wait, FLIGHT_MAX of them in flight; one timer for all.
 */
import { ChatProblem } from './problem.js';

const ENTRIES_MAX = 100;
const FLIGHT_MAX = 16;

export class Outbox {
    #entries = []; // in the order they were given
    #count = 0;
    #timer = null;
    #clock;
    #timeout_ms;

    constructor(clock, timeout_ms) {
        this.#clock = clock;
        this.#timeout_ms = timeout_ms;
    }

    /** A promise of the message M, or of a ChatProblem. */
    add(conversationId, content, clientId) {
        return new Promise((resolve, reject) => {
            const entry = {
                ref: `s${++this.#count}`,
                conversationId,
                content,
                clientId,
                sentAt: null, // null: not in flight
                resolve,
                reject,
            };

            if (this.#entries.length >= ENTRIES_MAX) {
                this.#reject(entry, new ChatProblem('queue_full', 'Too many messages wait to be sent.'));
                return;
            }
            this.#entries.push(entry);
        });
    }

    /** The next to send, which is in flight from now on; null: none, or enough are. */
    next() {
        const entry = this.#entries.find(one => one.sentAt === null);

        if (!entry || this.#entries.filter(one => one.sentAt !== null).length >= FLIGHT_MAX)
            return null;
        entry.sentAt = this.#clock.now();
        this.#watch();
        return entry;
    }

    /** When the oldest in flight was sent; null: none is. */
    get owedSince() {
        return this.#oldest?.sentAt ?? null;
    }

    /** The connection is gone. */
    unsend() {
        for (const entry of this.#entries)
            entry.sentAt = null;
        this.#watch();
    }

    /** Its writer does not want to send it any more; it is neither stored nor refused. */
    withdraw(clientId) {
        this.#entries = this.#entries.filter(one => one.clientId !== clientId || one.sentAt !== null);
        this.#watch();
    }

    /** It was stored. False: nobody waits for this. */
    settle(ref, message) {
        const entry = this.#take(ref);

        entry?.resolve(message);
        return Boolean(entry);
    }

    /** It was refused. */
    refuse(ref, problem) {
        const entry = this.#take(ref);

        if (entry)
            this.#reject(entry, problem);
        return Boolean(entry);
    }

    /** The longest in flight, which a server that refuses long frames must have meant. */
    refuseLongest(problem) {
        const [longest] = this.#entries.filter(one => one.sentAt !== null)
            .sort((a, b) => b.content.length - a.content.length);

        if (longest)
            this.refuse(longest.ref, problem);
    }

    refuseAll(makeProblem) {
        const entries = this.#entries;

        this.#entries = [];
        this.#watch();
        for (const entry of entries)
            this.#reject(entry, makeProblem());
    }

    #take(ref) {
        const i = this.#entries.findIndex(one => one.ref === ref);

        if (i < 0)
            return null;
        const [entry] = this.#entries.splice(i, 1);

        this.#watch();
        return entry;
    }

    #reject(entry, problem) {
        problem.clientId = entry.clientId;
        entry.reject(problem);
    }

    get #oldest() {
        return this.#entries.find(one => one.sentAt !== null);
    }

    /* They are sent in order, and the limit is the same for all. */
    #watch() {
        const oldest = this.#oldest;

        this.#clock.clearTimeout(this.#timer);
        this.#timer = null;
        if (oldest)
            this.#timer = this.#clock.setTimeout(() => this.#expire(),
                Math.max(0, oldest.sentAt + this.#timeout_ms - this.#clock.now()));
    }

    #expire() {
        let oldest;

        while ((oldest = this.#oldest) && oldest.sentAt + this.#timeout_ms <= this.#clock.now())
            this.refuse(oldest.ref,
                new ChatProblem('timeout', 'The message could not be sent in time; it may have arrived or not.'));
        this.#watch();
    }
}
