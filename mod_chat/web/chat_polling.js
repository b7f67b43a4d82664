/**
 * @file chat_polling.js
 * The chat without a socket, where something between lets none through: REST, asked every POLL_MS.
 *
 * Lists what has changed, fetches the messages, and looks for receipts and typers in the conversations that
 * the page shows; posts what waits in the outbox, one after the other. A hidden page asks every
 * POLL_HIDDEN_MS. After FAILURES_MAX failures in a row it gives up, until it is started again.
 * Known limits: that another user has logged in meanwhile is not noticed; typing and receipts are told of
 * watched conversations only.
 */
import { backoff } from './chat_timers.js';
import { receiptJson } from './chat_receipts.js';

const POLL_MS = 5000;
const POLL_HIDDEN_MS = 30000;
const FAILURES_MAX = 3;

export class ChatPolling {
    #it;
    #run = 0; // a newer one, or none, ends the older
    #isOn = false;
    #isCaughtUp = false;
    #isPosting = false;
    #failures = 0;

    /**
     * `it`: {rest, catcher, outbox, receipts, typing, timers, random, isHidden(), tell(type, detail), stopped(),
     * loginNeeded()}. Its timer is `poll`.
     */
    constructor(it) {
        this.#it = it;
    }

    get isOn() {
        return this.#isOn;
    }

    start() {
        this.#isOn = true;
        this.#isCaughtUp = false;
        this.#failures = 0;
        this.#it.outbox.unsend();
        this.#poll();
    }

    /** What is under way says nothing any more. */
    stop() {
        this.#isOn = false;
        this.#run++;
        this.#it.timers.cancel('poll');
    }

    /** Not as late as it would be. */
    hurry(ms) {
        if (this.#isOn)
            this.#it.timers.hurry('poll', ms, () => this.#poll());
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

    sayTyping(id, isTyping) {
        if (this.#isOn)
            this.#it.rest.post(`conversations/${id}/typing/`, { is_typing: isTyping }).catch(() => {});
        return this.#isOn;
    }

    async #poll() {
        const { timers, random } = this.#it;
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
        const wait_ms = this.#it.isHidden() ? POLL_HIDDEN_MS : POLL_MS;

        timers.set('poll', wait_ms * (0.8 + 0.4 * random()), () => this.#poll());
        if (!this.#isCaughtUp) {
            this.#isCaughtUp = true;
            this.#it.tell('caughtup', {});
        }
        this.post();
    }

    async #ask() {
        const { catcher, isHidden, rest, typing } = this.#it;

        await catcher.run(() => false);
        await catcher.refresh(() => false);
        if (isHidden())
            return;
        for (const id of catcher.watched) {
            const { typers } = await rest.get(`conversations/${id}/typing-status/`);

            typing.hearAll(id, typers, 3 * POLL_MS);
        }
    }

    #mayGoOn(problem) {
        if (problem.isLogin) {
            this.#it.loginNeeded();
        } else if (++this.#failures >= FAILURES_MAX) {
            this.stop();
            this.#it.stopped();
        }
        return this.#isOn;
    }

    /* False: there is nothing to do, or nobody to do it for. */
    async #postOne() {
        const { outbox, receipts } = this.#it;
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
        await this.#it.rest.post(`conversations/${receipt.id}/read/`, receiptJson(receipt));
        this.#it.receipts.drop(receipt);
    }

    async #postMessage({ ref, conversationId, content, clientId }) {
        const { message } = await this.#it.rest.post(`conversations/${conversationId}/messages/`,
            { content, client_id: clientId });

        this.#it.outbox.settle(ref, message);
    }

    #refused(problem, receipt, entry) {
        if (problem.status === 401) {
            this.#it.loginNeeded();
        } else if (entry) {
            this.#it.outbox.refuse(entry.ref, problem);
        } else {
            this.#it.receipts.drop(receipt);
            this.#it.tell('error', { problem });
        }
    }
}

/* Nobody said no: no answer, or a proxy's. */
function isTransient(problem) {
    return problem.code === 'network' || problem.code === 'no_json' || /^http_5/.test(problem.code);
}
