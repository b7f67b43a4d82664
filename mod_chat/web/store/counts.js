/**
 * @file counts.js
 * How much is unread over all conversations, as the server says it: in lists, in unread/ and in notification frames,
 * which may overtake each other. The higher version wins. Nothing is counted here.
 */
const GENERATION = 2 ** 36; // within one, a user may see the same conversations (README, Versions)

export class Counts {
    messages = 0;
    conversations = 0;
    #version = -1;

    /** Changes when the user may see other conversations than before; null: not known yet. */
    get generation() {
        return this.#version < 0 ? null : Math.floor(this.#version / GENERATION);
    }

    /** An answer or a frame; true: the numbers are other ones than before. One without a version counts as newer. */
    receive({ unread_count: count, unread_messages: messages = count, unread_conversations: conversations = 0, version = null }) {
        if (version !== null && version < this.#version)
            return false;
        const hasChanged = messages !== this.messages || conversations !== this.conversations;

        this.#version = version ?? this.#version;
        this.messages = messages;
        this.conversations = conversations;
        return hasChanged;
    }

    /** Versions of another epoch of the database do not compare. */
    reset() {
        this.#version = -1;
    }
}
