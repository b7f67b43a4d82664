/**
 * @file typing.js
 * Who types: said seldom enough, and forgotten when nobody says it any more.
 *
 * Ours: told at the first key, then at most every SAY_MS while keys are pressed; after SAY_MS without
 * one, or at once when told so, that it ended. In one conversation at a time. What cannot be said now
 * is not said later. Theirs: the server forgets a typer after 5 s, so do we, should its word be lost.
 *
 * Bounded: one timer for ours, one for theirs, HEARD_MAX typers.
 */
const SAY_MS = 3000;
const FORGET_MS = 6000;
const HEARD_MAX = 100;

export class Typing {
    #own = null; // {conversationId, isSaid, hasTyped} while we type
    #saidAt = -Infinity; // when we said last that we type
    #others = new Map(); // by conversation and user: {frame, until}
    #ownTimer = null;
    #othersTimer = null;
    #clock;
    #send;
    #emit;

    /**
     * `send(conversationId, isTyping)` to the server, true if it could be;
     * `emit({conversation_id, is_typing, typer})` to the page.
     */
    constructor(clock, send, emit) {
        this.#clock = clock;
        this.#send = send;
        this.#emit = emit;
    }

    /** A key was pressed; or, with false, all was deleted or sent. */
    type(conversationId, isTyping) {
        const isSame = this.#own?.conversationId === conversationId;

        if (isTyping && isSame) {
            this.#own.hasTyped = true;
        } else if (isTyping) {
            this.#stop(true);
            this.#own = { conversationId, isSaid: false, hasTyped: true };
            this.#lookAgain();
        } else if (isSame) {
            this.#stop(true);
        }
    }

    /** The connection is gone: who types then is said anew at the next key. */
    reset() {
        this.#stop(false);
    }

    onTyping(frame, forget_ms = FORGET_MS) {
        const key = `${frame.conversation_id} ${frame.typer?.user_id}`;
        const wasTyping = this.#others.delete(key);

        if (frame.is_typing) {
            if (this.#others.size >= HEARD_MAX)
                this.#forget(this.#others.keys().next().value);
            this.#others.set(key, { frame, until: this.#clock.now() + forget_ms });
        }
        this.#watch();
        if (frame.is_typing || wasTyping)
            this.#emit({ ...frame });
    }

    /** REST told who types in a conversation, and will again within `forget_ms`; the others have stopped. */
    onTypers(conversationId, typers, forget_ms) {
        const stopped = [...this.#others].filter(([, { frame }]) => frame.conversation_id === conversationId &&
            !typers.some(typer => typer.user_id === frame.typer?.user_id));

        for (const [key] of stopped)
            this.#forget(key);
        for (const typer of typers)
            this.onTyping({ conversation_id: conversationId, is_typing: true, typer }, forget_ms);
    }

    close() {
        this.#stop(false);
        this.#others.clear();
        this.#watch();
    }

    #lookAgain() {
        const wait_ms = Math.max(0, this.#saidAt + SAY_MS - this.#clock.now());

        if (wait_ms === 0 && !this.#own.hasTyped) {
            this.#stop(true);
            return;
        }
        this.#ownTimer = this.#clock.setTimeout(() => this.#lookAgain(), wait_ms || SAY_MS);
        if (wait_ms > 0)
            return;
        this.#saidAt = this.#clock.now();
        this.#own.hasTyped = false;
        this.#own.isSaid = this.#send(this.#own.conversationId, true);
    }

    #stop(isToBeSaid) {
        const own = this.#own;

        this.#clock.clearTimeout(this.#ownTimer);
        this.#own = null;
        if (own?.isSaid && isToBeSaid)
            this.#send(own.conversationId, false);
    }

    #forget(key) {
        const { frame } = this.#others.get(key);

        this.#others.delete(key);
        this.#emit({ ...frame, is_typing: false });
    }

    #watch() {
        const next = Math.min(...[...this.#others.values()].map(({ until }) => until));

        this.#clock.clearTimeout(this.#othersTimer);
        this.#othersTimer = next === Infinity
            ? null : this.#clock.setTimeout(() => this.#expire(), Math.max(0, next - this.#clock.now()));
    }

    #expire() {
        const now = this.#clock.now();

        for (const [key, { until }] of this.#others)
            if (until <= now)
                this.#forget(key);
        this.#watch();
    }
}
