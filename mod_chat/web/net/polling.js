/**
 * @file polling.js
 * The chat without a socket, where something between lets none through: REST, asked every POLL_MS.
 *
 * Lists what has changed, fetches the messages, and looks for receipts and typers in the conversations that
 * the page shows; posts what waits in the outbox, one after the other. A hidden page asks every
 * POLL_HIDDEN_MS. After FAILURES_MAX failures in a row it gives up, until it is started again.
 * Known limit: typing and receipts are told of watched conversations only.
 */
import { receiptJson } from './read_receipts.js';
import { backoff } from './timers.js';

const POLL_MS = 5000;
const POLL_HIDDEN_MS = 30000;
const FAILURES_MAX = 3;

export class Polling {
    #deps;
    #run = 0; // a newer one, or none, ends the older
    #isOn = false;
    #isCaughtUp = false;
    #isPosting = false;
    #failures = 0;

    /**
     * `deps`: {rest, sync, outbox, receipts, typing, timers, random, isHidden(), emit(type, detail), onStopped(),
     * onLoginNeeded()}. Its timer is `poll`.
     */
    constructor(deps) {
        this.#deps = deps;
    }

    get isOn() {
        return this.#isOn;
    }

    start() {
        this.#isOn = true;
        this.#isCaughtUp = false;
        this.#failures = 0;
        this.#deps.outbox.unsend();
        this.#poll();
    }

    /** What is under way says nothing any more. */
    stop() {
        this.#isOn = false;
        this.#run++;
        this.#deps.timers.cancel('poll');
    }

    /** Not as late as it would be. */
    hurry(ms) {
        if (this.#isOn)
            this.#deps.timers.hurry('poll', ms, () => this.#poll());
    }

    /** Something waits to be sent. */
    async post() {
        if (!this.#isOn || this.#isPosting)
            return;
        let hasPosted = false;

        this.#isPosting = true;
        try {
            while (await this.#postOne())
                hasPosted = true;
        } finally {
            this.#isPosting = false;
        }
        if (hasPosted)
            this.hurry(0);
    }

    sendTyping(id, isTyping) {
        if (this.#isOn)
            this.#deps.rest.post(`conversations/${id}/typing/`, { is_typing: isTyping }).catch(() => {});
        return this.#isOn;
    }

    async #poll() {
        const { timers, random } = this.#deps;
        const run = ++this.#run;

        timers.cancel('poll');
        try {
            await this.#ask();
            if (run !== this.#run)
                return;
            this.#failures = 0;
        } catch (problem) {
            if (run !== this.#run || !this.#mayGoOn(problem))
                return;
            const wait_ms = Math.max(POLL_MS, (problem.retryAfter_s ?? 0) * 1000, backoff(this.#failures, random));

            timers.set('poll', wait_ms, () => this.#poll());
            return;
        }
        const wait_ms = this.#deps.isHidden() ? POLL_HIDDEN_MS : POLL_MS;

        timers.set('poll', wait_ms * (0.8 + 0.4 * random()), () => this.#poll());
        if (!this.#isCaughtUp) {
            this.#isCaughtUp = true;
            this.#deps.emit('caughtup', {});
        }
        this.post();
    }

    async #ask() {
        const { sync, isHidden, rest, typing } = this.#deps;

        await sync.run(() => false);
        await sync.refresh(() => false);
        if (isHidden())
            return;
        for (const id of sync.watched) {
            const { typers } = await rest.get(`conversations/${id}/typing-status/`);

            typing.onTypers(id, typers, 3 * POLL_MS);
        }
    }

    #mayGoOn(problem) {
        if (problem.isLogin) {
            this.#deps.onLoginNeeded();
        } else if (++this.#failures >= FAILURES_MAX) {
            this.stop();
            this.#deps.onStopped();
        }
        return this.#isOn;
    }

    /* False: there is nothing to do, or nobody to do it for. */
    async #postOne() {
        const { outbox, receipts } = this.#deps;
        const [receipt] = this.#isOn ? receipts.unsent() : [];
        const entry = receipt || !this.#isOn ? null : outbox.next();

        if (!receipt && !entry)
            return false;
        try {
            if (receipt)
                await this.#postReceipt(receipt);
            else
                await this.#postMessage(entry);
        } catch (problem) {
            if (!this.#isOn)
                return false; // it goes another way now
            if (isTransient(problem)) {
                outbox.unsend();
                return false;
            }
            this.#refused(problem, receipt, entry);
        }
        return this.#isOn;
    }

    async #postReceipt(receipt) {
        await this.#deps.rest.post(`conversations/${receipt.id}/read/`, receiptJson(receipt));
        this.#deps.receipts.drop(receipt);
    }

    async #postMessage({ ref, conversationId, content, clientId }) {
        const { message } = await this.#deps.rest.post(`conversations/${conversationId}/messages/`,
            { content, client_id: clientId });

        this.#deps.outbox.settle(ref, message);
    }

    #refused(problem, receipt, entry) {
        if (problem.status === 401) {
            this.#deps.onLoginNeeded();
        } else if (entry) {
            this.#deps.outbox.refuse(entry.ref, problem);
        } else {
            this.#deps.receipts.drop(receipt);
            this.#deps.emit('error', { problem });
        }
    }
}

/* Nobody said no: no answer, or a proxy's. */
function isTransient(problem) {
    return problem.code === 'network' || problem.code === 'no_json' || /^http_5/.test(problem.code);
}
