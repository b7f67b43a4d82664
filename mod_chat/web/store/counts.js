/**
 * @file counts.js
 * How much is unread: over all conversations, in those in which the user is a member, and in those that they have as
 * staff. The server says it in lists, in unread/, with resumes and in notification frames, which may overtake each
 * other. The higher version wins. Nothing is counted here.
 */
const GENERATION = 2 ** 36; // within one, a user may see the same conversations (README, Versions)

export class Counts {
    #all = { messages: 0, conversations: 0 };
    #member = null; // what of it is in conversations where they are a member; null: the server does not say that yet
    #version = -1;
    #isKnown = false;

    /** Changes when the user may see other conversations than before; null: not known yet. */
    get generation() {
        return this.#version < 0 ? null : Math.floor(this.#version / GENERATION);
    }

    /** Whether the server has said anything yet. */
    get isKnown() {
        return this.#isKnown;
    }

    /** {messages, conversations}: those of a role, member or staff, or of both (null). */
    of(role = null) {
        if (role === null || !this.#member)
            return this.#all;
        return role === 'member' ? this.#member : {
            messages: this.#all.messages - this.#member.messages,
            conversations: this.#all.conversations - this.#member.conversations,
        };
    }

    /** An answer for both roles, or a frame; true: the numbers are other ones than before, or the first. One without a
     * version counts as newer. */
    receive({ unread_count: count, unread_messages: messages = count, unread_conversations: conversations = 0, as_member: part = null, version = null }) {
        if (version !== null && version < this.#version)
            return false;
        const all = { messages, conversations };
        const member = part && { messages: part.unread_messages, conversations: part.unread_conversations };
        const hasChanged = !this.#isKnown || !isSame(all, this.#all) || !isSame(member, this.#member);

        this.#version = version ?? this.#version;
        this.#isKnown = true;
        this.#all = all;
        this.#member = member;
        return hasChanged;
    }

    /** Versions of another epoch of the database do not compare. */
    reset() {
        this.#version = -1;
    }
}

function isSame(one, other) {
    return one?.messages === other?.messages && one?.conversations === other?.conversations;
}
