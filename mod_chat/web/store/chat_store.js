/**
 * @file chat_store.js
 * What a page knows of the user's conversations; one for each root path, shared by all elements on it.
 *
 *     const store = ChatStore.shared('/api', 'member');   // later: store.release()
 *     store.addEventListener('list', () => show(store.summaries));
 *     const summary = await store.openWith(churchId);
 *     const conversation = store.conversation(summary.id);    // conversation.js; await conversation.load()
 *
 * Read: `state` and `reason` (net/socket.js), `isListed`, `listedTo`, `problem` (of the first list, null: none),
 * `summaries` (conversations as the API's list has them, newest first), `hasMore`, `unreadAs(role)`, `drafts`,
 * `rest` (for what else an element asks). Events, each with a `detail`:
 *   state         {state, reason}
 *   list          {}: conversations came, changed or moved
 *   unread        {}: unreadAs() is something else than before, or is known now
 *   conversation  {conversation_id, what}: messages, pending, typing, loading or read (conversation.js)
 *   draft         {why}: what is written and not sent is something else (drafts.js)
 *   gone          {conversation_id}: the user cannot see it any more, or it was deleted
 *   message       {message, conversation}: one that was not there before; the conversation may be null
 *   message_deleted, message_changed  as net/socket.js has them
 *   files         {}: which files can be sent is something else than before
 *   notification  {notification, unread_count}: as the server sent it (notification_list.js)
 *   reset         {}: the server was set back to an earlier state, or the user is staff of other churches now: everything
 *                 is loaded anew
 *   problem       {problem}: something that nobody waits for was refused
 *
 * What the server says comes by several ways, which overtake each other: of a conversation, and of the counts, the
 * one with the higher version is the newer one. What changes here before the server says so (a conversation that was
 * read, or whose member was blocked) is kept until then.
 *
 * The connection is one ChatSocket, begun with the first element and closed with the last. `role`, member or staff, is
 * what the user is in the conversations of the first list; null, where elements want both: then each finds its own by a
 * ConversationQuery. What is heard of others is kept as well.
 * Bounded: conversations are those of the first list, what changed since, and what more() brought.
 */
import { excerpt } from '../i18n/characters.js';
import { listPath } from '../net/early.js';
import { isOfOwnSide, textOf } from '../net/message.js';
import { storesOfPage } from '../net/page.js';
import { ChatProblem, isOfPast } from '../net/problem.js';
import { closeShown } from '../net/push_worker.js';
import { ChatEvent, ChatSocket } from '../net/socket.js';
import { SYSTEM_CLOCK } from '../net/timers.js';
import { Conversation } from './conversation.js';
import { Counts } from './counts.js';
import { storageOf } from './draft_storage.js';
import { Drafts } from './drafts.js';

const LAST_MESSAGE_MAX = 140;
const RELEASE_MS = 1000; // an element that is moved leaves and comes back
const SHARED = storesOfPage(); // root -> {store, users}

export class ChatStore extends EventTarget {
    problem = null;
    isListed = false;
    hasMore = false;
    listedTo = null; // before this moment, there are conversations that are not known yet; null: none
    reason = null;
    #root;
    #role;
    #socket;
    #rest;
    #drafts;
    #window;
    #summaries = new Map();
    #sorted = null; // the same as a list, when it was asked for since the last change
    #conversations = new Map();
    #next = null;
    #listing = null; // a promise
    #isPaging = false;
    #resets = 0; // how many there were
    #counts = new Counts();
    #uploads = null; // net/uploads.js, once it was needed
    #wasConnected = false;
    #acceptsFiles = true; // until the server says otherwise
    #wake = () => this.#comeBack();
    #storage = event => this.#drafts.onStorage(event);

    /** `options`: role; for tests: socket, rest, storage and localStorage, window. */
    constructor(root, options = {}) {
        super();
        this.#root = root;
        this.#role = options.role ?? null;
        this.#window = options.window ?? globalThis;
        this.#socket = options.socket ?? new ChatSocket(root, { role: this.#role });
        this.#rest = options.rest ?? this.#socket.rest;
        this.#drafts = new Drafts(options.storage ?? storageOf(this.#window, 'sessionStorage'),
            options.localStorage ?? storageOf(this.#window, 'localStorage'), root, why => this.#emit('draft', { why }),
            () => this.#rest.userTag ?? null);
        this.#listen();
    }

    /** The one of this root path; connected. `role`: in whose conversations an element is interested; null: in none. */
    static shared(root, role = null) {
        let one = SHARED.get(root);

        if (!one) {
            one = { store: new ChatStore(root, { role }), users: 0 };
            SHARED.set(root, one);
            one.store.start();
        }
        if (role !== null && role !== one.store.role)
            one.store.widen();
        one.users++;
        return one.store;
    }

    /** An element that called shared() does not need it any more. */
    release() {
        const one = SHARED.get(this.#root);

        if (one?.store !== this)
            return;
        one.users--;
        setTimeout(() => {
            if (one.users > 0 || SHARED.get(this.#root) !== one)
                return;
            SHARED.delete(this.#root);
            this.close();
        }, RELEASE_MS);
    }

    start() {
        this.#window.document?.addEventListener('visibilitychange', this.#wake);
        this.#window.addEventListener?.('storage', this.#storage);
        this.list();
        this.#socket.connect();
    }

    close() {
        this.#window.document?.removeEventListener('visibilitychange', this.#wake);
        this.#window.removeEventListener?.('storage', this.#storage);
        this.#refuseUploads('closed', 'The chat was closed.');
        this.#socket.close();
    }

    get state() {
        return this.#socket.state;
    }

    get userId() {
        return this.#socket.userId;
    }

    /** The path of the API. */
    get root() {
        return this.#root;
    }

    get role() {
        return this.#role;
    }

    get rest() {
        return this.#rest;
    }

    get drafts() {
        return this.#drafts;
    }

    /** Which files can be sent: {max_size, content_types}, or {} where the server does not say (net/socket.js); null: none, or it is not
     * known yet. */
    get files() {
        const { files = {} } = this.#socket;

        return this.#acceptsFiles && this.#wasConnected ? files : null;
    }

    /** Uploads (net/uploads.js), of which there is one; `Class`: made by it, where it is not there yet. */
    uploads(Class) {
        this.#uploads ??= new Class({
            rest: this.#rest,
            clock: SYSTEM_CLOCK,
            random: Math.random,
            window: this.#window,
            XMLHttpRequest: this.#window.XMLHttpRequest,
            isOnline: () => this.#isConnected,
            files: () => this.files,
        });
        return this.#uploads;
    }

    /** {count, bytes} of the files that are not sent yet in the conversations that the user sees, refused ones as well, which can
     * be tried again. */
    get unsentFiles() {
        const files = [...this.#conversations.values()].filter(({ id }) => this.#summaries.has(id))
            .flatMap(({ pending }) => pending.map(({ upload }) => upload).filter(Boolean));

        return { count: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
    }

    /** A file was refused, as the server accepts none at all. */
    refuseFiles() {
        this.#acceptsFiles = false;
        this.#emit('files', {});
    }

    #refuseUploads(code, detail) {
        this.#uploads?.refuseAll(() => new ChatProblem(code, detail));
    }

    get #isConnected() {
        return this.state === 'online' || this.state === 'polling';
    }

    /** {messages, conversations} that the user has not read: what they have as member or staff, or both (null). Null: not
     * known yet. */
    unreadAs(role = null) {
        return this.#counts.isKnown ? this.#counts.of(role) : null;
    }

    /** Newest first. */
    get summaries() {
        this.#sorted ??= [...this.#summaries.values()]
            .sort((a, b) => b.updated_at.localeCompare(a.updated_at) || b.id - a.id);
        return this.#sorted;
    }

    summary(id) {
        return this.#summaries.get(id) ?? null;
    }

    /** The first page of the list; also to try again. Never rejected: see `problem`. */
    list() {
        this.#listing ??= this.#list();
        return this.#listing;
    }

    /** An element wants another role, too: what is listed stays, and so do its further pages; what changes is asked for in
     * both. Public, as each script of a page may have a class of its own (net/page.js). */
    widen() {
        this.#role = null;
        this.#socket.role = null;
    }

    async #list() {
        const resets = this.#resets;
        const list = this.#rest.get(listPath(this.#role));

        try {
            this.#socket.beginWith(list);
            const answer = await list;
            const { conversations, next } = answer;

            if (resets !== this.#resets)
                return; // it is asked for anew
            this.#listing = null;
            if (!this.isListed)
                this.#setNext(next, conversations);
            this.isListed = true;
            this.problem = null;
            for (const conversation of conversations)
                this.#keep(conversation);
            this.#onCounts(answer);
        } catch (problem) {
            if (resets !== this.#resets)
                return;
            this.#listing = null;
            this.problem = problem;
        }
        this.#emit('list', {});
    }

    #setNext(next, conversations) {
        this.#next = next;
        this.hasMore = next !== null;
        this.listedTo = next && conversations.at(-1).updated_at;
    }

    /** The next page of the list; rejected with a ChatProblem. */
    async more() {
        if (!this.#next || this.#isPaging)
            return;
        this.#isPaging = true;
        try {
            const answer = await this.#rest.get(this.#next);

            this.#setNext(answer.next, answer.conversations);
            this.keep(answer);
            this.#emit('list', {});
        } catch (problem) {
            if (!isOfPast(problem))
                throw problem;
            this.isListed = false;
            await this.list();
        } finally {
            this.#isPaging = false;
        }
    }

    /** The user's conversation with a church, opened if there is none; rejected with a ChatProblem. */
    async openWith(churchId) {
        const { conversation } = await this.#rest.post('conversations/', { church_id: Number(churchId) });

        this.#keep(conversation);
        this.#emit('list', {});
        return conversation;
    }

    /** One that may not be in the list; rejected with a ChatProblem, also where the user is something else in it. */
    async find(id, role = null) {
        const one = this.summary(id) ?? await this.#fetchOne(id);

        if (role !== null && role !== roleIn(one))
            throw new ChatProblem('not_found', 'There is no such conversation.', { status: 404 });
        return one;
    }

    async #fetchOne(id) {
        const { conversation } = await this.#rest.get(`conversations/${id}/`);

        this.#keep(conversation);
        this.#emit('list', {});
        return conversation;
    }

    /** Conversations that an element has fetched by itself with `rest`: a list with its counts, or {conversations}. */
    keep(answer) {
        if (answer.conversations.filter(conversation => this.#keep(conversation)).length > 0)
            this.#emit('list', {});
        if ('unread_count' in answer)
            this.#onCounts(answer);
    }

    /** What an element has changed in a conversation, as the server has confirmed: so its version is a higher one. */
    change(id, members) {
        this.#changeLater(this.summary(id), members);
        this.#emit('list', {});
    }

    /** What is known of a conversation's messages; nothing, before its load(). */
    conversation(id) {
        if (!this.#conversations.has(id))
            this.#conversations.set(id, new Conversation(id, {
                rest: this.#rest,
                socket: this.#socket,
                drafts: this.#drafts,
                newClientId,
                uploads: () => this.#uploads,
                onChange: what => this.#onConversationChange(id, what),
                onGone: () => this.#onGone(id),
            }));
        return this.#conversations.get(id);
    }

    /** After `stopped`, when the user has signed in; or now, where it waits to try again. */
    reconnect() {
        if (this.reason !== 'user')
            this.#socket.connect();
        if (!this.isListed || this.problem)
            this.list();
    }

    // ---- What the socket tells -----------------------------------------------------------------

    #listen() {
        const on = (type, listener) => this.#socket.addEventListener(type, ({ detail }) => listener(detail));

        on('state', detail => this.#onState(detail));
        on('conversation', ({ conversation }) => this.#onConversation(conversation));
        on('message', detail => this.#onMessage(detail));
        on('read', detail => this.#onRead(detail));
        on('message_deleted', detail => this.#onDeleted(detail));
        on('message_changed', detail => this.#onChanged(detail));
        on('typing', frame => this.#conversations.get(frame.conversation_id)?.onTyping(frame));
        on('unread', counts => this.#onCounts(counts));
        on('notification', detail => this.#emit('notification', detail));
        on('gone', ({ conversation_id: id }) => this.#onGone(id));
        on('lost', ({ conversation_id: id }) => this.#onLost(id));
        on('reset', () => {
            this.#refuseUploads('restored', 'The chat was set back to an earlier state.');
            this.#onReset();
        });
        on('error', ({ problem }) => this.#emit('problem', { problem }));
    }

    #onState({ state, reason }) {
        this.reason = reason;
        if (state === 'stopped' && reason === 'login')
            this.#drafts.leave();
        if (this.#isConnected) {
            this.#wasConnected = true;
            this.#uploads?.onOnline();
        }
        if (state === 'stopped' && reason === 'user')
            this.#refuseUploads('user', 'Somebody else has logged in.');
        if (state === 'online')
            this.#sendUnsent();
        else if (state === 'polling')
            for (const id of this.#drafts.unsentIds)
                this.conversation(id).leaveToHand();
        if ((state === 'online' || state === 'polling') && this.problem)
            this.list();
        this.#emit('state', { state, reason });
    }

    /* It is known now whose it is. Files are in no storage: they are in the conversations that are there. */
    #sendUnsent() {
        if (this.#drafts.setOwner(this.#socket.userId)) {
            for (const id of new Set([...this.#drafts.unsentIds, ...this.#conversations.keys()]))
                this.conversation(id).resend();
            return;
        }
        for (const conversation of this.#conversations.values())
            conversation.forgetPending();
    }

    #onConversation(conversation) {
        if (this.#keep(conversation))
            this.#emit('list', {});
    }

    #onMessage({ message, conversation }) {
        const { conversation_id: id } = message;

        this.#conversations.get(id)?.receive(message); // it may be read at once
        const before = this.summary(id);
        const after = conversation ?? (before && withMessage(before, message, this.userId));

        if (after && this.#keep(after))
            this.#emit('list', {});
        this.#emit('message', { message, conversation: after });
    }

    #onDeleted(detail) {
        this.#conversations.get(detail.conversation_id)?.remove(detail.message_ids);
        this.#emit('message_deleted', detail);
    }

    #onChanged(detail) {
        this.#conversations.get(detail.message.conversation_id)?.replace(detail.message);
        this.#emit('message_changed', detail);
    }

    #onRead({ conversation_id: id, up_to: upTo, read_at: readAt, by_me: byMe, unread_count: unread, version }) {
        const one = this.summary(id);

        this.#conversations.get(id)?.onRead(upTo, readAt, byMe);
        if (!one)
            return;
        if (version !== undefined)
            this.#onConversation({ ...one, unread_count: unread, version });
        else if (byMe && one.unread_count > 0 && upTo >= (one.last_message_id ?? 0))
            this.#onReadSeen(one);
        else if (byMe && one.unread_count > 0)
            this.#refresh(id);
    }

    /* Its messages were fetched, and have been read since: what lists say of before is old. */
    #onReadSeen(one) {
        this.#changeLater(one, { unread_count: 0 });
        this.#emit('list', {});
    }

    #onLost(id) {
        if (id === null) {
            this.list();
            for (const conversation of this.#conversations.values())
                if (conversation.isLoaded)
                    conversation.load();
        } else {
            this.#conversations.get(id)?.load();
        }
    }

    #onGone(id) {
        if (this.#summaries.delete(id)) {
            this.#sorted = null;
            this.#emit('list', {});
        }
        this.#conversations.get(id)?.clear();
        this.#emit('gone', { conversation_id: id });
    }

    /* Numbers and times may be given to others now. */
    #onReset() {
        this.#resets++;
        this.#listing = null;
        this.#summaries.clear();
        this.#counts.reset();
        this.#sorted = this.#next = null;
        this.isListed = false;
        for (const conversation of this.#conversations.values())
            conversation.reset();
        this.#emit('reset', {});
        this.list();
    }

    // ---- The list and its counts ---------------------------------------------------------------

    /* False: what is known is newer. Names have no version: of the same version, what came last is taken. */
    #keep(conversation) {
        const { id, version = Infinity } = conversation;

        if (version < (this.summary(id)?.version ?? 0))
            return false;
        const isRead = this.#conversations.get(id)?.hasRead(conversation.last_message_id);

        this.#set(isRead ? { ...conversation, unread_count: 0 } : conversation);
        return true;
    }

    #set(conversation) {
        const { id, unread_count: unread } = conversation;

        if (unread === 0 && this.summary(id)?.unread_count > 0)
            closeShown(id).catch(() => {}); // no page depends on it
        this.#summaries.set(id, conversation);
        this.#sorted = null;
    }

    /* The server has done so after what is known of it, and has counted that. */
    #changeLater(conversation, members) {
        this.#set({ ...conversation, version: (conversation.version ?? 0) + 1, ...members });
    }

    #onCounts(counts) {
        const { generation } = this.#counts;

        if (this.#counts.receive(counts))
            this.#emit('unread', {});
        if (generation !== null && generation !== this.#counts.generation)
            this.#onReset(); // their role has changed, or what they saw was deleted
    }

    async #refresh(id) {
        try {
            const { conversation } = await this.#rest.get(`conversations/${id}/`);

            this.#onConversation(conversation);
        } catch {
            // The next list tells it.
        }
    }

    #onConversationChange(id, what) {
        const one = this.summary(id);

        if (what === 'read' && one?.unread_count > 0) {
            this.#set({ ...one, unread_count: 0 }); // the server will say so
            this.#emit('list', {});
        }
        this.#emit('conversation', { conversation_id: id, what });
    }

    /* Who comes back to the page may have signed in, or out, elsewhere meanwhile. */
    #comeBack() {
        if (this.#window.document.visibilityState !== 'visible')
            return;
        if (this.state === 'stopped')
            this.reconnect();
        else
            this.#rest.get('conversations/unread/').then(counts => this.#onCounts(counts), () => {}); // a 401 ends the session
    }

    #emit(type, detail) {
        this.dispatchEvent(new ChatEvent(type, detail));
    }
}

/** What the user is in a conversation: member or staff. */
export function roleIn(conversation) {
    return conversation.is_church_owner ? 'staff' : 'member';
}

/* A conversation after a message that came without it, which has made its version higher. */
function withMessage(conversation, message, userId) {
    const isNews = message.id > (conversation.last_message_id ?? 0);

    if (!isNews)
        return conversation;
    return {
        ...conversation,
        last_message: excerpt(textOf(message), LAST_MESSAGE_MAX),
        last_message_id: message.id,
        last_message_from: isOfOwnSide(message) === Boolean(conversation.is_church_owner) ? 'staff' : 'member',
        last_message_staff_id: message.is_sent_by_user ? userId : null,
        last_message_staff_name: message.staff_name ?? null,
        last_message_time: message.created_at,
        updated_at: message.created_at > conversation.updated_at ? message.created_at : conversation.updated_at,
        unread_count: conversation.unread_count + (isOfOwnSide(message) ? 0 : 1),
        version: (conversation.version ?? 0) + 1,
    };
}

/* At random, also on pages without TLS, where there is no randomUUID. */
function newClientId() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');
}
