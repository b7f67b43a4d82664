/**
 * @file conversation_query.js
 * Which conversations an element shows: those in which the user is a member, or staff; of these those of a church,
 * those with unread messages, those whose other side has a name; page by page, as the server finds them, and with what
 * comes live.
 *
 * The conversations themselves are the store's (chat_store.js); here is only which of them. What a filter
 * lets through is known here as well, so that a message that just came is shown without asking. Names are
 * the exception: whom the server has found is remembered, as it knows more about letters than includes().
 *
 * Event `change`: loading, loaded or failed. Bounded: what was paged to. Known limit: a church is offered once a
 * conversation of it is known here.
 */
import { foldName } from '../i18n/names.js';
import { isOfPast } from '../net/problem.js';
import { roleIn } from './chat_store.js';

const PAGE = 50;

export class ConversationQuery extends EventTarget {
    churchId = null; // null: all
    isUnread = false;
    words = '';
    kept = null; // the id of one that stays although it has been read: the open one
    isLoading = false;
    isLoaded = false;
    problem = null; // of the last page; null: none
    #store;
    #role;
    #found = new Set(); // ids, of this search
    #more = null; // () => the next page; null: there is none
    #end = null; // before this moment, there are some that are not known yet
    #run = 0;

    /** `role`: member or staff. */
    constructor(store, role) {
        super();
        this.#store = store;
        this.#role = role;
    }

    get hasMore() {
        return this.#more !== null;
    }

    get isFiltered() {
        return this.churchId !== null || this.isUnread || this.words !== '';
    }

    /** Newest first. */
    get conversations() {
        return this.#store.summaries.filter(one => this.#isShown(one));
    }

    /** Those that conversations have come from: {id, name}, by name. */
    get churches() {
        const all = new Map(this.#store.summaries.filter(one => one.is_church_owner)
            .map(one => [one.church_id, { id: one.church_id, name: one.managed_church_name }]));

        return [...all.values()].sort((a, b) => a.name.localeCompare(b.name));
    }

    /** `change`: some of churchId, isUnread, words. */
    set(change) {
        Object.assign(this, change);
        return this.load();
    }

    /** The first page; without a filter, that is the store's list if it has this role. Never rejected: see `problem`. */
    load() {
        const query = new URLSearchParams({ limit: PAGE, role: this.#role });
        const isListed = !this.isFiltered && this.#store.role === this.#role;

        if (this.churchId !== null)
            query.set('church_id', this.churchId);
        if (this.isUnread)
            query.set('unread', 1);
        if (this.words)
            query.set('q', this.words);
        this.#found.clear();
        this.#more = this.#end = null;
        this.isLoaded = false;
        return this.#fetch(isListed ? () => this.#list() : () => this.#find(`conversations/?${query}`));
    }

    /** The next page. */
    async more() {
        if (this.#more && !this.isLoading)
            await this.#fetch(this.#more);
    }

    /* `ask()` gives {end, more}, and the list that was `found` unless it is the store's. */
    async #fetch(ask) {
        const run = ++this.#run;

        this.isLoading = true;
        this.problem = null;
        this.#emit();
        try {
            const { end, more, found } = await ask();

            if (run !== this.#run)
                return;
            for (const { id } of found?.conversations ?? [])
                this.#found.add(id);
            this.#end = end;
            this.#more = more;
            this.isLoaded = true;
            if (found)
                this.#store.keep(found);
        } catch (problem) {
            if (run !== this.#run)
                return;
            if (isOfPast(problem)) {
                await this.load();
                return;
            }
            this.problem = problem;
        }
        this.isLoading = false;
        this.#emit();
    }

    async #find(path) {
        const found = await this.#store.rest.get(path);
        const { conversations, next } = found;

        return { found, end: next && conversations.at(-1).updated_at, more: next && (() => this.#find(next)) };
    }

    async #list() {
        if (!this.#store.isListed || this.#store.problem)
            await this.#store.list();
        if (this.#store.problem)
            throw this.#store.problem;
        return this.#listed();
    }

    #listed() {
        const { listedTo, hasMore } = this.#store;

        return { end: listedTo, more: hasMore ? () => this.#listMore() : null };
    }

    async #listMore() {
        await this.#store.more();
        return this.#listed();
    }

    #isShown(one) {
        return roleIn(one) === this.#role &&
            (this.churchId === null || one.church_id === this.churchId) &&
            (!this.isUnread || one.unread_count > 0 || one.id === this.kept) &&
            (!this.words || this.#found.has(one.id) || foldName(one.church_name).includes(foldName(this.words))) &&
            (this.#end === null || one.updated_at >= this.#end);
    }

    #emit() {
        this.dispatchEvent(new Event('change'));
    }
}
