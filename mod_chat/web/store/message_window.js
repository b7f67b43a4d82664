/**
 * @file message_window.js
 * Messages around one that lies further up than what a conversation (conversation.js) has loaded: to read there, and to
 * page both ways.
 *
 * A conversation holds its newest messages without a gap, knows what comes live and what was read, and stays so: a window
 * is a part by itself. Nothing that comes live is appended to it, and nothing in it counts as read. Paged down until it
 * meets what the conversation has, all of it becomes the conversation's: join(). Where it ends and has met nothing (what the
 * conversation has was deleted, or misses the newest), meet() loads the conversation, once at each end.
 *
 * Views read the same members as of a conversation: `messages`, `isLoaded`, `isLoading`, `hasOlder`, `hasNewer`,
 * `problem`. Bounded: what was paged to, until the reader leaves it.
 */
const AROUND = 25; // to either side, at first
const PAGE = 50;

export class MessageWindow {
    messages = [];
    pending = []; // what is on its way stands below the newest
    isLoaded = false;
    isLoading = false;
    hasOlder = false;
    hasNewer = true; // as the server has said
    problem = null;
    #conversation;
    #rest;
    #onChange;
    #metAt = null; // the id of the last message, when the conversation was loaded for it

    constructor(conversation, { rest, onChange }) {
        this.#conversation = conversation;
        this.#rest = rest;
        this.#onChange = onChange;
    }

    has(id) {
        return this.messages.some(message => message.id === id);
    }

    /** As of a conversation (conversation.js), but that what is shown stays where many were deleted. */
    remove(ids) {
        this.messages = this.messages.filter(({ id }) => !ids?.includes(id));
        this.#onChange();
    }

    replace(message) {
        this.messages = this.messages.map(one => one.id === message.id ? message : one);
        this.#onChange();
    }

    /** Around this message; where it was deleted, around its place. Never rejected: see `problem`. */
    load(id) {
        return this.#fetch([`limit=${AROUND}&before=${id + 1}`, `limit=${AROUND}&after=${id}`], (above, below) => {
            this.hasOlder = above.has_more;
            this.hasNewer = below.has_more;
            this.isLoaded = true;
            this.messages = [...above.messages, ...below.messages];
        });
    }

    /** The page before the first. */
    async older() {
        if (this.hasOlder)
            await this.#fetch([`limit=${PAGE}&before=${this.messages[0].id}`], page => {
                this.hasOlder = page.has_more;
                this.messages.unshift(...page.messages);
            });
    }

    /** The page after the last. */
    async newer() {
        if (this.messages.length > 0)
            await this.#fetch([`limit=${PAGE}&after=${this.messages.at(-1).id}`], page => {
                this.hasNewer = page.has_more;
                this.messages.push(...page.messages);
            });
    }

    /** Whether it has met what the conversation has, which then has all of this as well. */
    join() {
        return this.isLoaded && this.#conversation.absorb(this.messages, this.hasOlder);
    }

    /** To call when it or the conversation has changed and they are not joined: at its end, the conversation is loaded if that
     * helps. A promise whether it has a problem with that. */
    async meet() {
        const conversation = this.#conversation;
        const last = this.messages.at(-1);

        if (!this.isLoaded || this.isLoading || this.hasNewer || this.problem || conversation.isLoading || !last || last.id === this.#metAt)
            return false;
        this.#metAt = last.id;
        await conversation.load();
        if (conversation.problem) {
            this.problem = conversation.problem;
            this.#metAt = null; // newer() tries it again
        } else if (!this.join()) {
            this.hasNewer = true; // more have come meanwhile than one page holds
        }
        this.#onChange();
        return this.problem !== null;
    }

    /* One at a time, so that pages follow each other. */
    async #fetch(queries, use) {
        if (this.isLoading)
            return;
        this.isLoading = true;
        this.problem = null;
        this.#onChange();
        try {
            use(...await Promise.all(queries.map(query => this.#rest.get(`conversations/${this.#conversation.id}/messages/?${query}`))));
        } catch (problem) {
            this.problem = problem;
        }
        this.isLoading = false;
        this.#onChange();
    }
}
