/**
 * @file read_receipts.js
 * What the user has read, until the server knows it.
 *
 * There is no answer to a receipt. But frames are handled in order: an answer to anything sent later, or
 * the receipt coming back as an event, says that it has arrived. Else it is sent again over the next
 * connection, which does no harm.
 *
 * Bounded: one for each conversation, RECEIPTS_MAX of them; beyond that the oldest is forgotten.
 */
const RECEIPTS_MAX = 100;

export class ReadReceipts {
    #receipts = new Map(); // conversation -> {id, upTo, frame}; frame is null: not sent

    /** `upTo`: the id of a message, null: all there are. */
    add(id, upTo) {
        const before = this.#receipts.get(id);

        if (before && covers(before, upTo))
            return;
        this.#receipts.delete(id);
        this.#receipts.set(id, { id, upTo, frame: null });
        if (this.#receipts.size > RECEIPTS_MAX)
            this.#receipts.delete(this.#receipts.keys().next().value);
    }

    /** Those to be sent; whoever does sets `frame` to its number. */
    unsent() {
        return [...this.#receipts.values()].filter(one => one.frame === null);
    }

    /** The connection is gone. */
    unsend() {
        for (const one of this.#receipts.values())
            one.frame = null;
    }

    /** The server has handled this frame, and so those before it. */
    onHandled(frame) {
        for (const one of this.#receipts.values())
            if (one.frame !== null && one.frame <= frame)
                this.drop(one);
    }

    /** The user, here or elsewhere, or a colleague has read up to this message. */
    onRead(id, upTo) {
        const one = this.#receipts.get(id);

        // Who asked for everything may have meant more.
        if (one && one.upTo !== null && one.upTo <= upTo)
            this.drop(one);
    }

    /** Done with this one; one that replaced it stays. */
    drop(one) {
        if (this.#receipts.get(one.id) === one)
            this.#receipts.delete(one.id);
    }

    clear() {
        this.#receipts.clear();
    }
}

/* "All" covers what there is until it is sent: what comes after that is not meant by it. */
function covers(before, upTo) {
    if (before.upTo === null)
        return before.frame === null;
    return upTo !== null && before.upTo >= upTo;
}

/** The same as a body and as part of a frame. */
export function receiptJson(one) {
    return one.upTo === null ? {} : { up_to: one.upTo };
}
