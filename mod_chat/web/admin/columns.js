/**
 * @file columns.js
 * Which columns of a list are shown: what was chosen in this browser, otherwise those that a list begins with.
 */
import { readJson, writeJson } from '../store/draft_storage.js';

export class Columns {
    #storage;
    #key;

    /** `storage`: a Storage, or null. */
    constructor(storage, root) {
        this.#storage = storage;
        this.#key = `mod_chat ${root} admin columns`;
    }

    /** {all, shown}: names in the order in which they are shown; never none. `schema`: Schema. */
    of(resource, schema) {
        const { all, first } = schema.columns(resource);
        const chosen = this.#chosen[resource];
        const shown = Array.isArray(chosen) ? all.filter(name => chosen.includes(name)) : first;

        return { all, shown: shown.length > 0 ? shown : all.slice(0, 1) };
    }

    choose(resource, names) {
        writeJson(this.#storage, this.#key, { ...this.#chosen, [resource]: names });
    }

    get #chosen() {
        return readJson(this.#storage, this.#key);
    }
}
