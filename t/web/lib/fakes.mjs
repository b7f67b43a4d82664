// A clock that a test turns, and a chat server in memory whose sockets a test can break: frames late,
// twice, out of order or not at all, and connections that end in every way. And what a store has instead of them.
import { ChatEvent } from '../../../mod_chat/web/net/socket.js';

/** Timers fire when tick() comes by. */
export class FakeClock {
    #now = 1000;
    #count = 0;
    timers = new Map(); // id -> {due, run}

    now = () => this.#now;

    setTimeout = (run, ms) => {
        this.timers.set(++this.#count, { due: this.#now + Math.max(0, ms), run });
        return this.#count;
    };

    clearTimeout = id => this.timers.delete(id);

    /** Let time pass, and all that follows from it happen. */
    async tick(ms = 0) {
        const end = this.#now + ms;

        await settle();
        for (;;) {
            const [next] = [...this.timers].sort(([a, x], [b, y]) => x.due - y.due || a - b);

            if (!next || next[1].due > end)
                break;
            this.timers.delete(next[0]);
            this.#now = Math.max(this.#now, next[1].due);
            next[1].run();
            await settle();
        }
        this.#now = end;
        await settle();
    }
}

/** All promises that can go on have done so. */
export async function settle() {
    for (let i = 0; i < 8; i++)
        await new Promise(resolve => setImmediate(resolve));
}

/** Numbers that look random and are the same each time. */
export function seeded(seed) {
    return () => {
        seed = seed + 0x6d2b79f5 | 0;
        let t = Math.imul(seed ^ seed >>> 15, 1 | seed);

        t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
        return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
    };
}

/** What a ChatStore takes for its ChatSocket: it keeps what it is asked for, and tells what the test wants. */
export class FakeChatSocket extends EventTarget {
    state = 'online';
    userId = 7;
    sent = []; // {id, content, clientId, resolve, reject}
    reads = [];

    connect() {}
    close() {}
    watch() {}
    unwatch() {}
    beginWith() {}
    withdraw() {}
    typing() {}

    read(id, upTo) {
        this.reads.push([id, upTo]);
    }

    send(id, content, { clientId }) {
        return new Promise((resolve, reject) => this.sent.push({ id, content, clientId, resolve, reject }));
    }

    tell(type, detail) {
        this.dispatchEvent(new ChatEvent(type, detail));
    }

    become(state, reason = null) {
        this.state = state;
        this.tell('state', { state, reason });
    }
}

/** As much of a Storage as a store needs, and for a page that has one already, the same `items`. */
export function fakeStorage(items = new Map()) {
    return { getItem: key => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
}

export class FakeWindow extends EventTarget {
    location = { href: 'https://chat.example/page?x=1' };
    navigator = { onLine: true };
    document = Object.assign(new EventTarget(), { visibilityState: 'visible', cookie: 'a=b; chat_csrf=t1' });

    goOffline() {
        this.navigator.onLine = false;
        this.dispatchEvent(new Event('offline'));
    }

    goOnline() {
        this.navigator.onLine = true;
        this.dispatchEvent(new Event('online'));
    }

    show(state) {
        this.document.visibilityState = state;
        this.document.dispatchEvent(new Event('visibilitychange'));
    }
}

/** What `new WebSocket` gives. */
export class FakeSocket {
    readyState = 0;
    bufferedAmount = 0;
    said = []; // by the client, in order
    isDead = false; // nothing goes through, and nobody is told

    constructor(server, url, protocols) {
        Object.assign(this, { server, url, protocols });
    }

    send(text) {
        if (this.readyState === 0)
            throw new Error('InvalidStateError');
        if (this.readyState !== 1 || this.isDead)
            return;
        const frame = JSON.parse(text);

        this.said.push(frame);
        setImmediate(() => this.readyState === 1 && this.server.handle(this, frame));
    }

    close(code = 1000) {
        this.closedWith ??= code;
        this.readyState = 3;
    }

    // What the server does.
    open() {
        this.readyState = 1;
        this.onopen?.({});
    }

    hear(frame) {
        if (this.readyState === 1 && !this.isDead)
            this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) });
    }

    end(code = 1006) {
        if (this.readyState === 3)
            return;
        this.readyState = 3;
        this.onclose?.({ code, wasClean: code !== 1006 });
    }

    saidOf(type) {
        return this.said.filter(frame => frame.type === type);
    }
}

/** One user's view of a server of the contract. Test code may replace any of its methods. */
export class FakeServer {
    sockets = [];
    requests = []; // {method, path, json, headers}
    conversations = new Map(); // id -> {id, messages, updated, created}
    userId = 7;
    isUp = true;
    sockets_are_let_through = true;
    status = 200; // of each REST answer
    heartbeat = 30;
    epoch = 'e1'; // of the database
    says_hello = true;
    #messageId = 100;

    constructor(clock) {
        this.clock = clock;
        const server = this;

        this.WebSocket = class extends FakeSocket {
            constructor(url, protocols) {
                super(server, url, protocols);
                server.sockets.push(this);
                setImmediate(() => server.shake(this));
            }
        };
        this.fetch = (url, request) => this.#fetch(url, request);
    }

    get userTag() {
        return `tag${this.userId}`;
    }

    get socket() {
        return this.sockets.at(-1);
    }

    get open() {
        return this.sockets.filter(one => one.readyState === 1);
    }

    shake(socket) {
        if (socket.readyState === 3)
            return;
        if (!this.isUp || !this.sockets_are_let_through) {
            socket.end(1006);
            return;
        }
        socket.open();
        if (this.says_hello)
            socket.hear({ type: 'hello', user_id: this.userId, user_tag: this.userTag, heartbeat: this.heartbeat, epoch: this.epoch });
    }

    time() {
        return new Date(Date.UTC(2025, 0, 1) + this.clock.now()).toISOString().replace('Z', '000Z');
    }

    addConversation(id, count = 0, { isStaff = false } = {}) {
        const one = { id, isStaff, messages: [], created: this.time(), updated: this.time(), unread: 0, version: 1 };

        this.conversations.set(id, one);
        for (let i = 0; i < count; i++)
            this.post(id, `${id}/${i + 1}`, { isQuiet: true });
        return one;
    }

    json(one) {
        const last = one.messages.at(-1);

        return {
            id: one.id,
            church_name: `Church ${one.id}`,
            last_message: last ? last.content || last.attachment.name : null,
            last_message_id: last?.id ?? null,
            unread_count: one.unread,
            is_church_owner: one.isStaff,
            created_at: one.created,
            updated_at: one.updated,
            version: one.version,
        };
    }

    /** Of the user, whose versions grow with those of all conversations. */
    counts() {
        const all = [...this.conversations.values()];

        return {
            ...countOf(all),
            as_member: countOf(all.filter(one => !one.isStaff)),
            version: all.reduce((sum, one) => sum + one.version, 0),
        };
    }

    notification(one) {
        return { type: 'notification', notification: { id: one.id, count: one.unread }, unread_count: 1, ...this.counts() };
    }

    /** The user has read all of it, here or elsewhere. */
    read(id) {
        const one = this.conversations.get(id);
        const { id: upTo } = one.messages.at(-1);

        one.unread = 0;
        one.version++;
        for (const socket of this.open) {
            socket.hear({ type: 'read', conversation_id: id, up_to: upTo, read_at: this.time(), by_me: true, unread_count: 0, version: one.version });
            socket.hear(this.notification(one));
        }
    }

    /** Committed; told to all sockets unless isQuiet. */
    post(id, content, { clientId = null, isQuiet = false, byUser = false, attachment = null } = {}) {
        const one = this.conversations.get(id);
        const before = clientId && one.messages.find(message => message.client_id === clientId);

        if (before)
            return before;
        const message = {
            id: ++this.#messageId,
            conversation_id: id,
            seq: (one.messages.at(-1)?.seq ?? one.lastSeq ?? 0) + 1,
            content,
            created_at: this.time(),
            is_sent_by_user: byUser,
            is_read: false,
            read_at: null,
            client_id: clientId,
            attachment,
        };

        one.messages.push(message);
        one.updated = this.time();
        one.version++;
        one.unread += byUser ? 0 : 1;
        if (!isQuiet)
            this.tellAll(message);
        return message;
    }

    frame(message) {
        return { type: 'message', message, conversation: this.json(this.conversations.get(message.conversation_id)) };
    }

    tellAll(message) {
        const one = this.conversations.get(message.conversation_id);

        for (const socket of this.open) {
            socket.hear(this.frame(message));
            if (!message.is_sent_by_user)
                socket.hear(this.notification(one));
        }
    }

    /** A frame from a client. */
    handle(socket, frame) {
        this[`on_${frame.type}`]?.(socket, frame);
    }

    on_send(socket, { ref, conversation_id: id, content, client_id: clientId }) {
        if (!this.conversations.has(id)) {
            socket.hear({ type: 'error', status: 404, code: 'not_found', detail: 'No.', ref });
            return;
        }
        const message = this.post(id, content, { clientId, byUser: true });

        socket.hear({ type: 'ack', ref, message });
    }

    on_resume(socket, { ref, conversations, sync }) {
        if (Object.entries(conversations).some(([id, seq]) => seq > (this.lastSeqOf(Number(id)) ?? Infinity))) {
            socket.hear({ type: 'resync', ref, epoch: this.epoch });
            return;
        }
        for (const [id, seq] of Object.entries(conversations))
            for (const message of this.conversations.get(Number(id))?.messages ?? [])
                if (message.seq > seq)
                    socket.hear(this.frame(message));
        socket.hear({ type: 'resumed', ref, ...sync && this.news(sync) });
    }

    /** What a resume says of the list with this sync. */
    news(sync) {
        return { has_changed: this.list({ updated_since: sync }).conversations.length > 0, ...this.counts() };
    }

    lastSeqOf(id) {
        const one = this.conversations.get(id);

        return one && (one.messages.at(-1)?.seq ?? one.lastSeq ?? 0);
    }

    /** As a backup of before these messages: the last `count` of a conversation are not there any more. */
    setBack(id, count, epoch = this.epoch) {
        const one = this.conversations.get(id);

        one.messages.splice(-count);
        one.lastSeq = one.messages.at(-1)?.seq ?? 0;
        this.#messageId -= count;
        this.epoch = epoch;
    }

    async #fetch(url, { method = 'GET', headers = {}, body, signal, redirect } = {}) {
        const { pathname, searchParams } = new URL(url, 'https://chat.example');
        const request = {
            method,
            path: pathname.replace(/^\/api\//, ''),
            query: Object.fromEntries(searchParams),
            headers,
            redirect,
            json: body === undefined ? undefined : JSON.parse(body),
        };

        this.requests.push(request);
        await new Promise(resolve => setImmediate(resolve));
        if (signal?.aborted)
            throw new Error('AbortError');
        if (!this.isUp)
            throw new TypeError('Failed to fetch');
        const aborted = new Promise((_, reject) =>
            signal?.addEventListener('abort', () => reject(new Error('AbortError'))));

        return this.#named(await Promise.race([this.#checked(request), aborted]));
    }

    /* What was written by another user than the one who is logged in is refused. */
    #checked(request) {
        const { 'X-Chat-User': tag = this.userTag } = request.headers;

        return tag === this.userTag
            ? this.answer(request) : reply(403, { status: 403, code: 'other_user', detail: 'Somebody else.' });
    }

    #named(answer) {
        const { headers } = answer;
        const tag = this.userTag;

        return { ...answer, headers: { get: name => name === 'X-Chat-User' ? tag : headers.get(name) } };
    }

    /** The answer to a request, as fetch gives it. */
    async answer(request) {
        if (this.status !== 200)
            return reply(this.status, { status: this.status, code: `code_${this.status}`, detail: 'Refused.' });
        const [, id, what] = /^conversations\/(?:(\d+)\/)?(\w*)/.exec(request.path);

        if (request.path === 'conversations/unread/')
            return reply(200, { unread_count: this.counts().unread_messages, ...this.counts(), epoch: this.epoch });
        if (!id)
            return reply(200, this.list(request.query));
        const one = this.conversations.get(Number(id));

        if (!one)
            return reply(404, { status: 404, code: 'not_found', detail: 'No.' });
        if (what === 'messages' && request.method === 'POST')
            return reply(201, this.#postMessage(one.id, request.json));
        if (what === 'messages')
            return reply(200, page(one.messages, request.query));
        if (what === 'typing-status' || what === 'typing')
            return reply(200, request.path.endsWith('status/') ? { is_typing: false, typers: [] } : { success: true });
        return reply(200, { success: true });
    }

    #postMessage(id, { content, client_id: clientId }) {
        return { message: this.post(id, content, { clientId, byUser: true }) };
    }

    list({ limit = 100, updated_since: since = '', cursor = 0 }) {
        const [, epoch, moment] = /^s1\.(\w+)\.(\d+)$/.exec(since) ?? [];
        const from = epoch ? (epoch === this.epoch ? Number(moment) : 0) : since ? Date.parse(since) : 0;
        const all = [...this.conversations.values()]
            .filter(one => Date.parse(one.updated) >= from)
            .sort((a, b) => b.updated.localeCompare(a.updated) || b.id - a.id).slice(Number(cursor));
        const end = Number(cursor) + Number(limit);
        const next = all.length > limit
            ? `/api/conversations/?limit=${limit}&updated_since=${since}&cursor=${end}` : null;

        const sync = cursor ? null : `s1.${this.epoch}.${Date.parse(this.time())}`;

        return { conversations: all.slice(0, limit).map(one => this.json(one)), unread_count: this.counts().unread_messages,
            ...this.counts(), next, sync, epoch: this.epoch };
    }

    requestsOf(method, path) {
        return this.requests.filter(one => one.method === method && one.path === path);
    }
}

function countOf(conversations) {
    return {
        unread_messages: conversations.reduce((sum, one) => sum + one.unread, 0),
        unread_conversations: conversations.filter(one => one.unread > 0).length,
    };
}

function page(messages, { limit = 50, after, before }) {
    const found = messages.filter(m => after === undefined ? m.id < Number(before ?? Infinity) : m.id > Number(after));
    const part = after === undefined ? found.slice(-limit) : found.slice(0, limit);

    return { messages: part.map(m => ({ ...m })), has_more: found.length > part.length };
}

export function reply(status, json, headers = {}) {
    return {
        ok: status < 300,
        status,
        type: 'basic',
        headers: { get: name => ({ Date: 'Wed, 01 Jan 2025 00:00:00 GMT', ...headers })[name] ?? null },
        text: async () => typeof json === 'string' ? json : JSON.stringify(json),
    };
}
