/**
 * @file chat_socket.js
 * The live side of the chat for a page: the reference client of API.md, section WebSocket.
 *
 *     const chat = new ChatSocket('/api');
 *     chat.addEventListener('message', ({ detail: { message } }) => show(message));
 *     chat.connect();
 *     await chat.send(conversationId, 'Good morning!');
 *
 * Whatever happens to connections and servers, each message of each conversation is told once and in the
 * order of `seq` (chat_order.js): missed ones are resumed after `hello`, at `resync` and when a number is
 * missing, and those of conversations of which none was heard yet are fetched (chat_catchup.js). What the
 * first list shows counts as known. What is sent stays until the server has said what became of it
 * (chat_outbox.js). Receipts and typing are told as they come; `typing` ends by itself (chat_typing.js).
 *
 * Events, each with a `detail`:
 *   state         {state, reason}: idle, connecting, online, polling, waiting, offline, stopped, closed
 *   message       {message, conversation}; the conversation may be null
 *   conversation  {conversation}: new or changed; at the beginning, each of the first list
 *   read          {conversation_id, up_to, read_at, by_me}; may be told twice
 *   typing        {conversation_id, is_typing, typer}
 *   notification  what the server sent
 *   unread        {unread_count}: over all conversations, with each list
 *   caughtup      {}: nothing is missing any more
 *   lost          {conversation_id}: too much was missed; load this conversation (null: the list) anew
 *   error         {problem}: something without a promise was refused
 *
 * When a socket ends: 1001 and 1012 (the server restarts): again within a second, at random, so that
 * thousands do not come together. 1008, a missing login, another user than before: `stopped`, until
 * connect(); for another user a page makes a new ChatSocket. Else after 1 to 60 s at random
 * (chat_timers.js), within a second when the network or the reader comes back. After REFUSALS_MAX handshakes
 * in a row that failed, REST is asked: where it answers, something between lets no sockets through, and
 * it goes on without (`polling`, chat_polling.js, the same events) while sockets are tried further.
 *
 * Dead connections: browsers answer the server's pings without telling. So after two heartbeats of
 * silence an empty resume asks; and where something is owed (ack, resumed) and nothing at all is heard for
 * ANSWER_MS, the connection is dead. A page that is hidden stays connected; its timers may come a
 * minute late.
 *
 * Bounded: timers have names and there is one of each; each queue says its own limit.
 * Known limit: receipts that came while nothing was heard are told of watched conversations only.
 */
import { ChatCatchUp } from './chat_catchup.js';
import { ChatOrder } from './chat_order.js';
import { ChatOutbox } from './chat_outbox.js';
import { ChatPolling } from './chat_polling.js';
import { ChatProblem } from './chat_problem.js';
import { ChatReceipts, receiptJson } from './chat_receipts.js';
import { ChatRest } from './chat_rest.js';
import { BACKOFF_MAX_MS, ChatTimers, backoff } from './chat_timers.js';
import { ChatTyping } from './chat_typing.js';

const HELLO_MS = 15000; // for the handshake and hello
const STABLE_MS = 5000; // a connection that lived so long was a good one
const JITTER_MS = 1000;
const RESTARTS_MAX = 3; // at once in a row
const REFUSALS_MAX = 3; // before we look whether REST answers
const ANSWER_MS = 10000;
const HEARTBEAT_S = 30; // unless hello says otherwise
const RESUME_MS = 120000;
const RESUME_MAX = 100; // conversations in a frame
const RESUME_TRIES_MAX = 5;
const RESYNC_MS = 2000; // all get resync at once, and come back within this time
const SEND_MS = 60000;
const CONTENT_BYTES_MAX = 65536 - 512; // ChatWebSocketMaxFrame, and room for the other members

const SYSTEM_CLOCK = {
    now: () => performance.now(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: timer => clearTimeout(timer),
};

/** Event with a detail (CustomEvent, which not every Node.js has). */
export class ChatEvent extends Event {
    constructor(type, detail) {
        super(type);
        this.detail = detail;
    }
}

export class ChatSocket extends EventTarget {
    // What it was given.
    #url;
    #window;
    #clock;
    #random;
    #WebSocket;

    // Its parts.
    #rest;
    #order;
    #outbox;
    #typing;
    #catcher;
    #receipts = new ChatReceipts();
    #polling;
    #timers;

    // The connection.
    #phase = 'idle'; // as the state, but for polling
    #told = 'idle'; // the state that was told last
    #ws = null;
    #helloAt = null; // null: not online
    #heardAt = 0;
    #heartbeat_ms = HEARTBEAT_S * 1000;
    #userId = null;
    #failures = 0; // ends in a row without a good connection
    #refusals = 0; // ends in a row without hello
    #isLooking = false; // whether REST answers

    // What is under way on it.
    #frames = 0; // how many were sent, ever: a ref tells which one it was
    #clientIds = 0; // how many were made
    #resume = null; // {ids, turn, frame, sentAt}; sentAt is null while it waits to be tried again
    #resumeTries = 0;
    #toResume = []; // ids
    #run = 0; // of catching up; a newer one ends the older
    #isListed = false;
    #isCaughtUp = false;

    #listeners = [];

    /**
     * `root`: where the API stands, of the page's own origin. `options`, for tests: WebSocket, fetch,
     * clock {now, setTimeout, clearTimeout}, random, window; and sendTimeout_ms.
     */
    constructor(root = '/api', options = {}) {
        super();
        this.#window = options.window ?? globalThis;
        this.#clock = options.clock ?? SYSTEM_CLOCK;
        this.#random = options.random ?? Math.random;
        this.#WebSocket = options.WebSocket ?? this.#window.WebSocket;
        const base = new URL(root, this.#window.location?.href);
        const path = base.pathname.replace(/\/+$/, '');

        this.#url = new URL(`${path}/conversations/ws/`, base);
        this.#url.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:';
        this.#timers = new ChatTimers(this.#clock);
        this.#rest = new ChatRest(path, {
            fetch: options.fetch ?? ((...request) => this.#window.fetch(...request)),
            clock: this.#clock,
            cookies: () => this.#window.document?.cookie ?? '',
        });
        this.#order = new ChatOrder((message, conversation) => this.#deliver(message, conversation));
        this.#outbox = new ChatOutbox(this.#clock, options.sendTimeout_ms ?? SEND_MS);
        this.#typing = new ChatTyping(this.#clock, (id, isTyping) => this.#sayTyping(id, isTyping),
            frame => this.#tell('typing', frame));
        this.#catcher = new ChatCatchUp(this.#rest, this.#order, (type, detail) => this.#tell(type, detail));
        this.#polling = new ChatPolling({
            rest: this.#rest,
            catcher: this.#catcher,
            outbox: this.#outbox,
            receipts: this.#receipts,
            typing: this.#typing,
            timers: this.#timers,
            random: this.#random,
            isHidden: () => this.#isHidden,
            tell: (type, detail) => this.#tell(type, detail),
            stopped: () => this.#enter(this.#phase),
            loginNeeded: () => this.#stopForLogin(),
        });
        this.#listen(this.#window, 'online', () => this.#wake());
        this.#listen(this.#window, 'offline', () => this.#goOffline());
        this.#listen(this.#window, 'pageshow', () => this.#wake());
        this.#listen(this.#window.document, 'visibilitychange', () => this.#isHidden || this.#wake());
    }

    get state() {
        return this.#polling.isOn ? 'polling' : this.#phase;
    }

    /** As hello said it; null before. */
    get userId() {
        return this.#userId;
    }

    /** Begin; or begin again after `stopped`, when the user has logged in. */
    connect() {
        if (this.#phase === 'closed')
            throw new ChatProblem('closed', 'This chat was closed.');
        if (this.#phase !== 'idle' && this.#phase !== 'stopped')
            return;
        this.#failures = this.#refusals = 0;
        this.#open();
    }

    /** End, for good: no event, no timer, no request comes after it. What waits to be sent is rejected. */
    close() {
        if (this.#phase === 'closed')
            return;
        for (const [target, type, hear] of this.#listeners)
            target.removeEventListener(type, hear);
        this.#halt('closed', null, () => new ChatProblem('closed', 'The chat was closed.'));
        this.#typing.close();
        this.#rest.close();
    }

    /**
     * A promise of the message M as it was stored; rejected with a ChatProblem. To try again a message whose
     * promise was rejected, give its clientId again: it is stored once.
     */
    send(conversationId, content, { clientId = this.#makeClientId() } = {}) {
        const problem = this.#problemOfSending(content);

        if (problem) {
            problem.clientId = clientId;
            return Promise.reject(problem);
        }
        const sent = this.#outbox.add(Number(conversationId), content, clientId);

        this.#flush();
        this.#typing.type(Number(conversationId), false);
        return sent;
    }

    /** The user has read up to this message (its id), or all. Told again after a reconnect if need be. */
    read(conversationId, upTo = null) {
        this.#receipts.add(Number(conversationId), upTo);
        this.#flush();
    }

    /** To be called at each key; false when the text is empty again. */
    typing(conversationId, isTyping = true) {
        if (this.#phase !== 'closed')
            this.#typing.type(Number(conversationId), isTyping);
    }

    /**
     * The page shows this conversation. `newest`: the newest message that it has loaded, null when there is
     * none; what comes after it will be told. Receipts that were missed are looked for here.
     */
    watch(conversationId, newest) {
        const id = Number(conversationId);

        if (!this.#catcher.watch(id, newest))
            return;
        this.#polling.hurry(0);
        if (this.#phase === 'online') {
            this.#toResume.push(id);
            this.#resumeNext();
        }
    }

    unwatch(conversationId) {
        this.#catcher.unwatch(Number(conversationId));
    }

    // ---- The connection ------------------------------------------------------------------------

    #open() {
        this.#timers.cancel('retry');
        this.#enter('connecting');
        if (this.#phase !== 'connecting')
            return; // who listens has ended it
        let ws;

        try {
            ws = new this.#WebSocket(this.#url.href, 'chat.v1');
        } catch {
            this.#ended(1006);
            return;
        }
        this.#ws = ws;
        ws.onmessage = ({ data }) => this.#hear(data);
        ws.onclose = ({ code }) => this.#ended(code);
        this.#timers.set('hello', HELLO_MS, () => this.#ended(1006));
    }

    /* The connection is over: closed by the other side, or dead. */
    #ended(code) {
        const wasOnline = this.#helloAt !== null;

        if (wasOnline && this.#clock.now() - this.#helloAt >= STABLE_MS)
            this.#failures = 0;
        this.#failures++;
        this.#refusals = wasOnline ? 0 : this.#refusals + 1;
        if (code === 1009)
            this.#outbox.refuseLongest(tooLarge());
        this.#drop();
        if (code === 1008) {
            this.#stop('policy');
            return;
        }
        const isRestart = wasOnline && (code === 1001 || code === 1012) && this.#failures <= RESTARTS_MAX;

        this.#wait(isRestart ? this.#random() * JITTER_MS : this.#backoff(this.#failures));
        if (this.#refusals >= REFUSALS_MAX)
            this.#look();
    }

    /* Let go of the socket, without waiting for what a dead one would never say. */
    #drop() {
        const ws = this.#ws;

        this.#ws = null;
        if (ws) {
            ws.onmessage = ws.onclose = null;
            ws.close(1000);
        }
        this.#timers.cancel('hello');
        if (this.#helloAt === null)
            return;
        this.#helloAt = null;
        this.#newTransport();
        this.#typing.reset();
    }

    /* What was in flight is not, and what was under way is of the past. */
    #newTransport() {
        this.#timers.cancel('alive', 'resume', 'catchup');
        this.#run++;
        this.#rest.abort();
        this.#outbox.unsend();
        this.#resume = null;
        this.#resumeTries = 0;
        this.#toResume = [];
        this.#isListed = this.#isCaughtUp = false; // REST, too, brings messages of some conversations before others
        this.#receipts.unsend();
    }

    #wait(ms) {
        this.#timers.set('retry', this.#isOffline ? BACKOFF_MAX_MS : ms, () => this.#open());
        this.#enter(this.#isOffline ? 'offline' : 'waiting');
    }

    /* The network, or somebody who looks, is back. */
    #wake() {
        const soon_ms = this.#random() * JITTER_MS;

        if ((this.#phase === 'waiting' || this.#phase === 'offline') && !this.#isOffline) {
            this.#timers.hurry('retry', soon_ms, () => this.#open());
            this.#enter('waiting');
        } else if (this.#phase === 'online' && !this.#resume) {
            this.#ask([]);
        }
        this.#polling.hurry(soon_ms);
    }

    #goOffline() {
        if (this.#phase === 'waiting')
            this.#wait(BACKOFF_MAX_MS);
        else
            this.#wake(); // what is connected may live on: another network, or the browser is wrong
    }

    #backoff(failures) {
        return backoff(failures, this.#random);
    }

    #stop(reason, makeProblem = () => new ChatProblem('stopped', 'The connection to the chat has ended.')) {
        this.#halt('stopped', reason, makeProblem);
    }

    #halt(phase, reason, makeProblem) {
        this.#polling.stop();
        this.#drop();
        this.#newTransport();
        this.#timers.cancelAll();
        this.#enter(phase, reason);
        this.#outbox.refuseAll(makeProblem);
        this.#receipts.clear();
    }

    // ---- What is heard -------------------------------------------------------------------------

    #hear(data) {
        const frame = parse(data);

        this.#heardAt = this.#clock.now();
        if (!frame)
            return;
        if (frame.type === 'hello') {
            this.#greet(frame);
            return;
        }
        if (this.#helloAt === null)
            return; // hello comes first
        switch (frame.type) {
        case 'message':
            this.#order.take(frame.message, frame.conversation ?? null);
            this.#resumeNext();
            break;
        case 'ack':
            this.#receipts.handled(refOf(frame.ref).frame);
            this.#outbox.settle(refOf(frame.ref).name, frame.message);
            this.#flush();
            break;
        case 'resumed':
            this.#resumed(frame);
            break;
        case 'error':
            this.#refused(frame);
            break;
        case 'resync':
            this.#catchUp(this.#random() * RESYNC_MS);
            break;
        case 'read':
            this.#heardRead(frame);
            break;
        case 'typing':
            this.#typing.hear(without(frame, 'type'));
            break;
        case 'conversation':
            this.#catcher.show(frame.conversation);
            break;
        case 'notification':
            this.#tell('notification', without(frame, 'type'));
            break;
        }
    }

    #greet({ user_id: userId, heartbeat }) {
        if (this.#helloAt !== null)
            return;
        if (this.#userId !== null && this.#userId !== userId) {
            // What waits was written by somebody else.
            this.#stop('user', () => new ChatProblem('stopped', 'Somebody else has logged in.'));
            return;
        }
        this.#userId = userId;
        this.#timers.cancel('hello');
        this.#helloAt = this.#clock.now();
        this.#heartbeat_ms = (heartbeat > 0 ? heartbeat : HEARTBEAT_S) * 1000;
        this.#refusals = 0;
        this.#polling.stop();
        this.#newTransport();
        this.#enter('online');
        if (this.#helloAt === null)
            return;
        this.#catchUp(0);
        this.#flush();
        this.#watchSilence();
    }

    #heardRead(frame) {
        if (frame.by_me)
            this.#receipts.heard(frame.conversation_id, frame.up_to);
        this.#catcher.noteRead(frame);
        this.#tell('read', without(frame, 'type'));
    }

    #refused(frame) {
        const problem = ChatProblem.from(without(frame, 'type'));
        const { name } = refOf(frame.ref);

        this.#receipts.handled(refOf(frame.ref).frame);
        if (name === 'resume' && this.#resume)
            this.#resumeRefused(problem);
        else if (this.#outbox.refuse(name, problem))
            this.#flush();
        else if (name !== 'typing' && name !== 'resume')
            this.#tell('error', { problem });
    }

    #deliver(message, conversation) {
        if (this.#isCaughtUp)
            this.#catcher.hear(message.created_at);
        this.#tell('message', { message, conversation });
    }

    // ---- What is said --------------------------------------------------------------------------

    /* Say it on the socket; the number of the frame. */
    #say(name, frame) {
        this.#frames++;
        this.#ws.send(JSON.stringify({ ...frame, ref: `${name}.${this.#frames}` }));
        return this.#frames;
    }

    /* What waits goes out, over whichever way there is. */
    #flush() {
        if (this.#phase !== 'online') {
            this.#polling.post();
            return;
        }
        for (const one of this.#receipts.unsent())
            one.frame = this.#say('read', { type: 'read', conversation_id: one.id, ...receiptJson(one) });
        let entry;

        while ((entry = this.#outbox.next()))
            this.#say(entry.ref, {
                type: 'send',
                conversation_id: entry.conversationId,
                content: entry.content,
                client_id: entry.clientId,
            });
        this.#watchSilence();
    }

    /* False: nobody heard it. */
    #sayTyping(id, isTyping) {
        if (this.#phase !== 'online')
            return this.#polling.sayTyping(id, isTyping);
        this.#say('typing', { type: 'typing', conversation_id: id, is_typing: isTyping });
        return true;
    }

    #problemOfSending(content) {
        if (this.#phase === 'closed' || this.#phase === 'stopped')
            return new ChatProblem(this.#phase, 'The connection to the chat has ended.');
        return bytesOf(content) > CONTENT_BYTES_MAX ? tooLarge() : null;
    }

    /* Different from all others of the user: those of this page by the count. */
    #makeClientId() {
        const digits = () => Math.floor(this.#random() * 2 ** 32).toString(36).padStart(7, '0');

        return `${digits()}${digits()}${digits()}-${++this.#clientIds}`;
    }

    // ---- What was missed -----------------------------------------------------------------------

    /* Resume what was heard of, and list what was not. */
    async #catchUp(wait_ms) {
        const run = ++this.#run;
        const isOver = () => run !== this.#run;
        let isListed = false;

        this.#rest.abort();
        this.#isListed = this.#isCaughtUp = false;
        if (this.#catcher.hasBegun)
            this.#order.catchUpBegin();
        if (wait_ms > 0)
            await this.#timers.sleep('catchup', wait_ms);
        if (isOver())
            return;
        this.#toResume = this.#order.known().map(([id]) => id).reverse(); // the last used first
        const resumed = new Set(this.#toResume);

        if (resumed.size > 0)
            this.#resumeNext();
        else if (!this.#resume)
            this.#ask([]); // for a moment the server holds back what comes, for those who resume
        for (let tries = 1; ; tries++) {
            try {
                if (!isListed) {
                    await this.#catcher.run(id => resumed.has(id));
                    if (isOver())
                        return;
                    isListed = this.#order.catchUpEnd();
                }
                if (isListed) {
                    await this.#catcher.refresh(() => true);
                    break;
                }
            } catch {
                if (!isOver())
                    await this.#timers.sleep('catchup', this.#backoff(tries));
                if (isOver())
                    return;
            }
        }
        if (isOver())
            return;
        this.#isListed = true;
        this.#resumeNext();
    }

    #resumeNext() {
        if (this.#resume || this.#helloAt === null)
            return;
        const ids = this.#toResume.splice(0, RESUME_MAX);
        const pairs = ids.length > 0
            ? ids.map(id => [id, this.#order.seqOf(id)]) : this.#order.gaps().slice(0, RESUME_MAX);
        const known = pairs.filter(([, seq]) => seq !== null);

        if (known.length > 0) {
            this.#ask(known);
        } else if (ids.length > 0) {
            this.#resumeNext();
        } else if (this.#isListed && !this.#isCaughtUp) {
            this.#isCaughtUp = true;
            this.#tell('caughtup', {});
        }
    }

    /* Resume these [id, seq]; with none it asks only whether the server is there. */
    #ask(pairs) {
        const turn = this.#order.resumeBegin();
        const frame = this.#say('resume', { type: 'resume', conversations: Object.fromEntries(pairs) });

        this.#resume = { ids: pairs.map(([id]) => id), turn, frame, sentAt: this.#clock.now() };
        this.#timers.set('resume', RESUME_MS, () => this.#ended(1006));
        this.#watchSilence();
    }

    #resumed({ ref }) {
        const resume = this.#resume;

        if (!resume || resume.sentAt === null || (ref && refOf(ref).frame !== resume.frame))
            return;
        this.#timers.cancel('resume');
        this.#receipts.handled(resume.frame);
        this.#resume = null;
        this.#resumeTries = 0;
        this.#order.resumeEnd(resume.turn, resume.ids);
        this.#resumeNext();
    }

    #resumeRefused(problem) {
        if (++this.#resumeTries > RESUME_TRIES_MAX) {
            this.#ended(1006);
            return;
        }
        const wait_ms = Math.max((problem.retryAfter_s ?? 0) * 1000, this.#backoff(this.#resumeTries));

        this.#resume.sentAt = null;
        this.#timers.set('resume', wait_ms, () => {
            this.#toResume.unshift(...this.#resume.ids);
            this.#resume = null;
            this.#resumeNext();
        });
    }

    // ---- Whether anybody is there --------------------------------------------------------------

    /* Look again when the connection could be dead by then. */
    #watchSilence() {
        if (this.#helloAt === null)
            return;
        const owedSince = Math.min(this.#outbox.owedSince ?? Infinity, this.#resume?.sentAt ?? Infinity);
        const due = owedSince === Infinity
            ? this.#heardAt + 2 * this.#heartbeat_ms : Math.max(owedSince, this.#heardAt) + ANSWER_MS;
        const isToBeTriedAgain = this.#resume?.sentAt === null; // which asks as well
        const wait_ms = Math.max(due - this.#clock.now(), isToBeTriedAgain ? ANSWER_MS : 0);

        if (wait_ms > 0)
            this.#timers.set('alive', wait_ms, () => this.#watchSilence());
        else if (owedSince !== Infinity)
            this.#ended(1006);
        else
            this.#ask([]);
    }

    // ---- Without a socket ----------------------------------------------------------------------

    /* Handshakes fail; a browser does not say why. */
    async #look() {
        if (this.#polling.isOn || this.#isLooking || this.#phase === 'closed')
            return;
        this.#isLooking = true;
        try {
            await this.#rest.get('conversations/unread/');
            if (this.#phase === 'waiting' || this.#phase === 'connecting') {
                this.#polling.start();
                this.#enter(this.#phase);
            }
        } catch (problem) {
            if (problem.isLogin && this.#helloAt === null && this.#phase !== 'closed')
                this.#stopForLogin();
        } finally {
            this.#isLooking = false;
        }
    }

    #stopForLogin() {
        this.#stop('login', () => new ChatProblem('login', 'Please log in.', { status: 401 }));
    }

    // ---- Helpers -------------------------------------------------------------------------------

    /* Browsers are wrong about it at times, so it only makes us slower. */
    get #isOffline() {
        return this.#window.navigator?.onLine === false;
    }

    get #isHidden() {
        return this.#window.document?.visibilityState === 'hidden';
    }

    #listen(target, type, hear) {
        target?.addEventListener?.(type, hear);
        if (target?.removeEventListener)
            this.#listeners.push([target, type, hear]);
    }

    #enter(phase, reason = null) {
        this.#phase = phase;
        if (this.state !== this.#told) {
            this.#told = this.state;
            this.dispatchEvent(new ChatEvent('state', { state: this.state, reason }));
        }
    }

    #tell(type, detail) {
        if (this.#phase !== 'closed')
            this.dispatchEvent(new ChatEvent(type, detail));
    }
}

/* What a ref that we gave says: "s7.12" is the outbox's s7, sent as frame 12. */
function refOf(ref) {
    const [name, frame] = String(ref ?? '').split('.');

    return { name, frame: Number(frame ?? NaN) };
}

function parse(data) {
    try {
        const frame = JSON.parse(data);

        return frame && typeof frame === 'object' ? frame : null;
    } catch {
        return null;
    }
}

function without(object, name) {
    const { [name]: _, ...rest } = object;

    return rest;
}

function bytesOf(text) {
    return new TextEncoder().encode(JSON.stringify(text)).length;
}

function tooLarge() {
    return new ChatProblem('too_large', 'This message is too long.', { status: 413 });
}
