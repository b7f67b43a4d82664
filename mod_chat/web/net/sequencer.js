/**
 * @file sequencer.js
 * Messages of many conversations in their order, each once, by whichever way they come.
 *
 * The server numbers the messages of a conversation 1, 2, 3 (`seq`). What is the next goes through at
 * once, what was heard is dropped, and what comes too early is held until what lies between has come:
 * the owner asks gaps() and has the server resume. A number can be missing for ever (a deleted message).
 * Therefore what a resume left out does not exist, provided that the resume was asked for after the
 * message above the gap had come; turns tell which was first.
 *
 * Of a conversation of which no message was heard, the id of its newest message may be known from a
 * list. Then REST finds what came after it (`fetchBegin`, `fetched`, `fetchEnd`). While the owner finds
 * out whether anything was missed (`catchUpBegin`, `catchUpEnd`), messages of such conversations wait.
 *
 * Bounded: CONVERSATIONS_MAX are remembered, those used last; HELD_MAX messages are held, and what
 * comes above that is dropped and asked for again.
 * Threads: none; `deliver` may call back into everything but is not expected to.
 */
const CONVERSATIONS_MAX = 1000;
const HELD_MAX = 500;

export class Sequencer {
    #conversations = new Map(); // by id; the one that was used last comes last
    #late = new Set(); // ids of those that hold or have dropped messages
    #heldCount = 0;
    #turn = 0; // of the newest resume or fetch
    #isCatchingUp = false;
    #hasLost = false; // something that only another catch-up finds
    #deliver;

    /** `deliver(message, conversation)` hears each message; the second may be null. */
    constructor(deliver) {
        this.#deliver = deliver;
    }

    /** A message from the socket, live or resumed. */
    receive(message, conversation = null) {
        const one = this.#use(message.conversation_id);

        if (one.seq === null ? !this.#isCatchingUp : message.seq === one.seq + 1) {
            this.#pass(one, message, conversation);
            this.#release(one);
        } else if (one.seq === null || message.seq > one.seq) {
            this.#hold(one, message, conversation);
        }
    }

    /** What to resume: [id, last seq] of all conversations of which a message was heard. */
    known() {
        return [...this.#conversations.values()].filter(one => one.seq !== null).map(one => [one.id, one.seq]);
    }

    /** The same for those of which something is missing. */
    gaps() {
        return [...this.#late].map(id => this.#conversations.get(id))
            .filter(one => one.seq !== null).map(one => [one.id, one.seq]);
    }

    /** The last seq that went through, or null. */
    seqOf(id) {
        return this.#conversations.get(id)?.seq ?? null;
    }

    /** A resume is being sent; its turn is for resumeEnd(). */
    resumeBegin() {
        return ++this.#turn;
    }

    /** All has come that the resume was to bring for these conversations. */
    resumeEnd(turn, ids) {
        for (const one of ids.map(id => this.#conversations.get(id)).filter(Boolean))
            this.#settle(one, turn);
    }

    catchUpBegin() {
        this.#isCatchingUp = true;
    }

    /** False: more was dropped meanwhile than a resume can find, so it goes on, with another list. */
    catchUpEnd() {
        if (this.#hasLost) {
            this.#hasLost = false;
            return false;
        }
        this.#isCatchingUp = false;
        for (const one of [...this.#late].map(id => this.#conversations.get(id)))
            if (one.seq === null)
                this.#begin(one);
        return true;
    }

    /**
     * Nothing up to this message was missed: it is the newest of a conversation in a list (`seq` null), or of
     * those that a page has. `messageId` null: there is none. True: it was news; where a message was heard
     * already, it is not.
     */
    markKnown(id, messageId, seq = messageId === null ? 0 : null) {
        const one = this.#use(id);

        if (one.seq !== null || (one.messageId !== null && seq === null))
            return false;
        one.messageId = messageId ?? 0;
        one.seq = seq;
        this.#release(one);
        return true;
    }

    /** Whether a conversation has newer messages than those that went through; null: unknown. */
    isBehind(id, messageId) {
        const known = this.#conversations.get(id)?.messageId ?? null;

        return known === null ? null : (messageId ?? 0) > known;
    }

    /** REST begins to fetch what was missed. After which message, by id, null: unknown; and the turn. */
    fetchBegin(id) {
        return { after: this.#use(id).messageId, turn: ++this.#turn };
    }

    /** Messages that REST brought, in order and without a gap that could be filled. */
    fetched(messages) {
        for (const message of messages) {
            const one = this.#use(message.conversation_id);

            if (one.seq === null || message.seq > one.seq)
                this.#pass(one, message, null);
        }
    }

    /** All that there was has come. */
    fetchEnd(id, turn) {
        this.#settle(this.#use(id), turn);
    }

    /** Not to be seen any more. */
    forget(id) {
        const one = this.#conversations.get(id);

        if (!one)
            return;
        this.#heldCount -= one.held.size;
        this.#late.delete(id);
        this.#conversations.delete(id);
    }

    /** Nothing that was heard counts any more: the numbers are given anew. */
    reset() {
        this.#conversations.clear();
        this.#late.clear();
        this.#heldCount = 0;
        this.#turn++;
        this.#isCatchingUp = this.#hasLost = false;
    }

    #use(id) {
        const one = this.#conversations.get(id) ?? {
            id,
            seq: null, // of the last message that went through; null: none was heard
            messageId: null, // its id, or the newest id that a list named; 0: there is none
            held: new Map(), // by seq: {message, conversation, turn}
            dropped: null, // {seq, turn} of the newest that found no room
        };

        this.#conversations.delete(id);
        this.#conversations.set(id, one);
        if (this.#conversations.size > CONVERSATIONS_MAX)
            this.#evict();
        return one;
    }

    #evict() {
        const all = [...this.#conversations.values()].slice(0, -1); // the last is in use
        const idle = all.find(one => !this.#late.has(one.id));

        this.#hasLost ||= !idle;
        this.forget((idle ?? all[0]).id);
    }

    /* Without a seq the first message decides where counting begins. */
    #begin(one) {
        const first = Math.min(...one.held.keys());

        if (first !== Infinity)
            one.seq = first - 1;
        this.#release(one);
    }

    #pass(one, message, conversation) {
        one.seq = message.seq;
        one.messageId = message.id;
        this.#deliver(message, conversation);
    }

    #hold(one, message, conversation) {
        const { seq } = message;

        this.#late.add(one.id);
        if (one.held.has(seq))
            return;
        if (this.#heldCount >= HELD_MAX) {
            one.dropped = { seq: Math.max(seq, one.dropped?.seq ?? 0), turn: this.#turn };
            this.#hasLost ||= one.seq === null;
            return;
        }
        one.held.set(seq, { message, conversation, turn: this.#turn });
        this.#heldCount++;
    }

    #unhold(one, seq) {
        const held = one.held.get(seq);

        if (held) {
            one.held.delete(seq);
            this.#heldCount--;
        }
        return held;
    }

    /* What is next now, and out with what went through another way. */
    #release(one) {
        let next;

        while (one.seq !== null && (next = this.#unhold(one, one.seq + 1)))
            this.#pass(one, next.message, next.conversation);
        for (const seq of one.held.keys())
            if (seq <= one.seq)
                this.#unhold(one, seq);
        if (one.dropped && one.seq !== null && one.dropped.seq <= one.seq)
            one.dropped = null;
        if (one.held.size === 0 && !one.dropped)
            this.#late.delete(one.id);
    }

    /* What came before this turn began is complete now: no gap below it will be filled. */
    #settle(one, turn) {
        const early = [...one.held].filter(([, held]) => held.turn < turn).map(([seq]) => seq);
        const top = Math.max(-1, ...early);

        if (one.dropped?.turn < turn)
            one.dropped = null;
        for (const seq of [...one.held.keys()].sort((a, b) => a - b)) {
            if (seq > top)
                break;
            const { message, conversation } = this.#unhold(one, seq);

            if (one.seq === null || seq > one.seq)
                this.#pass(one, message, conversation);
        }
        if (one.seq === null && !this.#isCatchingUp)
            this.#begin(one);
        else
            this.#release(one);
    }
}
