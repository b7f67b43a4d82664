/**
 * @file message_search.js
 * Messages that have these words, as the server finds them: newest first, page by page.
 *
 * One request at a time: another search ends the one under way, and an answer that comes nevertheless is not used. A
 * server that asks to wait (429, 503 with Retry-After) is not asked before, then by itself for what is wanted by that time.
 * What was found stays until the next answer. Nothing is stored.
 *
 * Event `change`: something that is read here is another. The server searches all that the user may see; an element shows
 * one role's, and asks for further pages, EMPTY_PAGES_MAX at once, while they hold none; then only by hand (`goesOn`). Of
 * these, one that is refused is not asked for again by itself.
 */
import { isOfPast } from '../net/problem.js';
import { SYSTEM_CLOCK, Timers } from '../net/timers.js';

export const WORDS_MAX = 200;
const PAGE = 20;
const PAUSE_MS = 250; // of typing
const SLOW_MS = 300;
const EMPTY_PAGES_MAX = 5;
const FILTERS = [['churchId', 'church_id'], ['conversationId', 'conversation_id']];

export class MessageSearch extends EventTarget {
    words = '';
    churchId = null; // null: all
    conversationId = null; // null: all
    results = []; // {conversation, message, snippet}
    found = ''; // the words that `results` are of
    isLoading = false;
    isSlow = false; // it takes longer than one notices
    isLoaded = false; // `results` are of what is wanted
    goesOn = true; // false: the last pages held none, so that further ones are for those who ask for them
    isUpToDate = true; // false: the newest messages may be missing
    problem = null; // null: none
    #role;
    #lane;
    #timers;
    #clock;
    #next = null;
    #ids = new Set(); // of the messages in `results`
    #run = 0; // what was asked for in an older one is void
    #waitsUntil = -Infinity; // as the server has asked
    #refusal = null; // with which it did

    /** `rest`: net/rest.js; `role`: what the user is in the conversations that are wanted, member or staff. */
    constructor({ rest, role, clock = SYSTEM_CLOCK }) {
        super();
        this.#lane = rest.lane();
        this.#role = role;
        this.#clock = clock;
        this.#timers = new Timers(clock);
    }

    /** Whether anything is searched for. */
    get isOn() {
        return this.words.trim() !== '';
    }

    get hasMore() {
        return this.#next !== null;
    }

    /** Whole seconds until the server may be asked again; 0: it is not waited for. */
    get wait_s() {
        return Math.max(0, Math.ceil((this.#waitsUntil - this.#clock.now()) / 1000));
    }

    /** `change`: some of words, churchId, conversationId; a blank after the last word says that it is written out.
     * `isTyped`: only when the person pauses. */
    set(change, { isTyped = false } = {}) {
        const wanted = { ...change, ...'words' in change && { words: [...change.words.trimStart()].slice(0, WORDS_MAX).join('') } };

        if (Object.entries(wanted).every(([name, value]) => this[name] === value)) {
            if (!isTyped && this.#timers.has('pause'))
                this.#search();
            return;
        }
        Object.assign(this, wanted);
        this.#end();
        this.isLoaded = false;
        if (!this.isOn)
            this.#forget();
        else if (isTyped)
            this.#timers.set('pause', PAUSE_MS, () => this.#search());
        else
            this.#search();
        this.#emit();
    }

    /** The next page, or what has failed. */
    async more() {
        if (this.isLoading || !this.isOn)
            return;
        if (this.isLoaded && this.#next)
            await this.#ask(this.#next);
        else if (this.problem)
            this.#search();
    }

    /** What was found may be no more. */
    again() {
        this.#forget();
        if (this.isOn)
            this.#search();
    }

    /** This conversation cannot be seen any more. */
    drop(conversationId) {
        this.results = this.results.filter(({ conversation }) => conversation.id !== conversationId);
        this.#emit();
    }

    /** For good. */
    close() {
        this.#end();
    }

    #search() {
        const query = new URLSearchParams({ q: this.words, limit: PAGE });

        for (const [name, parameter] of FILTERS)
            if (this[name] !== null)
                query.set(parameter, this[name]);
        this.#end();
        this.isLoaded = false;
        return this.#ask(`conversations/search/?${query}`);
    }

    async #ask(path) {
        const run = ++this.#run;
        const rest_ms = this.#waitsUntil - this.#clock.now();

        this.#timers.cancel('again');
        if (rest_ms > 0) {
            this.#timers.set('again', rest_ms, () => this.#ask(path));
            this.problem = this.#refusal;
            this.#emit();
            return;
        }
        this.isLoading = true;
        this.problem = null;
        this.#timers.set('slow', SLOW_MS, () => {
            this.isSlow = true;
            this.#emit();
        });
        this.#emit();
        let next = path;

        try {
            for (let pages = 0; next && pages < EMPTY_PAGES_MAX; pages++) {
                const answer = await this.#lane.get(next);

                if (run !== this.#run)
                    return;
                ({ next } = answer);
                this.goesOn = this.#keep(answer) > 0;
                if (this.goesOn)
                    break;
            }
        } catch (problem) {
            if (run !== this.#run)
                return;
            if (isOfPast(problem)) {
                this.#search();
                return;
            }
            this.#refused(problem, next === path ? path : null);
        }
        this.isLoading = this.isSlow = false;
        this.#timers.cancel('slow');
        this.#emit();
    }

    /* How many of them are shown. */
    #keep({ results, next, up_to_date: isUpToDate }) {
        if (!this.isLoaded) {
            this.#forget();
            this.found = this.words;
        }
        const own = results.filter(({ conversation, message }) =>
            Boolean(conversation.is_church_owner) === (this.#role === 'staff') && !this.#ids.has(message.id));

        for (const { message } of own)
            this.#ids.add(message.id);
        this.results = [...this.results, ...own];
        this.#next = next;
        this.isLoaded = true;
        this.isUpToDate = isUpToDate !== false;
        return own.length;
    }

    /* `path`: what is asked for again by itself, or null. */
    #refused(problem, path) {
        this.problem = problem;
        if (!this.isLoaded && problem.status !== 429 && problem.status !== 503)
            this.#forget();
        if (!(problem.retryAfter_s > 0))
            return;
        this.#refusal = problem;
        this.#waitsUntil = this.#clock.now() + problem.retryAfter_s * 1000;
        if (path !== null)
            this.#timers.set('again', problem.retryAfter_s * 1000, () => this.#ask(path));
    }

    #forget() {
        this.results = [];
        this.#ids.clear();
        this.#next = null;
        this.found = '';
        this.isUpToDate = true;
    }

    /* What is under way is not wanted any more. */
    #end() {
        this.#run++;
        this.#timers.cancel('pause', 'slow', 'again');
        this.#lane.abort();
        this.isLoading = this.isSlow = false;
        this.problem = null;
    }

    #emit() {
        this.dispatchEvent(new Event('change'));
    }
}
