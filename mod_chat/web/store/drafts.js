/**
 * @file drafts.js
 * What was written and is not sent yet, kept over a reload of the page.
 *
 * In the window's sessionStorage: it survives a reload, belongs to one tab, and goes with it, so that
 * nothing of it stays behind on a computer that others use. Drafts are texts by conversation; the unsent are
 * messages that were on their way, with their client_id, so that sending them again makes none twice.
 *
 * All belongs to one user: setOwner() with another forgets everything.
 * Bounded: DRAFTS_MAX conversations, UNSENT_MAX messages. Where there is no storage, nothing is kept.
 */
const DRAFTS_MAX = 50;
const UNSENT_MAX = 50;
const EMPTY = { owner: null, drafts: [], unsent: [] };

export class Drafts {
    #storage;
    #key;

    /** `storage` may be null; `root`: the API whose conversations these are. */
    constructor(storage, root) {
        this.#storage = storage;
        this.#key = `mod_chat ${root}`;
    }

    /** The user is known now. False: what was here was somebody else's, and is gone. */
    setOwner(userId) {
        const all = this.#read();
        const isOurs = all.owner === null || all.owner === userId;

        this.#write({ ...(isOurs ? all : EMPTY), owner: userId });
        return isOurs;
    }

    draft(id) {
        return this.#read().drafts.find(one => one.id === id)?.text ?? '';
    }

    /** An empty text forgets it. */
    keep(id, text) {
        const all = this.#read();
        const others = all.drafts.filter(one => one.id !== id);

        all.drafts = text ? [...others, { id, text }].slice(-DRAFTS_MAX) : others;
        this.#write(all);
    }

    /** Of a conversation: {id, clientId, content, at}. */
    unsent(id) {
        return this.#read().unsent.filter(one => one.id === id);
    }

    /** The conversations that have some. */
    get unsentIds() {
        return [...new Set(this.#read().unsent.map(({ id }) => id))];
    }

    addUnsent(one) {
        const all = this.#read();

        all.unsent = [...all.unsent.filter(({ clientId }) => clientId !== one.clientId), one].slice(-UNSENT_MAX);
        this.#write(all);
    }

    dropUnsent(clientId) {
        const all = this.#read();

        all.unsent = all.unsent.filter(one => one.clientId !== clientId);
        this.#write(all);
    }

    #read() {
        try {
            return { ...EMPTY, ...JSON.parse(this.#storage?.getItem(this.#key) ?? '{}') };
        } catch {
            return { ...EMPTY };
        }
    }

    #write(all) {
        try {
            this.#storage?.setItem(this.#key, JSON.stringify(all));
        } catch {
            // Full or forbidden: then it is not kept.
        }
    }
}

/** The window's, or null where a browser forbids it. */
export function sessionStorageOf(window) {
    try {
        return window.sessionStorage ?? null;
    } catch {
        return null;
    }
}
