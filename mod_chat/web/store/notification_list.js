/**
 * @file notification_list.js
 * The user's notifications: conversations in which something is unread, newest first, as the server lists them and as
 * its frames change them.
 *
 *     const list = new NotificationList(store);      // a ChatStore, whose connection it uses; later: list.close()
 *     list.addEventListener('change', () => show(list.items, list.unreadCount));
 *
 * A frame is the state of one notification and comes after each change, in order; so it stands above a list that was
 * asked for before it came. The list is asked for with each connection, and by load() where there is none.
 * Bounded: one question at a time; items are those of the pages that were asked for, and what came since.
 */
import { isOfPast } from '../net/problem.js';

const PAGE = 20;

export class NotificationList extends EventTarget {
    isLoaded = false;
    problem = null; // of the last question; null: none
    unreadCount = 0; // of all that are not marked, whatever the page
    #store;
    #items = new Map(); // conversation id -> notification
    #sorted = null;
    #next = null;
    #loading = null; // a promise, which is never rejected
    #told = null; // what frames have told since the question under way was asked: ids; null: there is none
    #isToldAll = false; // and that all were marked
    #runs = 0; // a newer one ends the older
    #listeners = [];

    constructor(store) {
        super();
        this.#store = store;
        this.#listen('notification', frame => this.#onFrame(frame));
        this.#listen('state', ({ state, reason }) => this.#onState(state, reason));
        this.#listen('reset', () => this.#onReset());
        if (store.state === 'online')
            this.load();
    }

    /** Newest first. */
    get items() {
        this.#sorted ??= [...this.#items.values()]
            .sort((a, b) => b.updated_at.localeCompare(a.updated_at) || b.id - a.id);
        return this.#sorted;
    }

    item(id) {
        return this.#items.get(id) ?? null;
    }

    get hasMore() {
        return this.#next !== null;
    }

    /** The first page, anew. Never rejected: see `problem`. */
    load() {
        this.#loading ??= this.#fetch(`notifications/?limit=${PAGE}`, true);
        return this.#loading;
    }

    /** The next page. */
    more() {
        if (this.#next !== null)
            this.#loading ??= this.#fetch(this.#next, false);
        return this.#loading;
    }

    /** Mark all as read; rejected with a ChatProblem. */
    async markAll() {
        await this.#store.rest.post('notifications/read/', { all: true });
        if (this.#store.state !== 'online') // otherwise a frame tells it, in its order
            await this.load();
    }

    close() {
        this.#runs++;
        for (const [type, listener] of this.#listeners)
            this.#store.removeEventListener(type, listener);
    }

    #listen(type, handle) {
        const listener = ({ detail }) => handle(detail);

        this.#store.addEventListener(type, listener);
        this.#listeners.push([type, listener]);
    }

    // ---- Asked for -----------------------------------------------------------------------------

    async #fetch(path, isFirst) {
        const run = ++this.#runs;
        let isOver = false; // the list was begun in another epoch of the database

        this.#told = new Set();
        this.#isToldAll = false;
        try {
            const answer = await this.#store.rest.get(path);

            if (run !== this.#runs)
                return;
            this.#keep(answer, isFirst);
            this.problem = null;
        } catch (problem) {
            if (run !== this.#runs)
                return;
            isOver = !isFirst && isOfPast(problem);
            this.problem = isOver ? null : problem;
        }
        this.#loading = this.#told = null;
        this.#emit();
        if (isOver || this.#isToldAll)
            await this.load();
    }

    #keep({ notifications, unread_count: unread, next }, isFirst) {
        if (isFirst)
            for (const id of [...this.#items.keys()].filter(id => !this.#told.has(id)))
                this.#items.delete(id);
        for (const one of notifications.filter(({ id }) => !this.#told.has(id)))
            this.#items.set(one.id, one);
        if (this.#told.size === 0 && !this.#isToldAll)
            this.unreadCount = unread;
        this.#sorted = null;
        this.#next = next;
        this.isLoaded = true;
    }

    // ---- Told ----------------------------------------------------------------------------------

    #onFrame({ notification, unread_count: unread }) {
        this.unreadCount = unread;
        if (!notification) {
            this.#isToldAll = true;
            this.#markAll();
        } else {
            this.#told?.add(notification.id);
            if (notification.count > 0)
                this.#items.set(notification.id, notification);
            else
                this.#items.delete(notification.id);
        }
        this.#sorted = null;
        this.#emit();
    }

    #markAll() {
        const readAt = new Date().toISOString();

        for (const [id, one] of this.#items)
            this.#items.set(id, { ...one, read_at: one.read_at ?? readAt });
    }

    #onState(state, reason) {
        if (state === 'online' || state === 'polling')
            this.#begin();
        else if (state === 'stopped' && (reason === 'login' || reason === 'user'))
            this.#clear();
    }

    #onReset() {
        this.#clear();
        this.#begin();
    }

    /* What is under way may not have what came before the connection. */
    #begin() {
        this.#runs++;
        this.#loading = null;
        this.load();
    }

    /* It is nobody's now, or somebody else's. */
    #clear() {
        this.#runs++;
        this.#loading = this.#told = this.#next = this.#sorted = null;
        this.#items.clear();
        this.unreadCount = 0;
        this.isLoaded = false;
        this.#emit();
    }

    #emit() {
        this.dispatchEvent(new Event('change'));
    }
}
