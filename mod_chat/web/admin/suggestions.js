/**
 * @file suggestions.js
 * Users or churches that one may mean by what one types: those whose name, user name or address begins so, as the server
 * finds them, and the one with that id.
 *
 * Asked for when the person pauses, ITEMS_MAX at once. Another text ends the request under way, and an answer that comes
 * nevertheless is not used. A server that asks to wait (429, 503 with Retry-After) is not asked before: what is typed waits,
 * and a look-up that cannot wait gets the same refusal.
 */
import { SYSTEM_CLOCK, Timers } from '../net/timers.js';

export const WORDS_MAX = 200;
const PAUSE_MS = 250; // of typing
const ITEMS_MAX = 10;
const ID = /^[1-9]\d{0,17}$/;
const ORDERS = { churches: 'name' }; // of users, the newest first is what an index gives at once

/** Whether a text is an id, which needs no choice. */
export function isId(text) {
    return ID.test(text);
}

export class Suggestions {
    choices = []; // {id, name, username, email, isActive, text}, the ids as text; `text`: what stands for it in a field
    hasMore = false;
    isLoaded = false; // `choices` are of what is wanted
    problem = null; // null: none
    #words = '';
    #api;
    #resource;
    #clock;
    #timers;
    #onChange;
    #lane; // of what is typed
    #other; // of what is wanted whatever is typed
    #run = 0; // what was asked for in an older one is void
    #isLoading = false;
    #waitsUntil = -Infinity; // as the server has asked
    #refusal = null; // with which it has asked that

    /** `api`: AdminApi; `resource`: users or churches; `onChange()`: something that is read here is another. */
    constructor({ api, resource, clock = SYSTEM_CLOCK, onChange = () => {} }) {
        this.#api = api;
        this.#resource = resource;
        this.#clock = clock;
        this.#timers = new Timers(clock);
        this.#onChange = onChange;
        this.#lane = api.lane();
        this.#other = api.lane();
    }

    /** What was typed. */
    type(text) {
        const words = wordsOf(text);

        if (words === this.#words && (this.isLoaded || this.#isLoading))
            return;
        this.#begin(words);
        if (words !== '')
            this.#timers.set('pause', Math.max(PAUSE_MS, this.#rest_ms), () => this.#ask());
        this.#onChange();
    }

    /** Now, unless it is there already, or comes; of an empty text those that a list begins with. */
    want(text) {
        const words = wordsOf(text);

        if (words === this.#words && (this.isLoaded || this.#isLoading))
            return;
        this.#begin(words);
        this.#timers.set('pause', Math.max(0, this.#rest_ms), () => this.#ask());
        this.#onChange();
    }

    /** The one that is called exactly so, by user name before all; null: there is none, or more than one. */
    async exact(text) {
        const words = wordsOf(text);
        const { choices, hasMore } = await this.#found(words);
        const one = choices.find(({ username }) => username === words) ?? (hasMore ? await this.#byUsername(words) : null);

        if (one || hasMore) // of which others may be called the same
            return one;
        return only(choices, ({ username, email }) => isSame(username, words) || isSame(email, words)) ?? only(choices, ({ name }) => isSame(name, words));
    }

    /** Whether an id is also what another one is called: as its user name or its name. Of churches, the one that is called
     * exactly so is the first of those that begin so. */
    async isNameOfOther(id) {
        const { choices, hasMore } = await this.#found(id);
        const all = hasMore ? [...choices, await this.#byUsername(id)] : choices;

        return all.some(one => one && one.id !== id && (isSame(one.username, id) || isSame(one.name, id)));
    }

    /** The one with this id; null: there is none. */
    async known(id) {
        const item = await this.#now(lane => this.#api.known(this.#resource, id, lane));

        return item && this.#choice(item);
    }

    /** Nobody wants to know any more what was typed. */
    stop() {
        this.#run++;
        this.#timers.cancel('pause');
        this.#lane.abort();
        this.#isLoading = false;
    }

    /** Nobody wants to know anything any more. */
    close() {
        this.stop();
        this.#other.abort();
    }

    #begin(words) {
        this.stop();
        this.#words = words;
        this.choices = [];
        this.hasMore = this.isLoaded = false;
        this.problem = null;
    }

    get #rest_ms() {
        return this.#waitsUntil - this.#clock.now();
    }

    async #ask() {
        const run = ++this.#run;

        this.#isLoading = true;
        try {
            const { choices, hasMore } = await this.#find(this.#words, this.#lane);

            if (run !== this.#run)
                return;
            Object.assign(this, { choices, hasMore, isLoaded: true });
        } catch (problem) {
            if (run !== this.#run)
                return;
            this.problem = problem;
            this.#heed(problem);
        }
        this.#isLoading = false;
        this.#onChange();
    }

    #heed(problem) {
        if (!(problem.retryAfter_s > 0))
            return;
        this.#waitsUntil = this.#clock.now() + problem.retryAfter_s * 1000;
        this.#refusal = problem;
    }

    /* What `ask(lane)` gives, whatever is typed meanwhile. */
    async #now(ask) {
        if (this.#rest_ms > 0)
            throw this.#refusal;
        try {
            return await ask(this.#other);
        } catch (problem) {
            this.#heed(problem);
            throw problem;
        }
    }

    async #found(words) {
        return words === this.#words && this.isLoaded ? this : this.#now(lane => this.#find(words, lane));
    }

    async #find(words, lane) {
        const order = ORDERS[this.#resource];
        const [{ items, hasMore }, one] = await Promise.all([
            this.#api.first(this.#resource, { ...words && { q: words }, ...order && { order }, limit: ITEMS_MAX }, lane),
            isId(words) ? this.#api.known(this.#resource, words, lane) : null,
        ]);
        const all = one ? [one, ...items.filter(({ id }) => id !== one.id)] : items;

        return { choices: all.map(item => this.#choice(item)), hasMore };
    }

    /* More begin so than were asked for: whoever is called exactly so may not be among them. */
    async #byUsername(username) {
        if (this.#resource !== 'users')
            return null;
        const { items: [item = null] } = await this.#now(lane => this.#api.first('users', { username, limit: 1 }, lane));

        return item && this.#choice(item);
    }

    #choice({ id, name, display_name: displayName, username = null, email = null, is_active: isActive }) {
        const called = displayName ?? name;

        return { id: String(id), name: called, username, email, isActive, text: username && username !== called ? `${called} (${username})` : called };
    }
}

function wordsOf(text) {
    return [...text.trim()].slice(0, WORDS_MAX).join('');
}

function isSame(one, other) {
    return typeof one === 'string' && one.normalize('NFC').toLowerCase() === other.normalize('NFC').toLowerCase();
}

function only(choices, is) {
    const found = choices.filter(is);

    return found.length === 1 ? found[0] : null;
}
