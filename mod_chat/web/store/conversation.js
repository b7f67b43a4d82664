/**
 * @file conversation.js
 * One conversation as a page knows it: its messages, those on their way, who types, what was seen.
 *
 * `messages` are in order of `seq`, each once by whichever way and however often they come, and without a
 * gap that could be filled: a page of the newest that does not reach what was there replaces it. A message
 * on its way (`pending`) has a client_id; what the server stored under it takes its place, also when the
 * answer was lost and it comes as an event, or is found in a page loaded later.
 *
 * What is written arrives in that order, also where files are among it, which go another way than texts: a text waits for
 * the files before it until they have arrived, or are not sent after all, and a file for all that is before it.
 *
 * Read by views: `messages`, `pending` ({clientId, content, at, isFailed, problem, attachment: null, upload}; `upload`:
 * the file that it is sent with, as thread/files.js makes it and net/uploads.js sends it, or null), `typers` ({user_id,
 * display_name}), `isLoaded`, `isLoading`, `hasOlder`, `problem` (of loading, null: none). What changed is told
 * to `deps.onChange(what)`: messages, pending, typing, loading.
 * Known limit: what was loaded stays while the page lives. Files that were not sent are lost with the page.
 */
import { isOfOwnSide } from '../net/message.js';
import { ChatProblem } from '../net/problem.js';

const PAGE = 50;
const PAGE_MAX = 200;
const CONNECTION_CODES = new Set(['network', 'timeout', 'login', 'stopped', 'interrupted']); // nobody has said no to the message
const BEFORE_UNREAD = 10; // read messages shown above the unread ones
const DELETED_MAX = 1000;

export class Conversation {
    messages = [];
    pending = [];
    typers = [];
    isLoaded = false;
    isLoading = false;
    hasOlder = false;
    problem = null;
    #deps;
    #ids = new Set(); // of the messages
    #deleted = new Set(); // ids of messages that may still be on their way here; the last ones
    #run = 0; // what was asked for in an older one is void
    #seenUpTo = 0; // messages of our side up to this id were read by the other
    #readUpTo = 0; // we have told this

    /** `deps`: {rest, socket, drafts, newClientId(), uploads(), onChange(what), onGone()}; uploads(): net/uploads.js, once there is
     * something to send; the last: it cannot be seen any more. */
    constructor(id, deps) {
        this.id = id;
        this.#deps = deps;
        this.pending = deps.drafts.unsent(id).map(one => ({ ...newPending(one), isWaiting: true }));
    }

    get newest() {
        return this.messages.at(-1) ?? null;
    }

    has(id) {
        return this.#ids.has(id);
    }

    /** The newest page, with the `unread` messages in it if one page holds them; from then on, new messages are reported.
     * Never rejected: see `problem`. */
    async load(unread = 0) {
        const limit = Math.min(PAGE_MAX, Math.max(PAGE, unread + BEFORE_UNREAD));

        await this.#fetch(`limit=${limit}`, page => {
            const isJoined = this.#ids.has(page.messages[0]?.id) || !page.has_more ||
                this.messages.length === 0 || page.messages[0].seq <= this.newest.seq + 1;

            if (!isJoined) {
                this.messages = [];
                this.#ids.clear();
            }
            if (this.messages.length === 0 || page.messages[0]?.id <= this.messages[0].id)
                this.hasOlder = page.has_more;
            this.isLoaded = true;
            this.#add(page.messages);
            this.watch();
        });
    }

    /** The page before the first. */
    async older() {
        const [first] = this.messages;

        if (!first || !this.hasOlder)
            return;
        await this.#fetch(`limit=${PAGE}&before=${first.id}`, page => {
            this.hasOlder = page.has_more;
            this.#add(page.messages);
        });
    }

    /** Messages in order that were loaded by themselves (message_window.js) become part of these; `hasOlder`: there are some
     * before them. False: something may lie between them and these. */
    absorb(messages, hasOlder) {
        const [first] = this.messages;

        if (!this.isLoaded || !first || messages.length === 0 || messages.at(-1).seq < first.seq - 1 || messages[0].seq > this.newest.seq + 1)
            return false;
        if (messages[0].seq < first.seq)
            this.hasOlder = hasOlder;
        this.#add(messages);
        return true;
    }

    /** What was loaded is void; what is on its way stays. Loaded anew, if it was. */
    reset() {
        const wasLoaded = this.isLoaded;

        this.messages = [];
        this.typers = [];
        this.#ids.clear();
        this.#seenUpTo = this.#readUpTo = 0;
        this.isLoaded = this.isLoading = this.hasOlder = false;
        this.#run++;
        this.#deps.onChange('messages');
        if (wasLoaded)
            this.load();
    }

    /** It cannot be seen any more: nothing of what was said stays, but what is on its way. */
    clear() {
        this.messages = [];
        this.typers = [];
        this.#ids.clear();
        this.isLoaded = this.isLoading = this.hasOlder = false;
        this.#run++;
        this.#deps.onChange('messages');
    }

    /** It is shown: receipts that were missed are looked for. */
    watch() {
        this.#deps.socket.watch(this.id, this.isLoaded ? this.newest : undefined);
    }

    unwatch() {
        this.#deps.socket.unwatch(this.id);
        this.#deps.socket.typing(this.id, false);
    }

    /** A message that came as an event or as an answer. */
    receive(message) {
        if (this.isLoaded)
            this.#add([message]);
        else
            this.#settle(message);
    }

    /** Messages with these ids were deleted; null: many were, and what there is is loaded anew. */
    remove(ids) {
        if (ids === null) {
            this.reset();
            return;
        }
        for (const id of ids) {
            this.#deleted.add(id);
            this.#ids.delete(id);
        }
        for (const id of [...this.#deleted].slice(0, -DELETED_MAX))
            this.#deleted.delete(id);
        this.messages = this.messages.filter(({ id }) => !this.#deleted.has(id));
        this.#deps.onChange('messages');
    }

    /** A message is another one than it was. */
    replace(message) {
        this.messages = this.messages.map(one => one.id === message.id ? message : one);
        this.#deps.onChange('messages');
    }

    /** Either side has read up to this message. */
    onRead(upTo, readAt, byMe) {
        if (byMe) {
            this.#readUpTo = Math.max(this.#readUpTo, upTo);
            return;
        }
        this.#seenUpTo = Math.max(this.#seenUpTo, upTo);
        let hasChanged = false;

        for (const message of this.messages)
            if (message.id <= upTo && !message.is_read && isOfOwnSide(message)) {
                Object.assign(message, { is_read: true, read_at: readAt });
                hasChanged = true;
            }
        if (hasChanged)
            this.#deps.onChange('messages');
    }

    onTyping({ is_typing: isTyping, typer }) {
        const others = this.typers.filter(one => one.user_id !== typer?.user_id);

        this.typers = isTyping && typer ? [...others, typer] : others;
        this.#deps.onChange('typing');
    }

    /** Write: shown at once. */
    send(content) {
        const one = { clientId: this.#deps.newClientId(), content, at: new Date().toISOString() };

        this.#deps.drafts.addUnsent({ id: this.id, ...one });
        this.pending.push(newPending(one));
        this.#deps.onChange('pending');
        return this.#sendInTurn(one.clientId);
    }

    /** Send a file, and `content` with it, which may be empty: shown at once. */
    sendFile(upload, content) {
        const one = { clientId: this.#deps.newClientId(), content, at: new Date().toISOString(), upload };

        this.pending.push(newPending(one));
        this.#deps.onChange('pending');
        return this.#sendInTurn(one.clientId);
    }

    /** Once more what was refused or had no answer. */
    retry(clientId) {
        const one = this.#pendingOf(clientId);

        if (!one?.isFailed)
            return null;
        Object.assign(one, { isFailed: false, problem: null });
        this.#deps.onChange('pending');
        return this.#sendInTurn(clientId);
    }

    /** There is a connection: what is left of before the page was loaded, or was given up for want of one, goes out. */
    resend() {
        const left = this.pending.filter(one => one.isWaiting || (one.isFailed && CONNECTION_CODES.has(one.problem.code)));

        for (const one of left)
            Object.assign(one, { isFailed: false, isWaiting: false, problem: null });
        if (left.length > 0)
            this.#deps.onChange('pending');
        for (const { clientId } of left)
            this.#sendInTurn(clientId);
    }

    /** Nobody tells whose it is that was left: its writer sends it. */
    leaveToHand() {
        const problem = new ChatProblem('interrupted', 'The page was closed.');

        for (const one of this.pending)
            if (one.isWaiting)
                Object.assign(one, { isFailed: true, isWaiting: false, problem });
        this.#deps.onChange('pending');
    }

    /** Do not send it any more. */
    drop(clientId) {
        this.#withdraw(this.#pendingOf(clientId));
        this.#take(clientId);
    }

    /** The reader has seen everything that is there. */
    read() {
        const newest = this.messages.findLast(message => !isOfOwnSide(message));

        if (!newest || newest.is_read || newest.id <= this.#readUpTo)
            return;
        this.#readUpTo = newest.id;
        this.#deps.socket.read(this.id, newest.id);
        this.#deps.onChange('read');
    }

    /** Whether nothing up to this message, the newest of a list, is unread any more. */
    hasRead(lastMessageId) {
        const newest = this.messages.findLast(message => !isOfOwnSide(message));

        return newest !== undefined && newest.id <= this.#readUpTo && lastMessageId <= this.newest.id;
    }

    /** At each key; false: the text is empty again. */
    typing(isTyping) {
        this.#deps.socket.typing(this.id, isTyping);
    }

    /** What waits was written by somebody else. */
    forgetPending() {
        for (const one of this.pending) {
            this.#withdraw(one);
            one.upload?.release();
        }
        this.pending = [];
        this.#deps.onChange('pending');
    }

    async #fetch(query, use) {
        if (this.isLoading)
            return;
        const run = this.#run;

        this.isLoading = true;
        this.problem = null;
        this.#deps.onChange('loading');
        try {
            const page = await this.#deps.rest.get(`conversations/${this.id}/messages/?${query}`);

            if (run !== this.#run)
                return;
            use(page);
        } catch (problem) {
            if (run !== this.#run)
                return;
            this.problem = problem;
        }
        this.isLoading = false;
        this.#deps.onChange('loading');
        if (this.problem?.status === 404)
            this.#deps.onGone();
    }

    /* A promise of the problem, or of null. */
    #sendInTurn(clientId) {
        return new Promise(resolve => {
            this.#pendingOf(clientId).begin = () => resolve(this.#send(clientId));
            this.#advance();
        });
    }

    /* What has its turn now. */
    #advance() {
        const due = this.pending.filter(one => !one.isFailed && !one.isWaiting);
        const firstFile = due.findIndex(({ upload }) => upload !== null);

        for (const [i, one] of due.entries())
            if (one.begin && (firstFile < 0 || i < firstFile || i === 0)) {
                const { begin } = one;

                one.begin = null;
                begin();
            }
    }

    async #send(clientId) {
        const { content, upload } = this.#pendingOf(clientId);
        const { socket, uploads } = this.#deps;

        try {
            this.receive(await (upload ? uploads().send(this.id, content, clientId, upload) : socket.send(this.id, content, { clientId })));
        } catch (problem) {
            const one = this.#pendingOf(clientId);

            if (!one)
                return null; // it has come by another way, or is not wanted any more
            Object.assign(one, { isFailed: true, problem });
            this.#deps.onChange('pending');
            this.#advance();
            if (problem.status === 404)
                this.load(); // which tells whether it can be seen
            return problem;
        }
        return null;
    }

    #pendingOf(clientId) {
        return this.pending.find(one => one.clientId === clientId);
    }

    #add(messages) {
        let hasChanged = false;

        for (const message of messages) {
            this.#settle(message);
            if (this.#ids.has(message.id) || this.#deleted.has(message.id))
                continue;
            if (message.id <= this.#seenUpTo && isOfOwnSide(message))
                message.is_read = true;
            this.#ids.add(message.id);
            this.messages.push(message);
            hasChanged = true;
        }
        if (!hasChanged)
            return;
        this.messages.sort((a, b) => a.seq - b.seq);
        this.#deps.onChange('messages');
    }

    /* What is stored is not on its way any more; and who has written does not type. */
    #settle(message) {
        const one = message.client_id && message.is_sent_by_user && this.#pendingOf(message.client_id);

        if (!one)
            return;
        if (one.upload)
            this.#deps.uploads().settle(one.clientId);
        this.#take(message.client_id);
    }

    #withdraw(one) {
        if (one?.upload)
            this.#deps.uploads().withdraw(one.clientId);
        else if (one)
            this.#deps.socket.withdraw(one.clientId);
    }

    /* It is not on its way any more, and those that waited for it go on. */
    #take(clientId) {
        const one = this.#pendingOf(clientId);

        this.#deps.drafts.dropUnsent(clientId);
        this.pending = this.pending.filter(other => other !== one);
        one?.upload?.release();
        this.#deps.onChange('pending');
        this.#advance();
    }
}

function newPending({ clientId, content, at, upload = null }) {
    return { clientId, content, at, upload, attachment: null, isFailed: false, isWaiting: false, problem: null, begin: null };
}
