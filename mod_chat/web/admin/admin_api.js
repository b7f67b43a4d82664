/**
 * @file admin_api.js
 * The API of administration, below <root>/admin/, as the pages use it. Refusals are ChatProblems.
 *
 * What changes or deletes one thing carries the ETag with which it was read (net/tagged_fetch.js).
 */
import { Rest } from '../net/rest.js';
import { TaggedFetch } from '../net/tagged_fetch.js';
import { filterOf, queryOf } from './route.js';

const NOWHERE = 'http://page.invalid';
const PARTS_MAX = 1000; // of an action, of 1,000 each

export class AdminApi {
    #rest;
    #root;

    /** As Rest (net/rest.js) has them. */
    constructor(root, { fetch, ...options }) {
        this.#root = root;
        this.#rest = new Rest(root, { fetch: new TaggedFetch(fetch).fetch, ...options });
    }

    /** What there is, as Schema (schema.js) takes it. */
    async describe() {
        return (await this.#asked(this.#rest.get('admin/'), () => false)).resources;
    }

    stats() {
        return this.#asked(this.#rest.get('admin/stats/?days=30'));
    }

    /** What an address of the site says as JSON, such as that of chat-health. */
    health(url) {
        return this.#rest.get(new URL(url, document.baseURI).href);
    }

    /** {items, cursor (of the next page, or null), count, count_is, dates}. `params` as in the address (route.js). */
    async list(resource, params) {
        const query = queryOf(params);
        const answer = await this.#asked(this.#rest.get(`admin/${resource}/${query && `?${query}`}`));

        return {
            items: answer.items, count: answer.count ?? null, count_is: answer.count_is, dates: answer.dates ?? [],
            cursor: answer.next ? new URL(answer.next, NOWHERE).searchParams.get('cursor') : null,
        };
    }

    /** The first of a list: {items, hasMore}. `lane`: as lane() gives one. */
    async first(resource, params, lane) {
        const { items, next } = await this.#asked(lane.get(`admin/${resource}/?${queryOf(params)}`));

        return { items, hasMore: next !== null };
    }

    /** One of them, or null if it is not there. */
    known(resource, id, lane) {
        return lane.get(`admin/${resource}/${id}/`).catch(refuseUnless(404));
    }

    /** Requests that can be given up together, by its abort(). */
    lane() {
        return this.#rest.lane();
    }

    item(resource, id) {
        return this.#asked(this.#rest.get(`admin/${resource}/${id}/`));
    }

    change(resource, id, fields) {
        return this.#asked(this.#rest.patch(`admin/${resource}/${id}/`, fields));
    }

    remove(resource, id, reason) {
        return this.#asked(this.#rest.delete(`admin/${resource}/${id}/`, reason ? { reason } : undefined));
    }

    create(resource, fields) {
        return this.#asked(this.#rest.post(`admin/${resource}/`, fields));
    }

    /** What an action would do: {would: {conversations, messages, attachments}, at_least, confirm}. `which`: {ids} or {filter};
     * `from`: what act() has done of it already, so that it is about the rest. */
    rehearse(resource, action, which, from = null) {
        return this.#asked(this.#rest.post(`admin/${resource}/actions/`, { action, ...which, ...afterOf(from), dry_run: true }));
    }

    /** {done, skipped, isWhole, after}, and the `url` of an export. The server does a part at once, and says after which to go
     * on: until all of it is done, or a part is refused, which is thrown. `onPart`: called with the same after each part;
     * `signal`: an AbortSignal, after which no further part is begun; `from`: what onPart() got last, to go on after that, and
     * to count on from it. */
    async act(resource, action, which, { reason = '', confirm = null, ...options } = {}) {
        const sum = { done: options.from?.done ?? 0, skipped: options.from?.skipped ?? 0 };

        return this.#inParts(`admin/${resource}/actions/`, { action, ...which, ...reason && { reason }, ...confirm && { confirm } }, part => {
            sum.done += part.done;
            sum.skipped += part.skipped;
            return part.url ? { ...sum, url: part.url } : sum;
        }, options);
    }

    /** What would be deleted of a user: as rehearse() has it. */
    rehearseErasure(id) {
        return this.#asked(this.#rest.post(`admin/users/${id}/erase/`, { dry_run: true }));
    }

    /** All that is kept of a user goes, or loses its name: {removed: {table: how many}, isWhole, after}, in parts as act() does
     * it. */
    async erase(id, { reason, confirm, ...options }) {
        const removed = { ...options.from?.removed };

        return this.#inParts(`admin/users/${id}/erase/`, { reason, confirm }, part => {
            for (const [table, n] of Object.entries(part.removed))
                removed[table] = (removed[table] ?? 0) + n;
            return { removed: { ...removed } };
        }, options);
    }

    /* `add(part)` gives the sum of all parts. Only has_more says whether there are more: `after` stays the same, or null, while
     * many messages of one conversation go. */
    async #inParts(path, order, add, { signal = null, onPart = () => {}, from = null }) {
        let sum, part = { has_more: true };

        order = { ...order, ...afterOf(from) };
        for (let i = 0; part.has_more && i < PARTS_MAX && !signal?.aborted; i++) {
            part = await this.#asked(this.#rest.post(path, order));
            sum = { ...add(part), isWhole: !part.has_more, after: part.after };
            order = { ...order, ...part.after !== null && { after: part.after }, ...part.confirm && { confirm: part.confirm } };
            onPart(sum);
        }
        return sum;
    }

    /** Where a list can be had as a file: all that its filters find. */
    exportUrl(resource, format, params) {
        return `${this.#root}/admin/${resource}/export/?${queryOf({ format, ...filterOf(params) })}`;
    }

    /** Where all that is kept of one of them can be had as a file. */
    itemExportUrl(resource, id) {
        return `${this.#root}/admin/${resource}/${id}/export/`;
    }

    /* Below admin/ the server answers 404 to whoever may not, and also to those who are not logged in any more. Only these
     * are asked for elsewhere, where it says 401: an administrator need not be a user of the chat, and is not made one. */
    async #asked(answer, isAllowed = () => this.#isAllowed()) {
        try {
            return await answer;
        } catch (problem) {
            if (problem.status === 404 && !await isAllowed())
                await this.#rest.get('conversations/unread/').catch(refuseUnless(403));
            throw problem;
        }
    }

    async #isAllowed() {
        return await this.#rest.get('admin/').catch(refuseUnless(404)) !== null;
    }

    /** Nothing more is asked, and what is under way fails. */
    close(problem) {
        this.#rest.close(problem);
    }
}

/* Where what was done ends; null is not an id. */
function afterOf(from) {
    return from && from.after !== null ? { after: from.after } : {};
}

/* null in place of a problem of this status. */
function refuseUnless(status) {
    return problem => {
        if (problem.status !== status)
            throw problem;
        return null;
    };
}
