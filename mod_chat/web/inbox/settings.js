/**
 * @file settings.js
 * What a user of the inbox has chosen in this browser: sound and notifications, which are off until then, and keys.
 * Kept in localStorage under the user's id, so that it is the same in all tabs, and another's stays another's. Before
 * it is known who the user is, and where there is no storage, it is as it is at first.
 */
import { readJson, storageOf, writeJson } from '../store/draft_storage.js';

const AT_FIRST = { sound: false, desktop: false, keys: true };

export class Settings {
    #storage = storageOf(window, 'localStorage');
    #key;

    /** `userId()`: the user's, or null. */
    constructor(root, userId) {
        this.#key = () => userId() === null ? null : `mod_chat ${root} inbox ${userId()}`;
    }

    /** `name`: sound, desktop or keys. */
    get(name) {
        const key = this.#key();
        const value = key === null ? undefined : readJson(this.#storage, key)[name];

        return typeof value === 'boolean' ? value : AT_FIRST[name];
    }

    set(name, value) {
        const key = this.#key();

        if (key !== null)
            writeJson(this.#storage, key, { ...readJson(this.#storage, key), [name]: value });
    }
}
