/**
 * @file draft_storage.js
 * Where drafts lie (drafts.js): localStorage outlives the tab, sessionStorage belongs to one. While its writer is signed
 * in, a draft lies in the first. When nobody is, it is moved to the second: who signs in again in this tab finds it,
 * and nothing stays behind on a computer that others use. Of this only the launcher needs something, too.
 */

/** The key of both for the API at this path; each holds JSON with `owner`, a user's id, and `drafts`. */
export function draftKey(root) {
    return `mod_chat ${root}`;
}

/** `name`: localStorage or sessionStorage; null where a browser forbids it. */
export function storageOf(window, name) {
    try {
        return window[name] ?? null;
    } catch {
        return null;
    }
}

/** A storage, and in memory what it does not take: it is full, forbidden, or null. So it lasts as long as the page. */
export class KeptStorage {
    #storage;
    #merge;
    #items = new Map(); // key -> {text, before}: what lay in the storage then

    /** `merge(text, before, now)`: what there is of `text` when another tab has written `now` where `before` lay. */
    constructor(storage, merge = text => text) {
        this.#storage = storage;
        this.#merge = merge;
    }

    getItem(key) {
        const item = this.#items.get(key);

        if (!item)
            return this.#storage?.getItem(key) ?? null;
        const now = this.#stored(key);

        if (now !== null && now !== item.before) {
            item.text = this.#merge(item.text, item.before, now);
            item.before = now;
        }
        return item.text;
    }

    setItem(key, text) {
        try {
            if (this.#storage) {
                this.#storage.setItem(key, text);
                this.#items.delete(key);
                return;
            }
        } catch {
            // Full or forbidden: what lies there is older.
        }
        this.#items.set(key, { text, before: this.#stored(key) });
    }

    removeItem(key) {
        this.#items.delete(key);
        this.#storage?.removeItem(key);
    }

    #stored(key) {
        try {
            return this.#storage?.getItem(key) ?? null;
        } catch {
            return null;
        }
    }
}

export function readJson(storage, key) {
    try {
        return JSON.parse(storage?.getItem(key) ?? '{}') ?? {};
    } catch {
        return {};
    }
}

export function writeJson(storage, key, value) {
    try {
        storage?.setItem(key, JSON.stringify(value));
    } catch {
        // Full or forbidden: then it is not kept.
    }
}

/** Nobody is signed in: what lies in `local` goes to `tab`, unless that is somebody else's. */
export function moveToTab(local, tab, key) {
    const { owner, drafts = [] } = readJson(local, key);
    const there = readJson(tab, key);

    if (drafts.length > 0 && (there.owner ?? owner) === owner)
        writeJson(tab, key, { ...there, owner, drafts });
    try {
        local?.removeItem(key);
    } catch {
        // Forbidden: then nothing lies there.
    }
}
